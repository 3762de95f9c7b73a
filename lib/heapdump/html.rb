# frozen_string_literal: true

require_relative "leaks"
require_relative "snapshot"
require_relative "terminal"

module HeapDump
  # The report: what dumps say, as one HTML file that needs nothing else. `heapdump report` loads
  # this.
  #
  #   Html::Report.new(snapshots).to_s # => "<!DOCTYPE html>…"
  #
  # A Report has Sections. Each of them asks the reader for its answers once, and puts them into its
  # template (html/templates/NAME.html.erb). Text gets into a page through Markup.of alone, which
  # escapes it.
  module Html # :nodoc:
    autoload :Account, "#{__dir__}/html/account"
    autoload :Allocations, "#{__dir__}/html/allocations"
    autoload :Bar, "#{__dir__}/html/bar"
    autoload :BlockAllocated, "#{__dir__}/html/block_allocated"
    autoload :BlockHead, "#{__dir__}/html/block_head"
    autoload :BlockRetained, "#{__dir__}/html/block_retained"
    autoload :Cells, "#{__dir__}/html/cells"
    autoload :Chart, "#{__dir__}/html/chart"
    autoload :Classes, "#{__dir__}/html/classes"
    autoload :Code, "#{__dir__}/html/code"
    autoload :Growth, "#{__dir__}/html/growth"
    autoload :Head, "#{__dir__}/html/head"
    autoload :Holders, "#{__dir__}/html/holders"
    autoload :Largest, "#{__dir__}/html/largest"
    autoload :Leaking, "#{__dir__}/html/leaking"
    autoload :Lines, "#{__dir__}/html/lines"
    autoload :Markup, "#{__dir__}/html/markup"
    autoload :OverTime, "#{__dir__}/html/over_time"
    autoload :Page, "#{__dir__}/html/page"
    autoload :Pages, "#{__dir__}/html/pages"
    autoload :PathList, "#{__dir__}/html/path_list"
    autoload :Picture, "#{__dir__}/html/picture"
    autoload :Procs, "#{__dir__}/html/procs"
    autoload :Report, "#{__dir__}/html/report"
    autoload :RequiresPage, "#{__dir__}/html/requires_page"
    autoload :Section, "#{__dir__}/html/section"
    autoload :Strings, "#{__dir__}/html/strings"
    autoload :Subject, "#{__dir__}/html/subject"
    autoload :SuspectCard, "#{__dir__}/html/suspect_card"
    autoload :SuspectName, "#{__dir__}/html/suspect_name"
    autoload :Table, "#{__dir__}/html/table"
    autoload :Template, "#{__dir__}/html/template"
    autoload :Threads, "#{__dir__}/html/threads"
    autoload :Ticket, "#{__dir__}/html/ticket"
  end
end

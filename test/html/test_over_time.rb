# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"
require "support/grown_dumps"
require "support/hostile_names"
require "support/report_page"

# The section "Over time" of a report: what HeapDump::Trends says, as text and lines.
class TestOverTime < HeapDumpTest
  include GrownDumps
  include HostileNames

  def test_it_needs_four_dumps
    refute_includes ReportPage.of(*grown(1, 2, 3)).sections, "overtime"
    assert_includes ReportPage.of(*grown(1, 2, 3, 4)).sections, "overtime"
  end

  def test_it_says_what_trends_say
    paths = grown(100, 200, 300, 400, 500)
    before = Dir.children(scratch)
    page = ReportPage.of(*paths)
    assert_empty page.errors
    assert_equal before, Dir.children(scratch), "a report leaves nothing beside the dumps"
    assert_match(/\A1 leak in 5 dumps over 4 minutes: Session \(\+6,000 objects per hour\)/,
                 page.text("#overtime .lead"))
    rows = page.tree.css("#overtime tbody tr")
    leaks = rows.select { |row| row.css("td").first.text == "leak" }
    series = HeapDump::Trends.of(*paths).first
    assert_equal series.tally[:leak], leaks.size
    assert_equal rows.size, rows.css("svg.chart").size
    assert_equal leaks, rows.first(leaks.size)
  end

  def test_gaps_are_gaps
    paths = [0, 1, 2, 30].map { |at| dump(at) { |made| sessions(made, 50 + at) } }
    rows = ReportPage.of(*paths).tree.css("#overtime tbody tr")
    assert_equal([2], rows.map { |row| row.css("polyline").size }.uniq)
  end

  def test_hostile_names_and_size
    fourth = dump(4, program: NAMES[:script]) { |made| hostile_names(made, 80) }
    page = ReportPage.of(*hostile_dumps, fourth)
    assert_empty page.errors
    assert_includes page.sections, "overtime"
    assert_empty page.tree.css("#overtime script, #overtime iframe, #overtime img")
  end

  def test_names_of_hosts_are_values
    paths = (1..8).map do |at|
      dump(at, host: "secret-host", pid: at < 5 ? 8 : 9) { |made| sessions(made, at) }
    end
    refute_match(/secret-host/, ReportPage.of(*paths).text("body"))
  end
end

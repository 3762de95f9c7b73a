# frozen_string_literal: true

require "heapdump/html"
require "nokogiri"

# The page of a report, parsed as a browser would parse it.
class ReportPage
  attr_reader :html, :tree

  # The report of these dumps (paths).
  def self.of(*paths, values: false, **options)
    snapshots = paths.map { |path| HeapDump::Snapshot.open(path) }
    snapshots = snapshots.map(&:redacted) unless values
    new(HeapDump::Html::Report.new(snapshots, **options).to_s)
  end

  def initialize(html)
    @html = html
    @tree = Nokogiri::HTML5(html, max_errors: 20, max_tree_depth: -1)
  end

  # What a parser finds wrong.
  def errors
    tree.errors.map(&:to_s)
  end

  # All text that a reader may see, also where it is folded, with blanks made one.
  def text(selector = "body")
    tree.css(selector).map { |node| squeezed(node) }.join("\n")
  end

  def sections
    tree.css("main > section").map { |section| section["id"] }
  end

  # The rows of a table by its caption: Arrays of texts, the head left out.
  def rows(caption)
    table(caption).css("tbody tr, tfoot tr").map do |row|
      row.css("th, td").map { |cell| squeezed(cell) }
    end
  end

  # The titles of its columns.
  def columns(caption)
    table(caption).css("thead th").map { |cell| cell.children.first.text }
  end

  def data
    JSON.parse(tree.at_css("#data").text)
  end

  private

  def table(caption)
    tree.css("table").find { |one| one.at_css("caption").text == caption } or
      raise "no table #{caption}, but #{tree.css("caption").map(&:text)}"
  end

  def squeezed(node)
    node.text.gsub(/\s+/, " ").strip
  end
end

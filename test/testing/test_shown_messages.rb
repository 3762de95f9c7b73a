# frozen_string_literal: true

require "support/test_runs"

# docs/tests.md shows what the failing tests of examples/leak print.
class TestShownMessages < HeapDumpTest
  include TestRuns

  DOCUMENT = File.join(Child::ROOT, "docs", "tests.md")

  def test_minitest
    rack = Gem::Specification.find_by_name("rack").full_require_paths.first
    file = File.join(Child::ROOT, "examples", "leak", "visit_test.rb")
    outcome = ruby("-I", rack, file)
    assert_equal path_in(shown("VisitTest#")), path_in(outcome.out), outcome.to_s
  end

  private

  # The block of the document that has this text.
  def shown(text)
    blocks = File.read(DOCUMENT, encoding: "UTF-8").scan(/^```\w*\n(.*?)^```$/m).flatten
    blocks.find { |block| block.include?(text) }
  end

  # What grows, and the path to it. Elements of a list have no order.
  def path_in(text)
    lines = text.lines(chomp: true).drop_while { |line| !line.include?(" grows: ") }
    lines.take_while { |line| !line.include?("held by") }
         .map { |line| line.gsub(/\S*examples/, "examples").gsub(/→ \[\d+\]/, "→ [n]").strip }
  end
end

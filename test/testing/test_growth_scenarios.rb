# frozen_string_literal: true

require "support/test_runs"

# Tests that must fail, with the right words, and tests that must not, each many in one process and
# in an order of chance.
class TestGrowthScenarios < HeapDumpTest
  include TestRuns

  def test_what_leaks_is_told
    words, results = scenarios("leaking")
    assert_operator words.size, :>=, 20
    assert_equal words.keys.sort, results.keys.sort
    results.each do |name, (passed, message)|
      refute passed, "#{name} has passed"
      words[name].each { |word| assert_includes message, word, name }
    end
    assert_equal 10, kept_names.size, "all but the youngest are removed"
  end

  def test_what_only_looks_like_a_leak_passes
    words, results = scenarios("clean")
    assert_operator words.size, :>=, 20
    assert_equal words.keys.sort, results.keys.sort
    results.each { |name, (passed, message)| assert passed, "#{name}: #{message}" }
    assert_empty kept_names, "no dump is kept"
  end

  private

  def scenarios(name)
    file = File.join(__dir__, "scenarios", "#{name}.rb")
    outcome = ruby(file, kept, Minitest.seed.to_s)
    words, *lines = outcome.out.lines.map { |line| JSON.parse(line) }
    [words, lines.to_h { |line| [line.first, line.drop(1)] }]
  rescue JSON::ParserError
    flunk outcome.to_s
  end
end

# frozen_string_literal: true

require "support/test_runs"

# Tests that know nothing of heap dumps, run in rounds.
class TestLoop < HeapDumpTest
  include TestRuns

  TEST = <<~'RUBY'
    class OldTest < Minitest::Test
      KEPT = []
      def test_leaks = assert(KEPT << Object.new)
      def test_leaves_nothing = assert_equal(100, Array.new(100) { Object.new }.size)
      def test_passes_once = assert_equal(1, ($times = ($times || 0) + 1))
      def test_fails = flunk
      def test_is_skipped = skip
    end
  RUBY

  SPEC = <<~'RUBY'
    KEPT = []
    RSpec.describe "An old one" do
      it("leaks") { expect(KEPT << Object.new).to be_any }
      it("leaves nothing") { expect(Object.new).to be_a Object }
      it("passes once") { expect($times = ($times || 0) + 1).to eq 1 }
      it("fails") { raise "wrong" }
    end
  RUBY

  def test_minitest
    out, err = loop_of("old_test.rb", TEST, "-rminitest/autorun", framework: :minitest)
    assert_match(/^5 runs, \d+ assertions, 2 failures, 0 errors, 1 skips$/, out)
    assert_match(/^OldTest#test_leaks \[.*old_test.rb:3\]:\nObject grows: \d+ → \d+ objects, /, out)
    assert_told(err, "OldTest#test_leaks", "OldTest#test_passes_once")
  end

  def test_rspec
    out, err = loop_of("old_spec.rb", SPEC, "-rrspec/autorun", framework: :rspec)
    assert_match(/^4 examples, 2 failures$/, out)
    assert_match(/Object grows: \d+ → \d+ objects, 2 more after 2 runs of the test each/, out)
    assert_includes out, "# ./old_spec.rb:3:in `block'"
    assert_told(err, "An old one leaks", "An old one passes once")
  end

  private

  def loop_of(name, text, autorun, framework:)
    outcome = ruby("-r", "heapdump/testing/loop_#{framework}", autorun, program(name, text),
                   framework: framework, env: { "HEAPDUMP_DUMPS" => "2" })
    [outcome.out, outcome.err]
  end

  def assert_told(err, grows, once)
    assert_includes err, <<~TEXT.chomp
      heapdump: 3 tests in rounds, 1 grows
        grows: #{grows}
        does not pass again: #{once}:
    TEXT
    assert_equal 1, kept_names.size
  end
end

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
    assert_match(/Object grows: \d+ → \d+ objects, 2 more in each round of 2 runs of the test/, out)
    assert_includes out, "# ./old_spec.rb:3:in `block'"
    assert_told(err, "An old one leaks", "An old one passes once")
  end

  # The disk is full when the first of two tests is in its rounds, and the file of known leaks is
  # wrong for both: each time the summary is there, and what other tests do is not lost.
  FULL_DISK = <<~'RUBY'
    module FullOnce
      def dump(...)
        return super if $full
        $full = true
        raise HeapDump::WriteError.new("no space is left", Errno::ENOSPC::Errno, "1.json")
      end
    end
    HeapDump.singleton_class.prepend(FullOnce)
  RUBY

  TWO_TESTS = <<~'RUBY'
    class TwoTest < Minitest::Test
      i_suck_and_my_tests_are_order_dependent!
      def test_a = assert(true)
      def test_b = assert(true)
    end
  RUBY

  TWO_SPECS = <<~'RUBY'
    RSpec.describe "Two" do
      it("a") { expect(1).to eq 1 }
      it("b") { expect(1).to eq 1 }
    end
  RUBY

  def test_minitest_goes_on_after_an_error
    out, err = loop_of("two_test.rb", FULL_DISK + TWO_TESTS, "-rminitest/autorun",
                       framework: :minitest)
    assert_match(/^2 runs, 2 assertions, 0 failures, 1 errors, 0 skips$/, out)
    assert_match(/^TwoTest#test_a:\nHeapDump::WriteError: no space is left$/, out)
    assert_includes err, <<~TEXT.chomp
      heapdump: 2 tests in rounds, 0 grow
        cannot be judged: TwoTest#test_a: no space is left (HeapDump::WriteError)
    TEXT
  end

  def test_rspec_goes_on_after_an_error
    out, = loop_of("two_spec.rb", FULL_DISK + TWO_SPECS, "-rrspec/autorun", framework: :rspec)
    assert_match(/^2 examples, 1 failure$/, out)
    assert_match(/^  1\) Two a$.*^ *no space is left$/m, out)
  end

  def test_a_wrong_line_of_the_known_leaks
    program("leaks.txt", "wrong\n")
    known = "HeapDump::Testing.settings.known = 'leaks.txt'\n"
    out, = loop_of("two_test.rb", known + TWO_TESTS, "-rminitest/autorun", framework: :minitest)
    assert_match(/^2 runs, 2 assertions, 0 failures, 2 errors, 0 skips$/, out)
    assert_includes out, "leaks.txt:1 needs 16 hexadecimal digits, and behind # the reason"
    out, = loop_of("two_spec.rb", known + TWO_SPECS, "-rrspec/autorun", framework: :rspec)
    assert_match(/^2 examples, 2 failures$/, out)
  end

  # Nothing is known then, so it must not look as if nothing grew.
  def test_no_test_at_all
    words = "no test ran in rounds: TEST and N select none"
    [["", ""], [TWO_TESTS.gsub("assert(true)", "skip"), TWO_SPECS.gsub("expect(1)", "skip;x")]]
      .each do |tests, specs|
      outcome = run_loop("two_test.rb", tests, "-rminitest/autorun", framework: :minitest)
      assert_equal 1, outcome.status.exitstatus, outcome.to_s
      assert_includes outcome.err, "heapdump: #{words}"
      outcome = run_loop("two_spec.rb", specs, "-rrspec/autorun", framework: :rspec)
      assert_equal 1, outcome.status.exitstatus, outcome.to_s
      assert_includes outcome.out, words
    end
  end

  # The process that decides has run none of the tests itself.
  def test_tests_in_forked_processes
    outcome = run_loop("two_test.rb", TWO_TESTS, "-rminitest/autorun", "-rminitest/parallel_fork",
                       framework: :minitest)
    assert_predicate outcome, :success?, outcome.to_s
    assert_match(/^2 runs, 2 assertions, 0 failures, 0 errors, 0 skips$/, outcome.out)
  end

  private

  def loop_of(...)
    outcome = run_loop(...)
    [outcome.out, outcome.err]
  end

  def run_loop(name, text, *required, framework:)
    ruby("-r", "heapdump/testing/loop_#{framework}", *required, program(name, text),
         framework: framework, env: { "HEAPDUMP_DUMPS" => "2" })
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

# frozen_string_literal: true

require "test_helper"

# How the suite itself runs: what it does with tests that fail, end their process, or do not end.
class TestSuite < HeapDumpTest
  HEAD = "require 'minitest'; class TestOne < Minitest::Test\n"

  # What is printed when these files are run: names of rooms, and what is in a class of tests there.
  def suite(rooms, silence: 60)
    files = rooms.map do |room, code|
      FileUtils.mkdir_p(File.join(scratch, room))
      File.join(scratch, room, "test_#{room}.rb").tap do |path|
        File.write(path, "#{HEAD.sub("One", room.capitalize)}#{code}\nend\n")
      end
    end
    Child.ruby("require 'support/rooms_in_turn'; RoomsInTurn.silence = #{silence}; " \
               "RoomsInTurn.files = #{files.inspect}; require 'minitest/autorun'",
               env: { "NCPU" => "2" }, flags: ["-W1"], gems: true)
  end

  def test_all_rooms_are_counted
    outcome = suite({ "first" => "def test_a = assert(true)\ndef test_b = assert(true)",
                      "second" => "def test_c = assert_equal(1, 1)" })
    assert_predicate outcome, :success?, outcome.to_s
    assert_match(/^3 runs, 3 assertions, 0 failures, 0 errors, 0 skips$/, outcome.out)
  end

  # No name in the list of those that begin first is that of a room which was renamed.
  def test_the_rooms_that_begin_first_are_there
    names = Child.ruby!("require 'support/rooms_in_turn'; puts RoomsInTurn.const_get(:FIRST)",
                        gems: true).out.split
    assert_operator names.size, :>, 10
    missing = names.reject { |name| Dir[File.join(Child::ROOT, "test", name, "test_*.rb")].any? }
    assert_empty missing
  end

  # Of a room only its own classes are loaded.
  def test_rooms_do_not_see_each_other
    outcome = suite({ "first" => "def test_a = refute(Object.const_defined?(:TestSecond))",
                      "second" => "def test_b = refute(Object.const_defined?(:TestFirst))" })
    assert_predicate outcome, :success?, outcome.to_s
  end

  # The process that counts does not know the class of the exception.
  def test_an_error_of_a_class_of_the_room
    outcome = suite({ "first" => "Odd = Class.new(StandardError)\ndef test_a = raise(Odd, 'so')" })
    refute_predicate outcome, :success?
    assert_match(/^1 runs, 0 assertions, 0 failures, 1 errors/, outcome.out)
    assert_match(/TestFirst::Odd: so\n +\S*test_first.rb:\d+:in/, outcome.out)
  end

  # More is told of it than a pipe holds.
  def test_a_failure_with_a_long_message
    outcome = suite({ "first" => "def test_a = flunk('x' * 300_000)", "second" => "" })
    refute_predicate outcome, :success?
    assert_match(/^1 runs, 1 assertions, 1 failures/, outcome.out)
    assert_includes outcome.out, "x" * 300_000
  end

  # Nor does what it has started, which would keep the output open.
  def test_a_test_that_does_not_end
    outcome = suite({ "first" => "def test_a = [fork { sleep }, sleep]" }, silence: 1)
    refute_predicate outcome, :success?
    assert_includes outcome.to_s, "TestFirst#test_a has not ended within 1 s"
    assert_includes outcome.to_s, "TestFirst#test_a does not end"
  end

  # It fails, and the others of its room run.
  def test_a_test_that_waits_for_what_does_not_end
    outcome = suite({ "first" => <<~RUBY }, silence: 1)
      def test_a = assert_predicate(Process.wait2(fork { fork { sleep }; sleep })[1], :success?)
      def test_b = assert(true)
    RUBY
    assert_includes outcome.to_s, "TestFirst#test_a has not ended within 1 s"
    assert_match(/^2 runs, 2 assertions, 1 failures, 0 errors, 0 skips$/, outcome.out)
  end

  def test_a_test_that_ends_its_process
    outcome = suite({ "first" => "def test_a = exit!(0)" })
    refute_predicate outcome, :success?
    assert_match(/The process of \S*first has ended: /, outcome.to_s)
  end
end

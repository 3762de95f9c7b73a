# frozen_string_literal: true

require "objspace"
require "test_helper"
require "support/fleet"

# What fails behind on.ask, an object of the application or a bus, harms neither the application nor
# the other rules.
class TestAskFaults < HeapDumpTest
  include Fleet

  CALLS = %i[begin_life bell silence unwanted close].freeze

  def source(fails)
    Object.new.tap do |one|
      one.define_singleton_method(:asked) { |_facts| nil }
      one.define_singleton_method(fails) { |*| raise "no #{fails}" }
    end
  end

  # Each is a method that an object may have for a purpose of its own, so none is called.
  def test_a_source_with_other_methods
    CALLS.each do |fails|
      log.lines.clear
      asked = source(fails)
      watch = engine(to: "#{heaps}-#{fails}", only: ->(_) { fails != :unwanted }) do |on|
        on.ask asked
        on.rule(:other) { |_facts| true }
      end
      before = begun.size
      2.times { watch.look }
      assert_equal 1, begun.size - before, fails unless fails == :unwanted
      assert_empty watch.bells
      watch.forget
      watch.close
      assert_empty said.grep(/a look has failed|could not be noted|raised/), fails
    end
  end

  # In a forked child, too, where it would be an exception of fork.
  def test_a_child_of_a_process_with_such_a_source
    code = <<~'RUBY'
      require "heapdump"
      HeapDump::Watch::Engine.define_method(:pause) { 0.05 }
      source = Object.new
      def source.asked(_facts) = nil
      def source.close = raise("no")
      HeapDump.watch(to: ARGV[0]) { |on| on.ask source }
      sleep 0.05 until HeapDump::Watch.current.stats[:looks] > 1
      Process.wait(fork { exit!(7) })
      print $?.exitstatus
    RUBY
    assert_equal "7", Child.ruby!(code, heaps).out
  end

  # A bell that is none: the watch goes on without it.
  def test_a_bell_that_is_no_io
    code = <<~'RUBY'
      require "heapdump"
      HeapDump::Watch::Engine.define_method(:pause) { 0.05 }
      source = Object.new
      def source.asked(_facts) = nil
      def source.bell = "ding"
      watch = HeapDump.watch(to: ARGV[0]) { |on| on.ask source }
      sleep 0.05 until watch.stats[:looks] > 3 || !watch.running?
      print watch.running?
    RUBY
    assert_equal "true", Child.ruby!(code, heaps).out
  end

  # A bus that fails is not asked any more; nothing that was begun for it goes on.
  def test_a_rule_that_is_switched_off_ends_what_it_began
    one = member(41)
    asked = request(trace: 30, dumps: 2)
    one.engine.look
    assert_predicate HeapDump::Asking::Tracing, :on?
    rule = one.engine.instance_variable_get(:@rules).first
    rule.define_singleton_method(:strike) { |_facts| raise "no" }
    4.times { one.engine.look }
    assert_equal ["the rule ask"], one.engine.stats.to_h[:off]
    refute_predicate HeapDump::Asking::Tracing, :on?
    assert_equal [[41, "accepted"], [41, "left"]], steps(asked)
    look_all([member(42)], 60)
    assert_equal [[41, "accepted"], [41, "left"], [42, "accepted"]], steps(asked)
  end

  # Told once in a while, as where connections end after some seconds without work.
  def test_a_bus_that_comes_and_goes
    one = member(41)
    one.engine.look
    bus = one.engine.instance_variable_get(:@rules).first.instance_variable_get(:@bus)
    looks = 0
    bus.define_singleton_method(:open) do |_now|
      (looks += 1).odd? ? raise(HeapDump::Asking::Down, "it is idle") : []
    end
    9.times { one.engine.look }
    assert_equal 1, said.grep(/nobody can ask/).size
    assert_equal 1, said.grep(/can be asked for by .* again/).size
  end
end

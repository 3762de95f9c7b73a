# frozen_string_literal: true

require "minitest"
require_relative "testing"

module HeapDump
  # Assertions for Minitest that fail when something leaks.
  #
  #   require "heapdump/minitest"
  #
  #   class VisitTest < Minitest::Test
  #     include HeapDump::Minitest
  #
  #     def test_visits_leave_nothing
  #       refute_growth { visit }
  #     end
  #   end
  #
  # They make heap dumps only if HEAPDUMP_TESTS is "1" in the environment, because that takes a
  # while. Otherwise the block runs once, and the test is skipped.
  module Minitest
    # Fails if something has grown after each round. The block runs +warmup+ times; then come
    # rounds, each of which runs it +loops+ times. The heap is dumped before the first round and
    # after each. Growth in every round fails; when nothing has grown in every round so far, no more
    # are run.
    #
    # of::      classes: only growth of their objects counts (Module or String, or an Array)
    # ignore::  what may grow, with the reasons: classes, holders, signatures (see
    #           Testing::Ignored)
    # at_most:: how many objects all that grows may have more in the last dump than in the first
    #           (Integer, or a Range)
    # bytes::   the same for the bytes that they retain
    # warmup::, loops::, dumps:: how often the block runs, and the most dumps; see Testing::Settings
    #
    # Returns true. Raises Minitest::Assertion with the story of what grows; its dumps are kept.
    # Also raises ArgumentError for wrong options, and what the block and HeapDump.dump raise.
    #
    #   refute_growth(of: Shop::Session, loops: 10) { visit }
    #   refute_growth(ignore: { Shop::EventBus => "see issue 12" }) { visit }
    def refute_growth(message = nil, **options, &block)
      raise ArgumentError, "no block given" unless block

      growth = Testing::Growth.new(heapdump_test, test: heapdump_test, **options)
      heapdump_or_skip(block)
      refute(growth.run(block).grew?, -> { heapdump_words(message, growth) })
    end

    # Fails if an object of these classes, or of their subclasses, that the block makes is held when
    # the block has ended: by a name, a thread or the VM, and not only by the machine stack. Before
    # that the block runs +warmup+ times (default: see Testing::Settings), so that what is made once
    # is there. +ignore+ is as for #refute_growth.
    #
    # Returns true. Raises what #refute_growth does.
    #
    #   assert_released(Shop::Session) { visit }
    def assert_released(*classes, message: nil, **options, &block)
      raise ArgumentError, "no block given" unless block

      births = Testing::Births.new(heapdump_test, classes, **options)
      heapdump_or_skip(block)
      refute(births.run(block).live?, -> { heapdump_words(message, births) })
    end

    # Fails if an object that the block has given to its argument is held when the block has ended.
    # +what+ says in words which objects these are. +ignore+ is as for #refute_growth.
    #
    # Returns true. Raises what #refute_growth does, and ArgumentError if the block gives no object.
    #
    #   assert_collected("session after logout") do |objects|
    #     objects << session = sign_in
    #     sign_out(session)
    #   end
    def assert_collected(what = "object", message: nil, **options, &block)
      raise ArgumentError, "no block given" unless block

      collected = Testing::Collected.new(heapdump_test, what, **options)
      heapdump_or_skip(block, Testing::Collected::Objects.new)
      refute(collected.run(block).live?, -> { heapdump_words(message, collected) })
    end

    private

    def heapdump_or_skip(block, *arguments)
      return if Testing.on?

      block.call(*arguments)
      skip(Testing.off_words)
    end

    def heapdump_words(message, found)
      [(message.respond_to?(:call) ? message.call : message), found.message].compact.join("\n")
    end

    # The name of the test, for the baseline and for the directory of dumps.
    def heapdump_test
      "#{self.class.name}##{name if respond_to?(:name)}"
    end

    # Lets a test wait while another one makes dumps in another thread.
    module InTurn # :nodoc:
      def run(...)
        HeapDump::Testing.on? ? HeapDump::Testing::Alone.beside { super } : super
      end
    end
    private_constant :InTurn
    ::Minitest::Test.prepend(InTurn)
  end
end

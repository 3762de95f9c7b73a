# frozen_string_literal: true

require_relative "pending"
require_relative "ractors"
require_relative "target"

module HeapDump
  # Does the work of HeapDump.dump and HeapDump.dump_async: it begins a dump, and cancels it if an
  # exception comes meanwhile. It takes and raises what these methods do.
  class Run # :nodoc:
    # How often a dump is tried if other Ractors run and this Ruby cannot stop them (3.1).
    ATTEMPTS = 3
    private_constant :ATTEMPTS

    def initialize(target, gc_first, options)
      @target = target
      @options = gc_first.nil? ? options : options.merge(gc: gc_first)
    end

    # Begins the dump and waits for it. Returns its Result. If another Ractor was in the way, it is
    # tried again, unless part of the dump has been read already.
    def result
      answer = nil
      attempts = 0
      until answer
        attempts += 1
        answer = begin_dump { |pending| pending.result unless again?(pending, attempts) }
      end
      answer
    end

    # Begins the dump and does not wait for it. Returns its Pending.
    def pending
      fork = @options.fetch(:fork, true)
      return begin_dump(&:go_on) if fork == true

      raise ArgumentError, "fork: must be true here, not #{fork.inspect}: in process " \
                           "nothing goes on meanwhile; use HeapDump.dump for that"
    end

    private

    # Begins a dump, and yields its Pending. If an exception comes (from a timeout, Thread#kill or a
    # signal's handler), the dump is cancelled. Exceptions that other threads raise wait until the
    # fork is over, because before that there is nothing to cancel.
    #
    # There is no rescue or ensure on the way to the fork, nor around the waiting: of several
    # exceptions of handlers one would be lost there (see ext/heapdump/pending.h).
    def begin_dump
      Ractors.refuse
      HeapDump.send(:attempt, Pending.new(target)) do |pending|
        Thread.handle_interrupt(Object => :never) { pending.launch(@options) }
        yield pending
      end
    end

    def target
      Target.of(@target, compress: @options[:compress])
    end

    def again?(pending, attempts)
      return false if attempts == ATTEMPTS

      pending.wait
      pending.hindered?
    end
  end
end

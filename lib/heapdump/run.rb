# frozen_string_literal: true

require_relative "pending"
require_relative "ractors"
require_relative "target"

module HeapDump
  # What HeapDump.dump and HeapDump.dump_async do: begins a dump, and gives it up where an exception
  # comes in the middle of that. The arguments are theirs, and so is what is raised.
  class Run # :nodoc:
    # How often a dump is tried, where other Ractors run on a Ruby that cannot stop them (3.1).
    ATTEMPTS = 3
    private_constant :ATTEMPTS

    def initialize(target, gc_first, options)
      @target = target
      @options = gc_first.nil? ? options : options.merge(gc: gc_first)
    end

    # Waits for the dump. Returns its Result.
    def result
      attempts ||= 0
      begin_dump(&:result)
    rescue WriteError => e
      # Another Ractor was in the way: once more, unless part of it has been read already.
      raise if e.errno != Errno::EDEADLK::Errno || e.path.nil? || (attempts += 1) == ATTEMPTS

      retry
    end

    # Lets the dump go on by itself. Returns its Pending.
    def pending
      fork = @options.fetch(:fork, true)
      return begin_dump(&:go_on) if fork == true

      raise ArgumentError, "fork: must be true here, not #{fork.inspect}: in process " \
                           "nothing goes on meanwhile; use HeapDump.dump for that"
    end

    private

    # Begins a dump, and yields its Pending. Where an exception comes (a timeout, Thread#kill, from
    # a signal's handler) the dump is given up. Those that other threads raise wait until the fork
    # is over: before that they could do nothing.
    def begin_dump
      Ractors.refuse
      pending = Pending.new(Target.of(@target))
      Thread.handle_interrupt(Object => :never) { pending.launch(@options) }
      answer = yield pending
      completed = true
      answer
    ensure
      give_up(pending) unless completed
    end

    # Once more, where a second exception has come in the middle of it.
    def give_up(pending)
      pending&.give_up
    ensure
      pending&.give_up
    end
  end
end

# frozen_string_literal: true

require_relative "choice"
require_relative "guards"
require_relative "lock"
require_relative "manifest"
require_relative "withheld"

module HeapDump
  class Watch
    # Makes the dump of a strike, or does not: because this process has to wait, or because a guard
    # refuses. Forked processes write it, and each look asks whether they have ended.
    class Dumping # :nodoc:
      PASSES = 2 # seconds until what may pass soon is tried again
      # A dump under way: its Pending, and what it is of.
      Running = Struct.new(:pending, :strike, :facts, :path, :slots)
      private_constant :PASSES, :Running

      attr_reader :directory, :guards

      # +dumper+ makes a dump as HeapDump.dump_async does.
      def initialize(options:, names:, machine:, gauge:, stats:, voice:, faults:, hooks:,
                     dumper: HeapDump.method(:dump_async))
        @options = options
        @names = names
        @machine = machine
        @stats = stats
        @voice = voice
        @faults = faults
        @hooks = hooks
        @dumper = dumper
        @directory = Directory.new(options.directory)
        @state = State.new(@directory, machine)
        @choice = Choice.new(names, gauge.processes, @directory, @state)
        @guards = Guards.new(options, machine, @directory, @state)
        @lock = Lock.new(@directory.path)
        @withheld = Withheld.new(options, stats, voice)
        @began = machine.seconds
        @made = 0
        @refused = {} # until when, by the key of a strike
        @elsewhere = {}
      end

      # True if forked processes are writing a dump.
      def under_way?
        !@running.nil?
      end

      # Whether the time after the start is over in which nothing is dumped.
      def settled?(facts)
        facts.seconds >= @began + @options.settle
      end

      # Begins a dump. Returns :begun if it did, :dry if it would have, else nil.
      def attempt(strike, facts)
        return if under_way? || withheld?(strike, facts)

        facts.resident # is kept as it is before the dump
        refusal = @guards.before(facts)
        return refuse(strike, facts, refusal) if refusal

        locked(strike, facts) do
          next if elsewhere?(strike, facts) || @directory.being_written?

          refusal = @guards.within(@names, strike)
          @voice.once(:state, @state.broken) if @state.broken
          next refuse(strike, facts, refusal) if refusal

          @options.dry ? pretend(strike, facts) : start(strike, facts)
        end
      end

      # Asks whether the dump under way has ended, and does what then is to be done.
      def follow
        return unless @running&.pending&.done?

        running = @running
        @running = nil
        result = finish(running)
        @hooks.call(result, running.facts) if result # they may take long, so without the lock
      end

      # Waits for the dump under way. Returns whether it has ended.
      def ended_within?(seconds)
        return true unless @running

        ended = @running.pending.wait(seconds)
        follow
        !ended.nil?
      end

      # The watch ends before the process. A dump under way goes on, and nobody asks any more
      # whether it has ended; so the lock is free for the next watch.
      def leave
        @running = nil
        @lock.release
      end

      # In a forked child: the dump and the lock are the parent's.
      def forget
        @running = nil
        @lock.forget
      end

      private

      def withheld?(strike, facts)
        return false if strike.awaited?
        return true if facts.seconds < @refused.fetch(strike.key, 0) # that has been told

        waits = waits?(strike, facts)
        @withheld.tell(strike, facts.seconds, @began, @last) { @guards.headroom(facts) } if waits
        waits
      end

      def waits?(strike, facts)
        return true unless strike.urgent || settled?(facts)

        !strike.series && recent?(@last, facts)
      end

      # Runs the block with the lock of the directory, which is kept for a dump under way.
      def locked(strike, facts)
        return unless @lock.take

        yield
      rescue SystemCallError => e
        words = "the directory cannot be locked or written to: #{Terminal::Trouble.sentence(e)}"
        refuse(strike, facts, Guards::Refusal.new(:directory, words))
      ensure
        @lock.release unless under_way?
      end

      # Whether another process of this server makes the dump. That is told once.
      def elsewhere?(strike, facts)
        return false unless strike.shared

        pid = @choice.chosen(strike.shared, dry: @options.dry)
        return false if pid == @names.pid

        strike.source&.elsewhere(strike, facts)
        unless recent?(@elsewhere[strike.key], facts)
          @elsewhere[strike.key] = facts.seconds
          @stats.refusal(:another)
        end
        @voice.once(:another, "no dump, although #{strike.words}: process #{pid} makes the dumps " \
                              "of this server")
        true
      end

      def recent?(seconds, facts)
        !seconds.nil? && facts.seconds < seconds + @options.cooldown
      end

      def refuse(strike, facts, refusal)
        facts.rule = strike.rule
        facts.refused = refusal.reason
        @stats.refusal(refusal.reason)
        unless strike.awaited?
          @refused[strike.key] = facts.seconds + (refusal.passes ? PASSES : @options.cooldown)
        end
        @voice.say("no dump, although #{strike.words}: #{refusal.words}") if new?(strike, refusal)
        tell(strike, :refused, refusal.words)
        nil
      end

      # Whether it is to be told: what passes is tried again and again, and a budget that is used up
      # stays so for hours.
      def new?(strike, refusal)
        before = @told
        @told = [strike.key, refusal.reason]
        return @guards.budget.tell?(strike) if refusal.reason == :budget

        !refusal.passes || strike.awaited? || @told != before
      end

      def pretend(strike, facts)
        strike.source&.spent(strike, facts)
        tell(strike, :refused, "this is a dry run")
        done(facts)
        @stats.add(:dry)
        @voice.say("dry run: would dump, because #{strike.words}")
        :dry
      end

      def start(strike, facts)
        facts.rule = strike.rule
        facts.ask = strike.ask
        path = File.join(@directory.series(@names.directory), @names.dump(@made + 1, facts.time))
        slots = @machine.slots
        @state.reserve(@names, strike, slots)
        begun = begin_dump(strike, facts, path) or return
        @running = Running.new(begun, strike, facts, path, slots)
        facts.gauge.outlook.begun
        @made += 1
        @guards.budget.use(strike)
        done(facts)
        tell(strike, :begun)
        :begun
      end

      # There may be code of the application behind it.
      def tell(strike, what, *words)
        source = strike.source or return
        @faults.guard(source, source) { source.public_send(what, *words) }
      end

      # Returns the Pending, nil if there is none: only forked processes may write a dump.
      def begin_dump(strike, facts, path)
        @told = nil
        @voice.say("dumping to #{path}, because #{strike.words}")
        @dumper.call(path, gc: false, strings: strike.strings || @options.strings)
      rescue Busy
        @state.cancel(@names)
        nil # the dump of somebody else; the next look tries again
      rescue Error => e
        @state.cancel(@names)
        refuse(strike, facts, Guards::Refusal.new(e.is_a?(WriteError) ? :disk : :fork, e.message))
        nil
      end

      def done(facts)
        @last = facts.seconds
      end

      # Returns the Result; nil if there is no dump.
      def finish(running)
        running.facts.gauge.outlook.ended
        succeed(running, running.pending.result)
      rescue *Trigger::OURS => e
        fail_with(running, e)
      ensure
        @lock.release
      end

      def succeed(running, result)
        facts = running.facts
        running.strike.source&.spent(running.strike, facts)
        facts.gauge.outlook.took(result.seconds, facts.resident)
        record(running, result)
        @voice.say(format("dumped %<path>s: %<figures>s, %<seconds>.3f s; the process stood " \
                          "still for %<pause>.1f ms",
                          path: result.path, figures: result.figures, seconds: result.seconds,
                          pause: result.pause * 1000))
        @stats.add(:dumps)
        @stats.add(:seconds, result.seconds)
        @stats.add(:bytes, result.bytes)
        @guards.tidy(@names)
        tell(running.strike, :taken, result)
        result
      end

      # What is known of the dump; it is whole without that.
      def record(running, result)
        @state.finish(@names, result.bytes)
        Manifest.write(running, result, @names, @made)
      rescue *Trigger::OURS => e
        @voice.once(:record, "nothing can be noted of #{result.path}: #{e.message}")
      end

      # The rule strikes again, and is heard after +cooldown+.
      def fail_with(running, error)
        @stats.add(:failures)
        @refused[running.strike.key] = @machine.seconds + @options.cooldown
        words = "no dump at #{running.path}: #{error.message} (#{error.class})"
        @voice.say(words)
        tell(running.strike, :failed, words)
      end
    end
  end
end

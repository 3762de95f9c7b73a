# frozen_string_literal: true

require_relative "guards"
require_relative "lock"
require_relative "manifest"
require_relative "note_files"

module HeapDump
  class Watch
    # Makes the dump of a strike, or does not: because this process has to wait, or because a guard
    # refuses. Forked processes write it, and each look asks whether they have ended.
    class Dumping # :nodoc:
      # A dump under way: its Pending, and what it is of.
      Running = Struct.new(:pending, :strike, :facts, :path, :slots)
      private_constant :Running

      attr_reader :directory

      # +dumper+ makes a dump as HeapDump.dump_async does.
      def initialize(options:, names:, machine:, gauge:, stats:, voice:, hooks:,
                     dumper: HeapDump.method(:dump_async))
        @options = options
        @names = names
        @machine = machine
        @processes = gauge.processes
        @stats = stats
        @voice = voice
        @hooks = hooks
        @dumper = dumper
        @directory = Directory.new(options.directory)
        @state = State.new(@directory, machine)
        @guards = Guards.new(options, machine, @directory, @state)
        @lock = Lock.new(@directory.path)
        @began = machine.seconds
        @made = 0
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
        return if under_way? || waits?(strike, facts)

        refusal = @guards.before(facts)
        return refuse(strike, facts, refusal) if refusal

        locked(strike, facts) do
          next unless ours?(strike)

          refusal = @guards.within(@names, @made)
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

      # In a forked child: the dump and the lock are the parent's.
      def forget
        @running = nil
        @lock.forget
      end

      private

      def waits?(strike, facts)
        return false if %i[ask exit].include?(strike.rule) # somebody waits for it
        return true unless strike.urgent || settled?(facts)
        return true if @refused_at && facts.seconds < @refused_at + @options.cooldown
        return false if @last.nil? || (strike.series && @last_rule == strike.rule)

        facts.seconds < @last + @options.cooldown
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

      # Of several workers the largest one dumps, and the same one again: else the dumps were of
      # several processes, and nothing could be compared. Only those that watch count.
      def ours?(strike)
        return true unless strike.series

        server = "#{@names.host}-#{@processes.parent}"
        pid, started = @state.chosen(server)
        return pid == @names.pid if pid && @processes.started(pid) == started

        watching = watching_processes
        return true if watching.size == 1
        return false unless @processes.largest(watching) == @names.pid

        @state.choose(server, @names.pid, @processes.started || 0) unless @options.dry
        true
      end

      def watching_processes
        files = NoteFiles.all(@directory.path).select do |file|
          file.kind == "notes" && file.host == @names.host
        end
        family = @processes.family
        files.select! { |file| family.include?(file.pid) }
        files.select! { |file| file.started == @processes.started(file.pid) }
        files.map(&:pid) | [@names.pid]
      end

      def refuse(strike, facts, refusal)
        facts.rule = strike.rule
        facts.refused = refusal.reason
        @stats.refusal(refusal.reason)
        @refused_at = facts.seconds
        @voice.say("no dump, although #{strike.words}: #{refusal.words}")
        strike.source.refused(refusal.words) if strike.source.respond_to?(:refused)
        nil
      end

      def pretend(strike, facts)
        source = strike.source
        source.respond_to?(:refused) ? source.refused("this is a dry run") : source&.spent(facts)
        done(strike, facts)
        @stats.add(:dry)
        @voice.say("dry run: would dump, because #{strike.words}")
        :dry
      end

      def start(strike, facts)
        facts.rule = strike.rule
        path = File.join(@directory.series(@names.directory), @names.dump(@made + 1, facts.time))
        slots = @guards.slots
        @state.reserve(@names, strike.rule, slots)
        begun = begin_dump(strike, facts, path) or return
        @running = Running.new(begun, strike, facts, path, slots)
        @made += 1
        done(strike, facts)
        strike.source&.spent(facts)
        :begun
      end

      # Returns the Pending, nil if there is none: only forked processes may write a dump.
      def begin_dump(strike, facts, path)
        @voice.say("dumping to #{path}, because #{strike.words}")
        @dumper.call(path, gc: false, strings: @options.strings)
      rescue Busy
        @state.cancel(@names)
        nil # the dump of somebody else; the next look tries again
      rescue Error => e
        @state.cancel(@names)
        refuse(strike, facts, Guards::Refusal.new(e.is_a?(WriteError) ? :disk : :fork, e.message))
        nil
      end

      def done(strike, facts)
        @last = facts.seconds
        @last_rule = strike.rule
      end

      # Returns the Result; nil if there is no dump.
      def finish(running)
        succeed(running, running.pending.result)
      rescue *Trigger::OURS => e
        fail_with(running.path, e)
      ensure
        @lock.release
      end

      def succeed(running, result)
        record(running, result)
        @voice.say(format("dumped %<path>s: %<figures>s, %<seconds>.3f s; the process stood " \
                          "still for %<pause>.1f ms",
                          path: result.path, figures: result.figures, seconds: result.seconds,
                          pause: result.pause * 1000))
        @stats.add(:dumps)
        @stats.add(:seconds, result.seconds)
        @stats.add(:bytes, result.bytes)
        @guards.tidy(@names)
        result
      end

      # What is known of the dump; it is whole without that.
      def record(running, result)
        @state.finish(@names, result.bytes)
        Manifest.write(running, result, @names, @made)
      rescue SystemCallError => e
        @voice.once(:record, "nothing can be noted of #{result.path}: #{e.message}")
      end

      def fail_with(path, error)
        @stats.add(:failures)
        @voice.say("no dump at #{path}: #{error.message} (#{error.class})")
      end
    end
  end
end

# frozen_string_literal: true

require_relative "../terminal/text"
require_relative "../terminal/trouble"
require_relative "../terminal/units"
require_relative "gauge"
require_relative "facts"
require_relative "stats"
require_relative "voice"
require_relative "faults"
require_relative "introduction"
require_relative "directory"
require_relative "state"
require_relative "dumping"
require_relative "note"
require_relative "predecessor"

module HeapDump
  class Watch
    # One process' looks: what the rules say, what becomes of it, and the notes. It has no thread
    # and never sleeps; who calls #look decides when.
    class Engine # :nodoc:
      JITTER = 0.1 # of the time between looks, so that processes do not look at the same moment
      SOON = 1 # seconds between looks while a dump is written, and at least
      BRISK = 0.2 # the same while memory grows so fast that the limit is near
      NONE = [].freeze # so that a look without a strike makes no Array
      private_constant :JITTER, :SOON, :BRISK, :NONE

      attr_reader :stats

      def initialize(options, on, machine: Machine.new, **dumper)
        @options = options
        @machine = machine
        @rules = on.rules.map { |rule| rule.dup.reset }
        @ringing = @rules.select(&:rings?)
        @grace = on.grace
        @hooks = on.hooks
        @random = Random.new
        @voice = Voice.new(options.logger)
        @stats = Stats.new
        @faults = Faults.new(machine, @stats, @voice)
        @gauge = Gauge.new(machine, options.limit)
        @names = Names.new(options.name, machine)
        @dumping = Dumping.new(options: options, names: @names, machine: machine, gauge: @gauge,
                               stats: @stats, voice: @voice, faults: @faults,
                               hooks: method(:dumped), **dumper)
        @shipping = @dumping.guards.shipping = ships
        @note = Note.new(options.directory, @names, @gauge)
      end

      # Says that there is a watch, and what it goes by. Raises nothing.
      def introduce
        @voice.say(Introduction.words(@options, @gauge, @rules))
      rescue *Trigger::OURS => e
        @voice.say("watching (#{e.message})")
      end

      # The limit of the memory in bytes, nil if none is known.
      def limit
        @gauge.limit
      end

      # Looks once. Raises nothing.
      def look
        facts = observe
        begin_life(facts) unless @begun
        silence unless @ringing.empty?
        settle(facts) unless @settled
        @dumping.follow
        @shipping&.look(busy: @dumping.under_way?)
        act(strikes(facts), facts)
        end_those_off if @faults.any_off?
        write_note(facts)
      rescue *Trigger::OURS => e
        @voice.once(e.class, "a look has failed: #{e.message} (#{e.class})")
      ensure
        @stats.add(:looks) # whoever has seen it counted sees what it has found
      end

      # Seconds until the next look: as often as memory grows fast.
      def pause
        usual = @options.every * (1 - JITTER + (2 * JITTER * @random.rand))
        near = @gauge.outlook.haste
        soon = SOON if @dumping.under_way?
        haste = [call_rules(:haste).min, near, soon].compact.min or return usual
        haste.clamp([near ? BRISK : SOON, usual].min, usual)
      end

      # Between two looks, if the next one is not soon. Returns whether memory has grown so much
      # that it is time for it.
      def glance?
        @gauge.outlook.glance?
      end

      # An open file of which the kernel says from now on when to look at once (IO); nil if there is
      # none, or no rule wants that.
      def events
        @gauge.cgroup&.listen if @rules.any?(&:waits_for_events?)
      end

      # IOs that become readable when it is to look at once.
      def bells
        @ringing.filter_map { |rule| @faults.guard(rule, rule) { rule.bell } }
      end

      # The watch ends, and the process goes on: the last line of the notes.
      def stop
        note_end { observe }
        leave
      end

      # The process ends: the last dump, if the rules ask for one, and the last line of the notes.
      # +grace+: how many seconds are left for the dump.
      def close(grace = @grace)
        note_end { observe.tap { |facts| dump_at_exit(facts, grace) if @grace } }
        leave
      end

      # In a forked child.
      def forget
        @dumping.forget
        call_rules(:forget)
        @shipping&.forget
        @gauge.close
      end

      private

      # nil if the dumps stay.
      def ships
        return unless @options.ships?

        Shipping.new(@options, @dumping.directory, machine: @machine, gauge: @gauge,
                                                   stats: @stats, voice: @voice)
      end

      def observe
        @gauge.refresh
        Facts.new(@gauge, @machine.time, @gauge.seconds, @gauge.pid, [Work.jobs, Work.requests])
      end

      # What is to be told after the start.
      def begin_life(facts)
        @begun = true
        @dumping.guards.at_start(@gauge).each { |words| @voice.say(words) }
        Predecessor.new(@options.directory, @names, @gauge).words&.then { |told| @voice.say(told) }
        call_rules(:begin_life, @names, @options, @voice)
        @rules.reject! do |rule|
          why = rule.useless(facts)
          @voice.say("the rule #{rule.name} is off: #{why}") if why
          why
        end
        @ringing &= @rules
        @dumping.guards.budget.marks = @rules.grep(Rules::Memory).sum { |rule| rule.marks.size }
        @voice.say("no rule is left, so nothing will ever be dumped") if @rules.empty?
      end

      # The block returns the last facts.
      def note_end(&)
        @note.close(last_facts(&))
      rescue *Trigger::OURS => e
        @voice.say("the end could not be noted: #{e.message} (#{e.class})")
      end

      # Nothing keeps the lock of dumps beyond the last look.
      def last_facts
        yield
      ensure
        @dumping.leave
      end

      # Few rules have something that rings.
      def silence
        @ringing.each { |rule| @faults.guard(rule, rule) { rule.silence } }
      end

      # Rules that have something to end. A bus may take seconds, so it is the last.
      def leave
        call_rules(:close)
        @gauge.close
      end

      # Behind a rule there may be code of the application.
      def call_rules(method, *arguments)
        @rules.filter_map do |rule|
          @faults.guard(rule, rule) { rule.public_send(method, *arguments) }
        end
      end

      # A rule that is switched off ends what it has begun, once.
      def end_those_off
        off = @rules.select { |rule| @faults.off?(rule) }
        @rules -= off
        @ringing -= off
        off.each do |rule|
          rule.close
        rescue *Trigger::OURS
          nil # what is wrong with it has been told
        end
      end

      def settle(facts)
        return unless @dumping.settled?(facts)

        waiting = @rules.reject(&:settled?)
        waiting.each { |rule| rule.settled(facts) }
        @settled = waiting.empty?
      end

      def strikes(facts)
        found = NONE
        usual = @options.only.nil? && !@faults.any_off?
        @rules.each do |rule|
          strike = usual && !rule.timed? ? rule.strike(facts) : strike_of(rule, facts)
          found = [*found, strike] if strike
        rescue *Trigger::OURS => e
          @faults.failed(rule, rule, e)
        end
        found
      end

      # Who takes a question must answer it, so where nothing is wanted nobody is asked.
      def strike_of(rule, facts)
        if rule.name == :ask && !wanted?(facts)
          @faults.guard(rule, rule) { rule.unwanted }
          return
        end

        # Only code of the application must be quick: where many threads run, also one of our rules
        # may take a second, and is right all the same.
        @faults.guard(rule, rule, timed: rule.timed?) { rule.strike(facts) }
      end

      # A strike that has to wait, or whose dump is refused, comes again with the next look.
      def act(strikes, facts)
        return @struck = nil if strikes.empty?

        names = strikes.map(&:rule)
        new = names - (@struck || [])
        @struck = names
        new.each { |rule| @stats.strike(rule) }
        write_note(facts, new.first) if new.any?
        return if @dumping.under_way?
        return strikes.each { |strike| unwanted(strike) } unless wanted?(facts)

        strikes.find { |strike| @dumping.attempt(strike, facts) }
      end

      # Told and counted once for a rule: it may strike in every look.
      def unwanted(strike)
        return if (@unwanted ||= {})[strike.rule]

        @unwanted[strike.rule] = true
        @stats.refusal(:only)
        @voice.say("no dump, although #{strike.words}: only: says no")
      end

      # It is called once in a look at most.
      def wanted?(facts)
        return true if @options.only.nil?
        return @wanted if @wanted_at.equal?(facts)

        @wanted_at = facts
        @wanted = @faults.ask(:only, "only:") { @options.only.call(facts) }
      end

      # Hooks may take long, so it is shipped before.
      def dumped(result, facts)
        @shipping&.dumped
        @hooks.each do |hook|
          @faults.guard(hook, "the hook on.dump") { hook.call(result, facts) }
        end
      end

      def write_note(facts, struck = nil)
        @stats.add(:notes) if @note.write(facts, struck: struck)
      rescue SystemCallError, IOError => e
        @voice.once(:note, "no notes are written: #{Terminal::Trouble.sentence(e)}")
      end

      def dump_at_exit(facts, grace)
        struck = @rules.select(&:struck?)
        if struck.any? && !@dumping.under_way?
          @dumping.attempt(Strike.at_exit(struck.map { |rule| rule.modest(facts) }.min), facts)
        end
        return if @dumping.ended_within?(grace)

        @voice.say("the dump is not written after #{@grace} s; the process does not wait longer")
      end
    end
  end
end

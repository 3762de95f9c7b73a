# frozen_string_literal: true

require_relative "../rule"
require_relative "../pace"
require_relative "last_chances"
require_relative "lived_with"

module HeapDump
  class Watch
    module Rules
      # Memory above marks: shares of the limit, or bytes. Each mark strikes once in an episode,
      # which ends when less than nine tenths of the mark are used. So that a process which grows
      # leaves as many dumps as there are marks: if several are passed at once, the highest one
      # strikes, and the others when the process has grown since; and a mark strikes early if there
      # would be no room, or no time, for a dump later.
      #
      # Page cache that is in use counts as used, but the kernel takes it back where it must. So a
      # mark is passed only if nine tenths of it are memory that cannot be given back, or if the
      # kernel has had to reclaim at the limit meanwhile: then it does not wait for +for:+ either.
      # While memory grows fast, it waits no longer than a quarter of the time until the limit, and
      # is looked at more often.
      #
      # What a process takes when it starts, and what it has lived with, is no leak (LivedWith).
      class Memory < Rule # :nodoc:
        include LastChances
        include LivedWith

        REARM = 0.9
        CALM = 3600 # seconds; what has grown fast and is gone is not believed sooner again
        PRESSURE = 20 # percent of the time
        QUARTER = 0.25 # of the time until the limit
        FAMILY = 60 # seconds after which the processes are counted again
        DEFAULT = [0.5, 0.7, 0.85].freeze
        private_constant :REARM, :CALM, :PRESSURE, :QUARTER, :FAMILY

        # Of the mark: how many bytes it is (nil if that is unknown), since when it is passed,
        # whether it has struck in this episode, whether it was passed when a higher one did, and
        # what was used if it has struck early.
        Mark = Struct.new(:value, :bar, :since, :spent, :late, :early) do
          # Becomes what it is of the limit (nil if that is unknown).
          def measure(limit)
            self.bar = value.is_a?(Float) ? limit && (value * limit) : value
          end

          # Below this its episode ends.
          def floor
            (early || bar) * REARM
          end

          def rearm
            self.since = self.spent = self.late = self.early = nil
          end
        end
        private_constant :Mark

        def initialize(at: DEFAULT, for: 30, of: :container, events: true)
          super()
          span = binding.local_variable_get(:for)
          @values = Array(at).map { |value| Quantity.mark("on.memory at:", value) }
          raise ArgumentError, "on.memory at: names no mark" if @values.empty?

          @for = Quantity.seconds("on.memory for:", span)
          unless %i[container process].include?(of)
            raise ArgumentError, "on.memory of: must be :container or :process, not #{of.inspect}"
          end

          @of = of
          @events = events
          reset
        end

        def name
          :memory
        end

        def reset
          @marks = @values.map { |value| Mark.new(value) }
          @last_events = @family_at = @begun = @dumped = @believed = @lived = @peak = nil
          @armed = true # whether the last look found something above a mark, or may have
          @pace = Pace.new # of all that is used, for the next look
          @firm = Pace.new # of what cannot be given back, for a dump
          self
        end

        # The marks as people write them (Strings).
        def marks
          @values.map do |value|
            value.is_a?(Integer) ? Terminal::Units.bytes(value) : format("%g", value)
          end
        end

        # The marks of what the control group uses, in bytes (Numerics).
        def bars(limit)
          return [] unless @of == :container

          @values.map { |value| value.is_a?(Float) ? value * limit : value }
        end

        # Whether a dump was begun for any mark in this episode, even if it has failed.
        def struck?
          @begun || @marks.any?(&:spent)
        end

        def begun
          @begun = @armed = true
        end

        def haste
          of_marks = @marks.filter_map { |mark| haste_of(mark) if mark.bar && !mark.spent }
          [*of_marks, *haste_for_room].min
        end

        def waits_for_events?
          @events && @of == :container
        end

        def useless(facts)
          return if limit(facts) || @values.all?(Integer)

          "no limit of the memory is known; give limit: or HEAPDUMP_LIMIT, or marks in bytes"
        end

        def strike(facts)
          upper = @of == :process ? facts.resident : facts.gauge.upper
          limit = limit(facts)
          low = floor(facts, limit)
          return if upper.nil? || low.nil?

          @pace.note(facts.seconds, upper)
          @fast = fast?(facts)
          @room = nil
          return rearm if upper < low && !@fast

          @armed = true
          @scarce = scarce?(facts)
          follow(facts, *usage(facts), limit)
          passed(facts, limit)
        end

        # There is a dump for the lowest mark that was passed. Those between wait until this process
        # has grown.
        def spent(strike, facts)
          @armed = true
          passed = @marks.select { |mark| mark.bar && mark.bar <= strike.mark && !mark.spent }
          passed.each { |mark| mark.late = true }
          used, = usage(facts)
          passed.min_by(&:bar)&.then do |mark|
            mark.spent = true
            next unless used && used < mark.bar

            mark.early = used
            @believed = facts.seconds
          end
          @dumped = facts.private
        end

        private

        def haste_of(mark)
          mark.since ? @patience : seconds_until(mark)&.*(HALF)
        end

        def limit(facts)
          return facts.limit if @of == :container || facts.limit.nil?

          if @family_at.nil? || facts.seconds >= @family_at + FAMILY
            @family_at = facts.seconds
            @family = facts.gauge.processes.family.size
          end
          facts.limit / @family
        end

        def usage(facts)
          @of == :process ? [facts.private, nil] : [facts.working_set, facts.anonymous]
        end

        # Until a mark is passed, if it goes on like this. Page cache alone does not pass it.
        def seconds_until(mark)
          all = @pace.seconds_until(mark.bar)
          return all unless all && @firm.known?

          @firm.seconds_until(mark.bar * REARM)&.then { |firm| [firm, all].max }
        end

        # Nothing is above any mark. Where that was so at the last look, too, nothing is to be done.
        def rearm
          return unless @armed

          @firm = Pace.new if @firm.last
          @marks.each { |mark| end_episode(mark) }
          @armed = @begun = @dumped = @low = @peak = nil
        end

        # Below this there is nothing that concerns a mark; nil if no mark is known. It is the same
        # from look to look, until the limit changes or a mark is near.
        def floor(facts, limit)
          return @low if @low && !@armed && @limit == limit

          @limit = limit
          lows = @marks.filter_map { |mark| mark.floor if mark.measure(limit) }
          lows << scarce_from(facts) if limit && lows.any?
          @low = lows.compact.min
        end

        def follow(facts, used, firm, limit)
          @hurried = hurried?(facts)
          return unless used

          @firm.note(facts.seconds, firm || used)
          @peak = [*@peak, firm || used].max
          @room = last_room(facts, limit)
          left = @room && @firm.seconds_until(@room)
          @patience = [@for, *left&.*(QUARTER)].min
          @marks.each { |mark| follow_mark(mark, facts, used, firm) if mark.bar }
        end

        def follow_mark(mark, facts, used, firm)
          if used < mark.floor
            end_episode(mark)
          elsif used >= mark.bar && (firm.nil? || firm >= mark.bar * REARM || @hurried)
            mark.since ||= facts.seconds
          else
            mark.since = nil
          end
        end

        def passed(facts, limit)
          mark = ripe(facts).max_by(&:bar) || early(facts) or return
          facts.private # is kept as it is now, to be compared with
          highest = mark.bar == @marks.filter_map(&:bar).max
          modest = modest(facts)
          Strike.new(rule: name, words: words(mark, usage(facts).first, limit), source: self,
                     series: true, shared: shared(modest), mark: mark.bar, highest: highest,
                     urgent: highest || last_chance?(facts), modest: modest)
        end

        def ripe(facts)
          found = @marks.select do |mark|
            mark.since && !mark.spent && (@hurried || facts.seconds - mark.since >= @patience)
          end
          grown?(facts) ? found : found.reject(&:late)
        end

        # The lowest mark that is not passed yet, if later may be too late for it.
        def early(facts)
          wanted = @fast || @scarce
          wanted &&= @dumped ? grown?(facts) : !believed?(facts)
          left.min_by(&:bar) if wanted
        end

        # Whether there was a dump lately because memory grew fast or room was scarce, and then less
        # was used.
        def believed?(facts)
          @believed ? facts.seconds < @believed + CALM : false
        end

        # Marks for which there may still be a dump.
        def left
          @marks.select { |mark| mark.bar && !mark.spent }
        end

        # Whether the kernel has had to reclaim memory at the limit since the last look.
        def hurried?(facts)
          return false unless @events && @of == :container && (group = facts.gauge.cgroup)

          events = group.events
          before = @last_events
          @last_events = events
          return true if group.pressure.to_f > PRESSURE

          before ? before.to_a.first(2).zip(events.to_a).any? { |pair| rose?(*pair) } : false
        end

        def rose?(before, now)
          before && now && now > before
        end

        def words(mark, used, limit)
          of = limit && " of #{Terminal::Units.bytes(limit)}"
          value = mark.value
          value = Terminal::Units.bytes(value) if value.is_a?(Integer)
          whose = @of == :process ? "private memory" : "memory"
          early = ", early: later there may be no #{@fast ? "time" : "room"}" if used < mark.bar
          "#{whose}: #{Terminal::Units.bytes(used)}#{of} are used (mark #{value}#{early})"
        end
      end
    end
  end
end

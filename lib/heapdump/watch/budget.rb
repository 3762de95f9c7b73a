# frozen_string_literal: true

module HeapDump
  class Watch
    # How many dumps there may be in 24 hours, of this process and in its directory. The budget is
    # for rules: a person can always have a dump from outside.
    #
    # What strikes again and again must not use up what a leak needs. So as many dumps as there are
    # marks of the memory are kept for what grows, and as many for what does so after a start: a
    # Strike says how many of these series it leaves.
    class Budget # :nodoc:
      # +named+ is what people know the directory as.
      def initialize(options, machine, state, named)
        @most = options.at_most
        @machine = machine
        @state = state
        @named = named
        @marks = 0
        @own = [] # when each dump of this process was begun, and how modest it was
        @told = {}
      end

      # How many dumps are a series.
      attr_writer :marks

      # A dump is begun.
      def use(strike)
        @own << [@machine.seconds, strike.modest]
      end

      # Why there is to be none for a Strike (String); nil if there may be one.
      def spent(strike, pid)
        return unless @most

        made = { "this process has made" => own,
                 "#{@named} got" => @state.dumps.map { |one| one["modest"].to_i } }
        strike.modest.downto(0) do |least|
          share = [@most - (least * @marks), 1].max
          who, number = made.transform_values { |all| all.count { |one| one >= least } }
                            .find { |_, number| number >= share }
          return words(who, number, share, pid) if who
        end
        nil
      end

      # Whether it is to be told that there is none for this Strike: once a day, for it may be so
      # for as long.
      def tell?(strike)
        told = @told[strike.key]
        return false if told && !strike.awaited? && @machine.seconds < told + State::DAY

        @told[strike.key] = @machine.seconds
        true
      end

      private

      # This process knows of its dumps, too, where somebody has removed the directory.
      def own
        @own.shift while @own.any? && @own.first.first <= @machine.seconds - State::BUDGET
        @own.map(&:last)
      end

      def words(who, number, share, pid)
        kept = ", #{@most - share} of them for memory that grows" if share < @most
        "#{who} #{Terminal::Units.plural(number, "dump")} in the last 24 hours (at_most: " \
          "#{@most}#{kept}); `heapdump take #{pid}` makes one now"
      end
    end
  end
end

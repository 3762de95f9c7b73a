# frozen_string_literal: true

module HeapDump
  module Fleet
    # Which times can be right. Databases divide tables by months, so whoever may write notes could
    # have them make any number of tables.
    module Clock # :nodoc:
      # Ruby 2.1 came with ObjectSpace.dump_all in this month, and nothing here is older.
      FIRST = Time.utc(2013, 12)
      AHEAD = 86_400 # seconds by which clocks of a fleet may differ
      # A process makes notes for months at most: its last ones are no further from the first.
      LIFE = 400 * 86_400 # seconds
      private_constant :AHEAD, :LIFE

      module_function

      # Whether a dump can have been taken at that time.
      def sound?(time, now = Time.now)
        time.between?(FIRST, now + AHEAD)
      end

      # Why one cannot, in words.
      def trouble(time)
        "its time, #{time.getutc.strftime("%F %T")} UTC, cannot be right; has its machine a clock?"
      end

      # Those of the times of one life that can be right together (Array of Time): a clock that was
      # wrong for a while makes a few that are far away from the others.
      def of_one_life(times, now = Time.now)
        sound = times.select { |time| sound?(time, now) }.sort
        middle = sound[sound.size / 2]
        sound.select { |time| (time - middle).abs <= LIFE / 2 }
      end
    end
  end
end

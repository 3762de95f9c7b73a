# frozen_string_literal: true

module HeapDump
  class Watch
    module Rules
      # Times as cron has them, in UTC: minute, hour, day of the month, month, day of the week (0
      # and 7 are Sunday). Each is *, a number, a range or a list of them, and may have a step, as
      # "*/10".
      class Cron # :nodoc:
        FIELDS = { "minute" => 0..59, "hour" => 0..23, "day" => 1..31, "month" => 1..12,
                   "day of the week" => 0..7 }.freeze
        PART = %r{\A(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?\z}
        LONGEST = 24 * 60 # minutes: what was due longer ago is not made up for
        private_constant :FIELDS, :PART

        def initialize(text)
          @text = text
          parts = text.is_a?(String) ? text.split : []
          refuse("has #{parts.size} fields instead of 5") unless parts.size == FIELDS.size

          @sets = parts.zip(FIELDS).map { |part, (name, range)| set(part, name, range) }
          @sets[4] = @sets[4].map { |day| day % 7 }
          @either = parts[2] != "*" && parts[4] != "*" # as cron does
        end

        # Whether any minute of these is due; they are counted from the epoch (Integers).
        def due(from, to)
          from = [from, to - LONGEST].max
          (from..to).any? { |minute| at?(Time.at(minute * 60).utc) }
        end

        def to_s
          @text
        end

        private

        def at?(time)
          minute, hour, day, month, weekday = @sets
          return false unless minute.include?(time.min) && hour.include?(time.hour) &&
                              month.include?(time.month)

          days = [day.include?(time.day), weekday.include?(time.wday)]
          @either ? days.any? : days.all?
        end

        def set(text, name, range)
          parts = text.split(",", -1)
          refuse("has no #{name}") if parts.empty?
          parts.flat_map { |part| numbers(part, name, range) }.uniq
        end

        def numbers(part, name, range)
          match = part.match(PART) or refuse("has a wrong #{name}: #{part.inspect}")
          step = (match[4] || 1).to_i
          wanted = wanted(match, range)
          right = step.positive? && wanted.begin <= wanted.end && range.cover?(wanted)
          refuse("has a wrong #{name}: #{part.inspect}") unless right

          wanted.step(step).to_a
        end

        # "*", "5", "5-10", and "5/10", which goes on to the end.
        def wanted(match, range)
          return range if match[1]

          first = match[2].to_i
          last = match[3]&.to_i || (match[4] ? range.end : first)
          first..last
        end

        def refuse(why)
          raise ArgumentError, "on.every cron: #{@text.inspect} #{why}; write it as cron does: " \
                               "\"0 3 * * *\" is 03:00 UTC every day"
        end
      end
    end
  end
end

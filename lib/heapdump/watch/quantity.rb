# frozen_string_literal: true

module HeapDump
  class Watch
    # Sizes and spans of time as people write them: 900 << 20 or "900 MiB", 900 or "15m". What is
    # wrong raises ArgumentError.
    module Quantity # :nodoc:
      BYTES = { "" => 1, "k" => 1 << 10, "m" => 1 << 20, "g" => 1 << 30, "t" => 1 << 40 }.freeze
      SECONDS = { "" => 1, "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, "w" => 604_800 }.freeze
      MOST = 10 * 366 * 86_400 # longer than any process lives; no clock overflows
      SIZE = /\A(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\z/i
      SPAN = /\A(\d+(?:\.\d+)?)\s*([smhdw]?)\z/
      PERCENT = /\A\s*(\d+(?:\.\d+)?)\s*%\s*\z/
      LEAST_MARK = 1 << 20 # fewer bytes are meant as a percentage, most likely
      private_constant :BYTES, :SECONDS, :MOST, :SIZE, :SPAN, :PERCENT, :LEAST_MARK

      module_function

      # Bytes (Integer) of the option +name+.
      def bytes(name, value)
        return value if value.is_a?(Integer) && value.positive?

        number, unit = captures(SIZE, value)
        size = number && (number.to_f * BYTES.fetch(unit.downcase))
        return size.to_i if size && size >= 1 && size.finite?

        raise ArgumentError, "#{name} must be a number of bytes, as 943718400 or \"900 MiB\", " \
                             "not #{value.inspect}"
      end

      # Seconds (a number) of the option +name+; +least+ is the smallest that is allowed.
      def seconds(name, value, least: 0)
        number, unit = captures(SPAN, value)
        span = if number then number.to_f * SECONDS.fetch(unit)
               elsif !value.is_a?(String) then HeapDump.send(:seconds, name, value)
               end
        return span if span && span >= least && span <= MOST

        raise ArgumentError, "#{name} must be a number of seconds, #{least} or more, " \
                             "as 900 or \"15m\", not #{value.inspect}"
      end

      # A whole number of the option +name+.
      def count(name, value, least: 1)
        return value if value.is_a?(Integer) && value >= least

        raise ArgumentError, "#{name} must be a whole number, #{least} or more, " \
                             "not #{value.inspect}"
      end

      # A share (Float, above 0 to 1) or a number of bytes (Integer): where a rule strikes.
      def mark(name, value)
        share = value if value.is_a?(Float)
        percent, = captures(PERCENT, value)
        share = percent.to_f / 100 if percent
        return share if share&.positive? && share <= 1

        bare = value.is_a?(Integer) ? value < LEAST_MARK : captures(/\A[\d.]+\z/, value)
        return bytes(name, value) unless share || bare

        raise ArgumentError, "#{name} must be shares of the limit, as 0.7 or \"70%\", or numbers " \
                             "of bytes, as \"900 MiB\", not #{value.inspect}"
      end

      # What the groups of a pattern match in a text (Array of Strings); nil if nothing matches, or
      # +value+ is no text in which a pattern can be looked for.
      def captures(pattern, value)
        return unless value.is_a?(String) && value.encoding.ascii_compatible?

        value.strip.match(pattern)&.captures if value.valid_encoding?
      end
      private_class_method :captures
    end
  end
end

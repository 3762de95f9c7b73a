# frozen_string_literal: true

module HeapDump
  class Leaks
    # A condition under which a build fails: "retained>5MB" or "count>100", which concern the growth
    # of a suspect from the first dump to the last and not its last number, or "any", which every
    # suspect meets. "count" never counts bytes: a string that grows is still one object, and
    # "retained" finds it.
    #
    #   gate = HeapDump::Leaks::Gate.new("retained>5MB")
    #   HeapDump.leaks(*paths).any? { |suspect| gate.met?(suspect) } # => false
    class Gate
      ANY = "any"
      PATTERN = /\A\s*(retained|count)\s*(>=|>)\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B?)\s*\z/i
      UNITS = { "" => 1, "B" => 1, "K" => 1 << 10, "M" => 1 << 20, "G" => 1 << 30,
                "T" => 1 << 40 }.freeze
      private_constant :ANY, :PATTERN, :UNITS

      # The condition as it was given, without spaces around it (String).
      attr_reader :text

      # +text+ is "any", or "retained" or "count", followed by ">" or ">=", and a number. For
      # retained that is a number of bytes, or has a unit (KB, MB, GB or TB, each 1024 times the one
      # before); for count it is a number of objects, entries or names. Raises ArgumentError for a
      # text that is no condition.
      #
      #   HeapDump::Leaks::Gate.new("count>=100")
      def initialize(text)
        @text = text.to_s.strip.freeze
        return if @text.downcase == ANY

        match = PATTERN.match(@text) or
          raise ArgumentError, "#{text.inspect} is no condition; " \
                               "write 'retained>5MB', 'count>100' or 'any'"
        @what, @operator, number, unit = match.captures
        @limit = number.to_f * UNITS.fetch(unit.upcase[0].to_s)
      end

      # True if a suspect (Suspect) meets the condition.
      #
      #   suspect.growth                                       # => 800
      #   HeapDump::Leaks::Gate.new("count>100").met?(suspect) # => true
      def met?(suspect)
        return true unless @what

        growth = counts? ? counted(suspect) : suspect.retained_growth
        !growth.nil? && exceeds?(growth)
      end

      # True if the condition is about a number of objects, entries or names, and not about bytes.
      #
      #   HeapDump::Leaks::Gate.new("count>100").counts? # => true
      def counts?
        @what.to_s.casecmp?("count")
      end

      private

      def counted(suspect)
        suspect.growth unless suspect.unit == "bytes"
      end

      def exceeds?(growth)
        @operator == ">" ? growth > @limit : growth >= @limit
      end
    end
  end
end

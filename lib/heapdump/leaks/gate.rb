# frozen_string_literal: true

module HeapDump
  class Leaks
    # A condition under which a build fails: "retained>5MB" or "count>100", which concern the growth
    # of a suspect from the first dump to the last and not its last number, or "any", which every
    # suspect meets. "count" never counts bytes: a string that grows is still one object, and
    # "retained" finds it. "rss>50MB" and "unexplained>20MB" concern the growth of the process, that
    # of its resident memory and Leaks#unexplained.
    #
    #   gate = HeapDump::Leaks::Gate.new("retained>5MB")
    #   HeapDump.leaks(*paths).any? { |suspect| gate.met?(suspect) } # => false
    #
    #   gate = HeapDump::Leaks::Gate.new("rss>50MB")
    #   gate.met_by_process?(HeapDump.leaks(*paths)) # => false
    class Gate
      ANY = "any"
      PATTERN = /\A\s*(retained|count|rss|unexplained)\s*(>=|>)
                 \s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B?)\s*\z/ix
      UNITS = { "" => 1, "B" => 1, "K" => 1 << 10, "M" => 1 << 20, "G" => 1 << 30,
                "T" => 1 << 40 }.freeze
      OF_PROCESS = %w[rss unexplained].freeze
      private_constant :ANY, :PATTERN, :UNITS, :OF_PROCESS

      # The condition as it was given, without spaces around it (String).
      attr_reader :text

      # +text+ is "any", or "retained", "count", "rss" or "unexplained", followed by ">" or ">="
      # and a number. For count it is a number of objects, entries or names, without a unit. For the
      # others it is a number of bytes, or has a unit (KB, MB, GB or TB, each 1024 times the one
      # before). Raises ArgumentError for a text that is no condition.
      #
      #   HeapDump::Leaks::Gate.new("count>=100")
      def initialize(text)
        @text = text.to_s.strip.freeze
        return if @text.downcase == ANY

        match = PATTERN.match(@text) or
          raise ArgumentError, "#{text.inspect} is no condition; " \
                               "write 'retained>5MB', 'count>100', 'rss>50MB', " \
                               "'unexplained>20MB' or 'any'"
        @what, @operator, number, unit = match.captures
        @limit = number.to_f * UNITS.fetch(unit.upcase[0].to_s)
        return unless counts? && !unit.empty?

        raise ArgumentError, "#{text.inspect} counts objects, which have no unit; " \
                             "write a plain number, as 'count>100'"
      end

      # True if a suspect (Suspect) meets the condition. Raises ArgumentError for a condition about
      # the process, which no suspect can meet: ask #met_by_process?.
      #
      #   suspect.growth                                       # => 800
      #   HeapDump::Leaks::Gate.new("count>100").met?(suspect) # => true
      def met?(suspect)
        return true unless @what
        raise ArgumentError, "#{text} is about the process: ask met_by_process?(leaks)" if process?

        growth = growth_of_suspect(suspect)
        !growth.nil? && exceeds?(growth)
      end

      # By how much a suspect (Suspect) grew, as the condition counts it (Integer): in bytes, or for
      # "count" in objects, entries or names, nil where these are not what grew.
      #
      #   HeapDump::Leaks::Gate.new("count>100").growth_of_suspect(suspect) # => 800
      def growth_of_suspect(suspect)
        return suspect.retained_growth unless counts?

        suspect.growth unless suspect.unit == "bytes"
      end

      # True if the condition is about the process, and not about a suspect.
      #
      #   HeapDump::Leaks::Gate.new("rss>50MB").process? # => true
      def process?
        OF_PROCESS.include?(@what.to_s.downcase)
      end

      # True if the condition is about the growth of the process for which no dump shows a reason.
      #
      #   HeapDump::Leaks::Gate.new("unexplained>20MB").unexplained? # => true
      def unexplained?
        @what.to_s.casecmp?("unexplained")
      end

      # By how many bytes the process grew, as the condition counts it (Integer): Leaks#rss or
      # Leaks#unexplained. nil if the dumps (+leaks+, a Leaks) do not have the size of the process,
      # and for a condition that is not about it.
      #
      #   HeapDump::Leaks::Gate.new("rss>50MB").growth_of(leaks) # => 83886080
      def growth_of(leaks)
        return unless process? && leaks.rss

        @what.casecmp?("rss") ? leaks.rss.last - leaks.rss.first : leaks.unexplained
      end

      # True if the process meets the condition.
      #
      #   HeapDump::Leaks::Gate.new("rss>50MB").met_by_process?(leaks) # => true
      def met_by_process?(leaks)
        growth = growth_of(leaks)
        !growth.nil? && exceeds?(growth)
      end

      # True if the condition is about a number of objects, entries or names, and not about bytes.
      #
      #   HeapDump::Leaks::Gate.new("count>100").counts? # => true
      def counts?
        @what.to_s.casecmp?("count")
      end

      private

      def exceeds?(growth)
        @operator == ">" ? growth > @limit : growth >= @limit
      end
    end
  end
end

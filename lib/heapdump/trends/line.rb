# frozen_string_literal: true

module HeapDump
  class Trends
    # One line over the dumps of a series, and its verdict: a class, a way in which objects are
    # held, or a part of the memory of the process. Frozen.
    #
    #   line = series.lines.first
    #   line.kind      # => :way
    #   line.values    # => [20, 40, 60, 80]
    #   line.verdict   # => :leak
    #   line.per_hour  # => 20.0
    class Line
      # +:class+, +:way+ or +:process+.
      attr_reader :kind
      # The name of the class; the signature of the way (as Suspect#signature); of a part of the
      # process, a name as in Extract#account, or "held" (the sum of all held objects), "garbage",
      # or "native" (what of the process no object explains).
      attr_reader :name
      # The class of the objects; of a part of the process, what it is called (String).
      attr_reader :class_name
      # Of a way, if it is known: who holds the objects, the place in the source that belongs to the
      # holder, its gem, and the path in words (Strings or nil).
      attr_reader :holder, :location, :gem, :told
      # For each dump, nil where that is not known (Arrays of Integer): the number of objects, the
      # sum of their sizes, and what they retain, in bytes. nil for parts of the process.
      attr_reader :objects, :bytes, :retained
      # What is judged, "objects" or "bytes", and these numbers (Array of Integer, nil in gaps).
      attr_reader :unit, :values
      # A key of VERDICTS.
      attr_reader :verdict
      # Why (Array of String).
      attr_reader :reasons
      # For a leak, the dump since which it grows (Dump).
      attr_reader :since
      # For what fills up, the number at which it would end: the least, the most likely and the
      # greatest one (Array of Integer); nil if that cannot be told.
      attr_reader :ending

      # +facts+ are the attributes by name; +judgement+ is one of Judge, +axes+ are those of
      # +dumps+.
      def initialize(facts, judgement, axes, dumps) # :nodoc:
        %i[kind name class_name holder location gem told objects bytes retained unit
           values].each { |field| instance_variable_set("@#{field}", facts[field]) }
        @verdict = judgement.verdict
        @reasons = judgement.reasons
        @since = judgement.since && dumps[judgement.since]
        @ending = judgement.ending&.to_a&.map(&:round)
        @axes = axes
        freeze
      end

      # True if it is a leak.
      #
      #   line.leak? # => true
      def leak?
        verdict == :leak
      end

      # By how much it grows in an hour (Float), in objects or bytes as #unit says; nil if the times
      # are not known. It is the median of the slopes between all pairs of dumps.
      def per_hour
        slope(values, @axes.hours)
      end

      # By how much it grows with 1,000 requests and jobs (Float), nil if these were not counted.
      def per_thousand
        slope(values, @axes.work)&.*(1000)
      end

      # By how many bytes what these objects retain grows in an hour (Float), nil if the times are
      # not known.
      def retained_per_hour
        slope(retained || (values if unit == "bytes"), @axes.hours)
      end

      # By how much it grew from the first dump that has it to the last (Integer).
      #
      #   line.growth # => 60
      def growth
        known = values.compact
        known.empty? ? 0 : known.last - known.first
      end

      # What the command writes as JSON (Hash).
      #
      #   line.to_h # => {kind: "way", name: "4a2cbb5725507364", class: "Shop::Session", …}
      def to_h
        { kind: kind, name: name, class: class_name, holder: holder, location: location, gem: gem,
          path: told, verdict: VERDICTS.fetch(verdict), reasons: reasons, since: since&.path,
          unit: unit, values: values, per_hour: per_hour&.round(3),
          per_thousand: per_thousand&.round(3), ending: ending, objects: objects, bytes: bytes,
          retained: retained }.compact
      end

      def inspect # :nodoc:
        "#<#{self.class} #{kind} #{class_name} #{verdict} #{values.first}..#{values.last}>"
      end

      private

      def slope(numbers, axis)
        return unless numbers && axis

        known = numbers.each_index.select { |at| numbers[at] }
        xs = axis.values_at(*known)
        Statistics.slope(xs, numbers.values_at(*known)) if known.size > 1 && xs.last > xs.first
      end
    end
  end
end

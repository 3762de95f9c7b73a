# frozen_string_literal: true

module HeapDump
  class Trends
    # A leak of a series: the line after which it is named, and the lines that belong to it, as
    # the contents of the objects. Frozen.
    #
    #   leak = series.leaks.first
    #   leak.class_name    # => "Shop::Session"
    #   leak.line.holder   # => "constant Shop::EventBus::SUBSCRIBERS (app.rb:20)"
    #   leak.company       # => ["Proc", "String"]
    class Leak
      # The line after which the leak is named (Line).
      attr_reader :line
      # The other lines that grow with it, that is what holds these objects and what they hold
      # (Array of Line).
      attr_reader :others

      def initialize(line, others) # :nodoc:
        @line = line
        @others = others.freeze
        freeze
      end

      # The class of the objects (String).
      def class_name
        line.class_name
      end

      # The classes of what grows with it (Array of String).
      def company
        others.select { |one| one.unit == "objects" }.map(&:class_name).uniq - [class_name]
      end

      # By how many bytes it grows in an hour, with all that it retains (Float), nil if the times
      # are not known.
      #
      #   leak.bytes_per_hour # => 41943.0
      def bytes_per_hour
        [line, *others].select { |one| one.kind == line.kind }
                       .filter_map(&:retained_per_hour).max
      end

      # By how much it grew from the first dump to the last, in objects or bytes as #unit says
      # (Integer).
      #
      #   leak.growth # => 220
      def growth
        line.growth
      end

      # What is counted, "objects" or "bytes".
      def unit
        line.unit
      end

      # By how many bytes what it retains grew from the first dump to the last (Integer).
      #
      #   leak.retained_growth # => 41943
      def retained_growth
        [line, *others].select { |one| one.kind == line.kind }.filter_map do |one|
          known = one.retained&.compact || []
          known.last - known.first unless known.empty?
        end.max.to_i
      end

      # What the command writes as JSON (Hash).
      #
      #   leak.to_h.keys # => [:class, :line, :bytes_per_hour, :company, :others]
      def to_h
        { class: class_name, line: line.name, bytes_per_hour: bytes_per_hour&.round,
          company: company, others: others.map(&:name) }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{class_name}, #{line.holder}>"
      end
    end
  end
end

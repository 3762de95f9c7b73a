# frozen_string_literal: true

require_relative "../core_classes"

module HeapDump
  class Trends
    # Tells each leak once. A class grows because a way to its objects does, and what objects hold
    # grows with them: all that is one leak.
    class Grouping # :nodoc:
      STEP = " → "
      # Two lines grow at one pace if the parts of their growth that each dump has differ by at most
      # this much.
      PACE = 0.05
      # A leak is named after what has this part of the objects, and a class is no leak of its own
      # if ways that grow have this part of its growth.
      MOST = 0.5
      private_constant :STEP, :PACE, :MOST

      # +lines+ are all lines of a series (Array of Line).
      def initialize(lines)
        @ways, others = lines.partition { |line| line.kind == :way }
        @classes = others.select { |line| line.kind == :class && line.leak? }
      end

      # Array of Leak, that which grows fastest first.
      def leaks
        groups = groups(@ways.select(&:leak?))
        with, alone = @classes.partition { |line| explained?(line) }
        with.each { |line| groups.find { |group| of_class?(group, line) }&.push(line) }
        paced(alone).each { |line| groups << [line] if join(groups, line).nil? }
        groups.map { |group| leak(group) }
              .sort_by.with_index { |leak, at| [-leak.bytes_per_hour.to_f, at] }
      end

      private

      # Lines that belong together, that which is nearest to the root first.
      def groups(ways)
        ways.sort_by { |way| way.told.to_s.size }.each_with_object([]) do |way, groups|
          group = groups.find { |one| one.any? { |other| related?(other, way) } }
          group ? group << way : groups << [way]
        end
      end

      # Whether a way leads on from the end of another, or begins at the same name and grows with
      # it.
      def related?(first, way)
        return same_pace?(first, way) unless first.told && way.told

        way.told.start_with?(first.told + STEP) ||
          (start(first) == start(way) && same_pace?(first, way))
      end

      # The first name of a path: "Shop (module) → constant SESSIONS".
      def start(way)
        way.told.split(STEP, 3).first(2)
      end

      def of_class?(group, line)
        group.any? { |one| one.class_name == line.class_name }
      end

      # Puts a line to a group that grows at its pace, nil if there is none.
      def join(groups, line)
        group = groups.find { |one| one.first.kind == :way && one.any? { |o| same_pace?(o, line) } }
        group&.push(line)
      end

      # Classes that are no leak of their own but for their pace: those of the program first.
      def paced(classes)
        classes.sort_by { |line| [plain?(line) ? 1 : 0, -line.growth] }
      end

      def plain?(line)
        CoreClasses.include?(line.class_name)
      end

      # Whether ways that grow have most of the growth of a class.
      def explained?(line)
        ways = @ways.select do |way|
          way.class_name == line.class_name && %i[leak slow].include?(way.verdict)
        end
        sum = ways.sum { |way| growth(line.unit == "bytes" ? way.bytes : way.objects) }
        sum >= MOST * line.growth && ways.any?(&:leak?)
      end

      def growth(numbers)
        known = numbers.compact
        known.last - known.first
      end

      def same_pace?(one, other)
        parts = [one, other].map { |line| parts(line.values) }
        parts.all? && parts.first.zip(parts.last).all? do |a, b|
          a.nil? || b.nil? || (a - b).abs <= PACE
        end
      end

      # How far it has grown in each dump, from 0 to 1.
      def parts(values)
        known = values.compact
        whole = known.last - known.first
        return unless whole.positive?

        values.map { |value| value && ((value - known.first) / whole.to_f) }
      end

      # Named after objects, not after the container that has become larger, and after a class of
      # the program if there is one.
      def leak(group)
        counted = group.select { |line| line.unit == "objects" }
        first = counted.first || group.first
        named = named(counted.select { |line| line.kind == first.kind }, first) || first
        Leak.new(named, group - [named])
      end

      # Of classes that grow as much, that in the module in which the path begins, as Shop::Session
      # of what Shop::EventBus holds; else any that Ruby does not bring.
      def named(lines, first)
        likely = lines.select { |line| !plain?(line) && line.growth >= MOST * first.growth }
        home = first.told.to_s[/\A\w+/]
        likely.find { |line| line.class_name[/\A\w+/] == home } || likely.first
      end
    end
    private_constant :Grouping
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Makes the rows of a Histogram, for Snapshot#histogram and Snapshot#top_groups.
    class Grouping # :nodoc:
      # The numbers that Graph#groups expects for them. Gems are made of places.
      BY = { class: 0, type: 1, location: 2, generation: 3, gem: 2 }.freeze

      # In the order of enum hg_group_sort (ext/heapgraph/tree/groups.h).
      SORTS = %i[retained bytes objects].freeze

      # How one group and several groups are called.
      WORDS = { class: %w[class classes], type: %w[type types], location: %w[place places],
                generation: %w[generation generations], gem: %w[gem gems] }.freeze

      # Raises ArgumentError for what it does not know, and for a negative +limit+.
      def initialize(snapshot, by, sort, limit)
        { by: [by, BY.keys], sort: [sort, SORTS] }.each do |name, (value, known)|
          next if known.include?(value)

          raise ArgumentError, "#{name}: is one of #{known.join(", ")}, not #{value.inspect}"
        end
        raise ArgumentError, "#{limit} is negative: give a number from 0 on" if limit&.negative?

        @snapshot = snapshot
        @by = by
        @sort = sort
        @limit = limit
      end

      # All objects, or those that a node dominates (Histogram).
      def all(below)
        histogram(*@snapshot.graph.groups(BY.fetch(@by), below&.id, *part), adds_up: false)
      end

      # The objects at the top of the dominator tree, or directly below a node (Histogram).
      def top(below, program)
        histogram(*@snapshot.graph.top_groups(BY.fetch(@by), below&.id, program, *part),
                  adds_up: true)
      end

      private

      # Of places all are needed to make gems.
      def part
        [SORTS.index(@sort), @by == :gem ? nil : @limit]
      end

      # What several groups retain is the sum of their retained sizes only if it +adds_up+.
      def histogram(total, rest, groups, adds_up:)
        rows = groups.map { |group| row(*group) }
        return gems(rows, adds_up) if @by == :gem

        objects, bytes, retained, *garbage = rest
        retained = nil unless adds_up
        Histogram.new(@by, rows, total,
                      rest_of(total - rows.size, objects, bytes, retained, *garbage))
      end

      # Makes a Row of one group of Graph#groups.
      def row(key, type, kind, largest, *figures)
        objects, bytes, retained, garbage, garbage_bytes = figures
        Row.new(*key_and_label(key, type, kind), objects, bytes, retained,
                largest && @snapshot.node(largest), garbage, garbage_bytes).freeze
      end

      # The sums of +number+ groups (Row), nil if there are none.
      def rest_of(number, objects, bytes, retained, *garbage)
        return if number.zero?

        label = "#{Terminal::Units.count(number)} smaller #{WORDS.fetch(@by)[number == 1 ? 0 : 1]}"
        Row.new(nil, label, objects, bytes, retained, nil, *garbage).freeze
      end

      def key_and_label(key, type, kind)
        case @by
        when :class
          klass = key && @snapshot.node(key)
          [klass&.name, ClassWords.label(klass, Node::TYPES.fetch(type), kind)]
        when :type then [Node::TYPES.fetch(key)] * 2
        when :generation then [key, key ? key.to_s : "(unknown)"]
        else of_place(@snapshot.place(key))
        end
      end

      def of_place(place)
        [place, place ? Places.short(place) : "(unknown)"]
      end

      def gems(rows, adds_up)
        gems = rows.group_by { |row| Places.gem_of(row.key) }
                   .map { |gem, places| sum(gem, places, adds_up) }
        order = { retained: %i[retained bytes objects], bytes: %i[bytes objects],
                  objects: %i[objects bytes] }.fetch(@sort)
        gems.sort_by! { |row| [*order.map { |figure| -row[figure].to_i }, row.label] }
        shown = @limit ? gems.first(@limit) : gems
        rest = sum(nil, gems.drop(shown.size), adds_up)
        Histogram.new(:gem, shown, gems.size,
                      rest_of(gems.size - shown.size, *rest.to_a.values_at(2..4, 6..7)))
      end

      # Puts rows together, as the places that lie in one gem.
      def sum(label, rows, adds_up)
        key = label unless label == Places.gem_of(nil)
        retained = rows.sum(&:retained) if adds_up
        Row.new(key, label, rows.sum(&:objects), rows.sum(&:bytes), retained,
                rows.filter_map(&:largest).max_by(&:memsize), rows.sum(&:garbage),
                rows.sum(&:garbage_bytes)).freeze
      end
    end
    private_constant :Grouping
  end
end

# frozen_string_literal: true

module HeapDump
  class BlockReport
    # What a block has allocated in a run, dead or alive. If there were several runs, each figure is
    # the median of theirs. Frozen.
    #
    #   report.allocated.objects                  # => 702114
    #   report.allocated.by(:class).first.to_h
    #   # => {key: "String", objects: 411002, bytes: 31457280, ages: [405210, 5000, 792]}
    class Allocated
      # How rows are grouped.
      BY = %i[gem file location method class].freeze

      # The sum of some objects. +key+ is what they have in common (String), +objects+ how many they
      # are, +bytes+ their sizes when they died or at the end, and +ages+ how many have lived for at
      # most one GC, for two, and for more (Array of Integer).
      Row = Struct.new(:key, :objects, :bytes, :ages)

      # Objects and bytes of all of them, and their ages.
      attr_reader :objects, :bytes, :ages
      # The same of what MRI has made for itself: environments of blocks, caches, code (Row).
      attr_reader :internal

      # +counted+ is what ext/heapdump/allocations has counted (Words.readable), +alive+ that only
      # what lives at the end is to be summed up.
      def initialize(counted, times, alive: false) # :nodoc:
        @counted = counted
        @times = times
        @alive = alive
        seen, hidden = counted[:cells].partition { |cell| !internal?(cell) }
        @cells = seen
        @objects, @bytes, @ages = sum(nil, seen).to_a.drop(1)
        @internal = sum("internal", hidden).freeze
        @by = BY.to_h { |by| [by, rows(by).freeze] }.freeze
        freeze
      end

      # The rows of one grouping (Array of Row), those with most bytes first: +:gem+ ("puma-6.4",
      # "ruby", "app"), +:file+, +:location+ ("app.rb:12"), +:method+ ("Cart#add") or +:class+.
      # Raises ArgumentError for another.
      #
      #   report.allocated.by(:location).first.key # => "/srv/app.rb:12"
      def by(grouping)
        @by[grouping] or
          raise ArgumentError, "by: must be one of #{BY.map(&:inspect).join(", ")}, " \
                               "not #{grouping.inspect}"
      end

      def inspect # :nodoc:
        "#<#{self.class} #{objects} objects #{bytes} bytes>"
      end

      private

      def internal?(cell)
        @counted[:classes].fetch(cell[2]).last
      end

      def rows(grouping)
        keys = Hash.new { |all, cell| all[cell] = key(grouping, *cell) }
        groups = @cells.group_by { |cell| keys[cell.values_at(1, 2)] }
        all = groups.map { |key, cells| sum(key, cells).freeze }.reject { |row| row.objects.zero? }
        all.sort_by { |row| [-row.bytes, -row.objects, row.key] }
      end

      def key(grouping, site, klass)
        return Words.of_class(@counted[:classes].fetch(klass).first) if grouping == :class

        path, line, method = Words.place(@counted, site)
        case grouping
        when :gem then Snapshot::Places.gem_of(path)
        when :file then path.empty? ? "(no file)" : path
        when :location then Words.location(path, line)
        else method || "(no method)"
        end
      end

      # Each figure is summed up for each run.
      def sum(key, cells)
        runs = cells.group_by(&:first).values
        objects, bytes = (@alive ? [8, 9] : [3, 4]).map { |at| median(runs, at) }
        Row.new(key, objects, bytes, @alive ? [] : [5, 6, 7].map { |at| median(runs, at) })
      end

      # A run without such an object has 0 of it.
      def median(runs, at)
        sums = runs.map { |cells| cells.sum { |cell| cell[at] } }
        Words.median(sums + Array.new(@times - sums.size, 0))
      end
    end
  end
end

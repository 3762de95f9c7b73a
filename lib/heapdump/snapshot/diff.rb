# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The difference between dumps of one process, in the order of time. Frozen, Enumerable: it
    # yields each Change, the one that grew most between the first and the last dump first.
    #
    #   diff = a.diff(b)
    #   diff.first # => #<struct …Change key="Session", label="Session", counts=[300, 700], …>
    #   diff.by    # => :class
    #
    # Objects are compared in groups, never by address: between two dumps the GC may have moved
    # objects and given their addresses to others.
    class Diff
      include Enumerable

      # A group: +counts+, +bytes+ and +retained+ (nil by gem) in each of the dumps (Arrays of
      # Integer).
      Change = Struct.new(:key, :label, :counts, :bytes, :retained) do
        # How many objects the last dump has more than the first (Integer).
        #
        #   change.count_change # => 400
        def count_change
          counts.last - counts.first
        end

        # How many bytes the last dump has more than the first (Integer).
        #
        #   change.bytes_change # => 16000
        def bytes_change
          bytes.last - bytes.first
        end

        # Whether each dump has more objects of the group than the dump before.
        #
        #   change.grows? # => true
        def grows?
          counts.each_cons(2).all? { |before, after| after > before }
        end
      end

      # The dumps (Array of Snapshot).
      attr_reader :snapshots
      # What they are grouped by (Symbol), as for Snapshot#histogram.
      attr_reader :by
      # The groups that differ (Array of Change).
      attr_reader :changes

      def initialize(snapshots, by) # :nodoc:
        @snapshots = snapshots.freeze
        @by = by
        @changes = compare(snapshots.map { |snapshot| histogram(snapshot) }).freeze
        freeze
      end

      # Yields each Change.
      #
      #   diff.select(&:grows?).first.label # => "Session"
      def each(&)
        changes.each(&)
      end

      # The number of live objects in each dump (Array of Integer).
      #
      #   diff.counts # => [18081, 19323]
      def counts
        snapshots.map { |snapshot| snapshot.graph.totals[0] }
      end

      # The sum of the sizes of the live objects in each dump, in bytes (Array of Integer).
      #
      #   diff.bytes # => [2751280, 3117396]
      def bytes
        snapshots.map { |snapshot| snapshot.graph.totals[1] }
      end

      private

      # So that all dumps together take no more memory than one.
      def histogram(snapshot)
        snapshot.histogram(by: by).tap { snapshot.graph.let_go }
      end

      # Groups with the same label become one. All anonymous classes get the same label, because
      # nothing else tells which of them is which in another dump.
      def compare(histograms)
        tables = histograms.map do |histogram|
          histogram.rows.group_by { |row| label(row) }
        end
        changes = tables.flat_map(&:keys).uniq.map do |label|
          change(label, tables.map { |table| table.fetch(label, []) })
        end
        changes.select { |one| one.counts.uniq.size > 1 || one.bytes.uniq.size > 1 }
               .sort_by { |one| [-one.bytes_change, -one.count_change, one.label] }
      end

      def label(row)
        row.label.sub(/\A\(anonymous class 0x\h+\)\z/, "(anonymous classes)")
      end

      def change(label, rows_by_dump)
        counts, bytes, retained = %i[objects bytes retained].map do |figure|
          rows_by_dump.map { |rows| rows.sum { |row| row[figure] || 0 } }.freeze
        end
        retained = nil if by == :gem
        Change.new(rows_by_dump.flatten.first.key, label, counts, bytes, retained).freeze
      end
    end
  end
end

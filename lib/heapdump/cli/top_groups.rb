# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  module CLI
    # The objects at the top of the dominator tree in groups, for the command `top`.
    module TopGroups
      private

      def groups(snapshot, node)
        histogram = work(snapshot) do
          snapshot.top_groups(by: @by, below: node, program: !@all, limit: limit)
        end
        json? ? groups_json(node, histogram) : show_groups(snapshot, node, histogram)
        CLI::OK
      end

      def show_groups(snapshot, node, histogram)
        all = node ? node.retained_size : snapshot.graph.totals[1]
        table = Terminal::Table.new(["retained", "share", "objects", "address", @by.to_s], right: 3)
        [*histogram, histogram.rest].compact.each do |row|
          table.row(bytes(row.retained), percent(row.retained, all), count(row.objects),
                    row.largest.to_s, row.label)
        end
        screen.table(table)
        not_traced unless histogram.known?
        besides(node || @all ? nil : Snapshot::Aside.of(snapshot))
      end

      def groups_json(node, histogram)
        rows = histogram.map do |row|
          { key: row.key, label: row.label, objects: row.objects, bytes: row.bytes,
            retained: row.retained, largest: row.largest.to_s }
        end
        rest = histogram.rest&.to_h&.slice(:label, :objects, :bytes, :retained)
        print_json(below: node && node_json(node), by: @by.to_s, total: histogram.total, rows: rows,
                   rest: rest)
      end
    end
  end
end

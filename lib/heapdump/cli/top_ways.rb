# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  module CLI
    # The objects of the program by how they are held, for the command `top`.
    module TopWays
      LISTED = 20_000 # so many are looked at; `rest` and the last line sum up the others
      private_constant :LISTED

      private

      def ways(snapshot, node)
        raise UsageError, "--by way is about the whole dump: give no address" if node

        ways = work(snapshot) { snapshot.ways(limit: [LISTED, limit].max, words: limit) }
        json? ? ways_json(ways) : show_ways(snapshot, ways)
        CLI::OK
      end

      def show_ways(snapshot, ways)
        screen.table(table_of(ways.first(limit), snapshot.graph.totals[1]))
        more([limit, ways.size].min, ways.size + ways.other.ways)
        screen.line([:dim, "besides: code and the VM's own #{bytes(ways.hidden.bytes)}"])
      end

      def table_of(ways, all)
        titles = ["retained", "share", "objects", "size", "class", "held by"]
        table = Terminal::Table.new(titles, right: 4)
        ways.each do |way|
          table.row(bytes(way.retained), percent(way.retained, all), count(way.objects),
                    bytes(way.bytes), short(way.class_name), short(way.holder))
        end
        table
      end

      def short(text)
        Snapshot::Describe.short(text)
      end

      def ways_json(ways)
        shown = ways.first(limit)
        print_json(below: nil, by: "way", total: ways.size + ways.other.ways,
                   rows: shown.map { |way| way_json(way) },
                   rest: { ways: ways.size - shown.size + ways.other.ways,
                           **sums([*ways.drop(shown.size), ways.other]) },
                   hidden: ways.hidden.to_h)
      end

      def sums(ways)
        { objects: ways.sum(&:objects), bytes: ways.sum(&:bytes) }
      end

      def way_json(way)
        { signature: way.signature, class: way.class_name, objects: way.objects, bytes: way.bytes,
          retained: way.retained, holder: way.holder, location: way.location, gem: way.gem,
          path: way.told, example: way.node.to_s }
      end
    end
  end
end

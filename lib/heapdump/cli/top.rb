# frozen_string_literal: true

require_relative "cell_tree"
require_relative "in_json"
require_relative "path_lines"
require_relative "reading"
require_relative "top_groups"
require_relative "top_ways"

module HeapDump
  module CLI
    # Shows the objects that retain most memory.
    class Top < Reading
      include InJSON
      include PathLines
      include TopGroups
      include TopWays

      usage "FILE [ADDRESS]"
      limit 20
      BY = %i[class type location generation gem way].freeze
      # 2: without --all, what is not the program's is left out, and what it dominates is shown
      # instead
      SCHEMA_VERSION = 2
      details <<~TEXT
        Of each object: the bytes that would be free if it were, as a share of all that lives. With an
        address, what that object retains. Constants are looked through: what a constant holds is
        shown here, not the class that has the constant. So are threads, code and the VM's own
        objects, which are one line, unless --all is given. With --cells, the whole tree is shown:
        objects of one class whose dominators are in one cell are one cell. With --by, the objects are
        grouped, and each group shows the sum of what its objects retain; with --by way, all objects of
        the program are, by the names that hold them.
      TEXT

      def call(file, address = nil)
        snapshot = open_snapshot(file)
        node = address && node_at(snapshot, address)
        return cells(snapshot, node) if @cells
        return ways(snapshot, node) if @by == :way
        return groups(snapshot, node) if @by

        rows, total = work(snapshot) { [*tree(snapshot, node, @depth)] }
        aside = node || @all ? nil : Snapshot::Aside.of(snapshot)
        json? ? json(rows, total, node, aside) : show(snapshot, rows, total, node, aside)
        OK
      end

      private

      def not_traced
        screen.line([:dim, NOT_TRACED])
      end

      def cells(snapshot, node)
        cells = work(snapshot) { snapshot.folded(below: node, limit: @cells) }
        tree = CellTree.new(cells)
        json? ? print_json(below: node && node_json(node), cells: tree.to_a) : show_cells(tree)
        OK
      end

      def show_cells(tree)
        table = Table.new(%w[retained share objects address object], right: 3)
        whole = nil
        tree.each do |cell, depth|
          whole ||= cell.retained
          table.row(bytes(cell.retained), percent(cell.retained, whole), count(cell.objects),
                    cell.node&.address ? cell.node.to_s : "", "#{"  " * depth}#{cell.label}")
        end
        screen.table(table)
      end

      def show(snapshot, rows, total, node, aside)
        all = node ? node.retained_size : snapshot.graph.totals[1]
        titles = %w[retained share objects address object]
        table = Table.new(node ? titles : [*titles, "held by"], right: 3)
        fill(table, rows, all, 0)
        screen.line([:bold, Describe.title(node)], "  retains #{bytes(all)}") if node
        screen.table(table)
        more(rows.size, total)
        besides(aside)
      end

      def besides(aside)
        screen.line([:dim, "besides: #{aside} (--all shows them)"]) if aside
      end

      # An object of the dominator tree, its path in words (nil below the first level), and the
      # largest of the objects that it dominates.
      Row = Struct.new(:node, :retained, :objects, :held_by, :children)
      private_constant :Row

      def options(parser)
        super
        @depth = 1
        number_option(parser, "--depth N", 1..20,
                      "so many levels of the tree, 1 to 20 (default 1)") { |n| @depth = n }
        parser.on("--by WORD", BY, "in groups, by #{BY.join(", ")}") { |word| @by = word }
        number_option(parser, "--cells N", 2..,
                      "the tree in N cells, 2 or more: by class, the largest, and the rest") do |n|
          @cells = n
        end
        parser.on("--all", "also threads, code, and the VM's own objects") { @all = true }
      end

      # The rows of one level. Below the first level fewer are shown: five for each object.
      def tree(snapshot, node, depth, most = limit)
        page = if node
                 snapshot.dominated(node, limit: most)
               else
                 snapshot.top(limit: most, program: !@all)
               end
        rows = page.map do |child|
          retained, objects = snapshot.graph.retained(child.id)
          Row.new(child, retained, objects, (held_by(snapshot, child) unless node),
                  depth > 1 ? tree(snapshot, child, depth - 1, [limit, 5].min).first : [])
        end
        [rows, page.total]
      end

      # The path in words, without the object itself, which is shown beside it.
      def held_by(snapshot, node)
        path = snapshot.path_to(node, around: AROUND) or return
        words = path.hops.flat_map { |hop| [*hop.words, Describe.node(hop.node)] }
        words = words[0...-1]
        return Describe.node(path.root) if words.empty?

        words[3...-2] = "…" if words.size > 6
        words.join(" → ")
      end

      def fill(table, rows, all, level)
        rows.each do |row|
          table.row(bytes(row.retained), percent(row.retained, all), count(row.objects),
                    row.node.to_s, "#{"  " * level}#{Describe.node(row.node)}", *row.held_by)
          fill(table, row.children, all, level + 1)
        end
      end

      def json(rows, total, node, aside)
        print_json(below: node && node_json(node), total: total,
                   top: rows.map { |row| row_json(row) }, besides: aside.to_h)
      end

      def row_json(row)
        below = row.children.map { |child| row_json(child) }
        { **node_json(row.node), retained: row.retained, retained_objects: row.objects,
                                 held_by: row.held_by, dominated: below }
      end
    end
  end
end

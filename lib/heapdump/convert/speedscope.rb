# frozen_string_literal: true

require "json"

module HeapDump
  module Convert
    # A flame graph of the dominator tree, for https://www.speedscope.app. Each box stands for the
    # objects of one class that have the same dominators; its width is their retained size.
    class Speedscope < Writer
      SCHEMA = "https://www.speedscope.app/file-format-schema.json"
      FINEST = 10_000 # a box smaller than 1 / FINEST of the heap is merged into its holder's

      # Writes to an IO.
      def write(out)
        out.puts(JSON.generate(file(cells)))
      end

      private

      Cell = Struct.new(:parent, :example, :objects, :bytes, :retained)

      # The cells that are large enough. What is smaller counts as their own.
      def cells
        found = @graph.folded(nil, @graph.totals[1] / FINEST, @graph.nodes)
        cells, rests = found.map { |cell| Cell.new(*cell) }.partition(&:example)
        rests.each { |rest| cells[rest.parent].bytes += rest.bytes }
        cells
      end

      def file(cells)
        frames = {}
        numbers = cells.map { |cell| frames[name(cell)] ||= frames.size }
        { "$schema" => SCHEMA, "name" => @snapshot.path, "activeProfileIndex" => 0,
          "exporter" => "heapdump #{VERSION}",
          "shared" => { "frames" => frames.keys.map { |name| { "name" => name } } },
          "profiles" => [profile(cells, numbers)] }
      end

      # A sample is the path from the root to a cell, and its weight is the size of the cell's own
      # objects. What is too small for a cell of its own below the root counts as the root's.
      def profile(cells, numbers)
        stacks = []
        cells.each_with_index do |cell, i|
          stacks << (i.zero? ? [] : [*stacks[cell.parent], numbers[i]])
        end
        stacks[0] = [numbers[0]]
        own = cells.each_index.select { |i| cells[i].bytes.positive? }
        { "type" => "sampled", "name" => "retained bytes", "unit" => "bytes", "startValue" => 0,
          "endValue" => own.sum { |i| cells[i].bytes },
          "samples" => stacks.values_at(*own), "weights" => own.map { |i| cells[i].bytes } }
      end

      # The name of a cell: the class of its objects, or the object itself if it is a root or the
      # only class or module in the cell.
      def name(cell)
        node = @snapshot.node(cell.example)
        return Snapshot::Describe.node(node) if node.root? || (cell.objects == 1 && node.name)

        Terminal::Text.safe(node.class_name || [node.type, node.kind].compact.join(" "))
      end
    end
  end
end

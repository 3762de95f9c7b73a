# frozen_string_literal: true

module HeapDump
  module Convert
    # The rows of the tables "threads" and "frames": threads and fibers, and what each is doing.
    module ThreadRows # :nodoc:
      KINDS = { "VM/thread" => "thread", "fiber" => "fiber" }.freeze
      DATA = Snapshot::Node::TYPES.index("DATA")
      private_constant :KINDS, :DATA

      module_function

      # An Array of [row of the thread, rows of its frames], without the number of the dump. Names
      # of threads are data of the program, so they are there with +values+ alone.
      def of(snapshot, values:)
        classes = classes(snapshot)
        return [] if classes.empty?

        _total, _bytes, numbers = snapshot.graph.find(type: DATA, classes: classes)
        nodes = numbers.sort.map { |number| snapshot.node(number) }
        nodes.select { |node| KINDS.key?(node.kind) }.map { |node| rows(snapshot, node, values) }
      end

      # A class has objects of one kind alone, so its largest object shows whether they are threads.
      def classes(snapshot)
        rows = snapshot.histogram(by: :class).select { |row| KINDS.key?(row.largest&.kind) }
        rows.filter_map { |row| row.largest.class_node&.id }.sort
      end

      def rows(snapshot, node, values)
        line = node.line
        frames = Array.try_convert(line["frames"]).to_a.grep(Hash)
        thread = [node.id, KINDS.fetch(node.kind), values ? line["thread_name"] : nil,
                  line["status"], line["main"] == true, frames.size]
        [thread, frames.each_with_index.map { |frame, at| frame(snapshot, node, frame, at) }]
      end

      # The innermost frame has position 0.
      def frame(snapshot, node, frame, position)
        receiver = frame["self"]
        receiver = nil unless receiver.is_a?(String) && receiver.match?(/\A0x\h{1,16}\z/)
        [node.id, position, frame["label"] || frame["method"], frame["file"], frame["line"],
         receiver && snapshot.graph.node_at(receiver.hex)]
      end
      private_class_method :classes, :rows, :frame
    end
    private_constant :ThreadRows
  end
end

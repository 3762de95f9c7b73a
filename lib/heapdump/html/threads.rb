# frozen_string_literal: true

module HeapDump
  module Html
    # Threads with their frames.
    class Threads < Section
      title "Threads"
      limit 50, "threads"
      template "threads"

      FRAMES = 30
      KIND = "VM/thread"
      private_constant :FRAMES, :KIND

      private

      # The live threads, those that retain most first (Array of Node). A class has objects of one
      # kind alone, so its largest object shows whether they are threads.
      def threads
        @threads ||= begin
          largest = subject.classes.rows.filter_map(&:largest)
          classes = largest.select { |node| node.kind == KIND }.filter_map(&:class_node)
          found = classes.flat_map { |node| of_class(node) }
          found.sort_by { |node| [-node.retained_size, node.id] }
        end
      end

      def of_class(node)
        _total, _bytes, numbers = snapshot.graph.find(classes: [node.id], reachable: true)
        numbers.map { |number| snapshot.node(number) }
      end

      def lead
        return "The dump has no threads." if threads.empty?

        "#{plural(threads.size, "thread")}. The innermost frame comes first: what a thread was " \
          "doing when the dump was taken."
      end

      def frames(node)
        list = node.field("frames", Array) || []
        list.grep(Hash)
      end

      def words(frame)
        name = frame["label"] || frame["method"] || "(unknown)"
        [name, Describe.place(frame)].compact.join(" ")
      end

      def left_out(frames)
        count(frames.size - FRAMES)
      end
    end
  end
end

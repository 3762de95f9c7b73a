# frozen_string_literal: true

module HeapDump
  module CLI
    # Threads that have ended, and that something holds with all that they hold: their values and
    # variables. They are no threads of the process any more, but objects of the program.
    #
    #   threads = EndedThreads.of(snapshot)
    #   threads.retained # => 2726297
    #   threads.to_s     # => "454 threads that have ended retain 2.6 MiB"
    class EndedThreads
      THREAD = "VM/thread"
      private_constant :THREAD

      # The threads (Array of Snapshot::Node).
      attr_reader :nodes

      # Those of a dump that are held. The classes of threads are those whose largest object is one.
      def self.of(snapshot)
        classes = snapshot.histogram(by: :class).filter_map do |row|
          row.largest.class_node&.id if row.largest&.kind == THREAD
        end
        return new(snapshot, []) if classes.empty?

        _total, _bytes, numbers = snapshot.graph.find(classes: classes, reachable: true)
        nodes = numbers.map { |number| snapshot.node(number) }
        new(snapshot, nodes.select { |node| node.kind == THREAD && node.brief["status"] == "dead" })
      end

      def initialize(snapshot, nodes) # :nodoc:
        @snapshot = snapshot
        @nodes = nodes
      end

      # Their retained size in bytes (Integer).
      def retained
        @retained ||= @snapshot.retained_size(nodes)
      end

      # The name of their class that `heapdump why` takes (String); nil if they have none.
      def class_name
        nodes.map(&:class_name).compact.tally.max_by(&:last)&.first
      end

      def to_s
        verb = nodes.size == 1 ? "that has ended retains" : "that have ended retain"
        "#{Terminal::Units.plural(nodes.size, "thread")} #{verb} #{Terminal::Units.bytes(retained)}"
      end

      def to_h
        { objects: nodes.size, retained: retained }
      end
    end
  end
end

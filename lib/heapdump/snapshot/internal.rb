# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the other classes of the reader ask a snapshot for.
    module Internal # :nodoc:
      # Tells where an object comes from: the application, a gem, Ruby or the VM (Origins).
      def origins
        @origins ||= Origins.new(self)
      end

      # Tells which classes and modules are still the constants of their names (Constants).
      def constants
        @constants ||= Constants.new(self)
      end

      # The node with a number (Node#id).
      def node(number)
        Node.new(self, number)
      end

      # The line of a node as a Hash.
      def line(number)
        @lines.whole(number)
      end

      # The line of a node without long texts and long lists: see Node#brief.
      def brief(number)
        @lines.brief(number)
      end

      # The line of a node as text, nil if it has no line.
      def text(number)
        graph.line(number)
      end
    end
    private_constant :Internal
  end
end

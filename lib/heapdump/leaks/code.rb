# frozen_string_literal: true

module HeapDump
  class Leaks
    # The code that belongs to an object: the block of a proc, the body of a method, what a thread
    # or fiber runs.
    module Code
      # The place where the code is written, as "file:line"; nil for an object that has no code.
      def self.place(node)
        code = of(node) or return
        file, line = code.line.values_at("file", "line")
        Snapshot::Places.of(file, line)
      end

      def self.of(node)
        case node.kind
        when "proc" then node
        when "ment" then node.related(node.line["proc"] || node.line["iseq"])
        when "VM/thread", "fiber"
          frame = (node.line["frames"] || []).reverse.find { |one| one["iseq"] }
          node.related(frame && frame["iseq"])
        end
      end
      private_class_method :of
    end
  end
end

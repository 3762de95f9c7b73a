# frozen_string_literal: true

module HeapDump
  module Convert
    # One row for each object (RFC 4180), after a row of titles. Unknown fields are empty.
    class Csv < Writer
      HEAD = %w[
        address type class name kind bytes retained reachable dominator location generation
      ].freeze

      # Writes to an IO.
      def write(out)
        out.puts(HEAD.join(","))
        each_object do |number, facts|
          out.puts(row(number, facts).map { |value| Terminal::Csv.field(value) }.join(","))
        end
      end

      private

      def row(number,
              (address, type, bytes, _flags, _class, class_name, word, location, generation))
        type = Snapshot::Node::TYPES.fetch(type)
        names = Snapshot::Node::NAMED.include?(type) ? [word, nil] : [nil, word]
        [address(address), type, class_name, *names, bytes, @graph.retained(number).first,
         @graph.reachable?(number), dominator(number), location, generation]
      end

      # Roots have no address.
      def dominator(number)
        above = @graph.dominator(number) or return
        address = @graph.node(above).first
        address.zero? ? nil : address(address)
      end
    end
  end
end

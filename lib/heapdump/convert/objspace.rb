# frozen_string_literal: true

require "json"

module HeapDump
  module Convert
    # What ObjectSpace.dump_all would have written: its words, and all references without names in
    # one list.
    class Objspace < Writer
      # Fields that are the same in both formats.
      SAME = %w[
        address type class slot_size frozen embedded shared fstring bytesize encoding value length
        size default struct imemo_type name superclass fd singleton
      ].freeze
      FLAGS = { "old" => "old", "pinned" => "pinned", "remembered" => "uncollectible" }.freeze
      ALLOCATION = %w[file line method generation].freeze

      # Structs of DATA whose file and line are the place of their code, not that of their
      # allocation.
      CODE = %w[proc binding method enumerator].freeze

      # Addresses as dump_all writes them, with a blank after each comma: some tools look for it.
      References = Struct.new(:addresses) do
        def to_json(*)
          "[#{addresses.map { |address| "\"#{address}\"" }.join(", ")}]"
        end
      end
      private_constant :References

      # Writes to an IO.
      def write(out)
        roots { |line| out.puts(line) }
        each_object do |number, _facts|
          line = @snapshot.line(number)
          out.puts(JSON.generate(object(number, line))) unless line.empty?
        end
      end

      private

      def roots
        (@graph.objects...(@graph.nodes - 1)).each do |number|
          root = @snapshot.node(number)
          yield JSON.generate({ "type" => "ROOT", "root" => root.kind,
                                "references" => References.new(references(number)) })
        end
      end

      def object(number, line)
        fields = line.slice(*SAME)
        fields.delete("value") unless %w[STRING SYMBOL].include?(line["type"])
        fields.delete("default") unless fields["default"].to_s.start_with?("0x")
        references = references(number)
        fields["references"] = References.new(references) unless references.empty?
        fields.merge!(line.slice(*ALLOCATION)) unless code?(line)
        fields["memsize"] = line["memsize"] if line["memsize"]
        flags = flags(line)
        fields["flags"] = flags unless flags.empty?
        fields
      end

      def code?(line)
        line["type"] == "IMEMO" || CODE.include?(line["struct"])
      end

      def flags(line)
        return line["flags"] if line["flags"]

        flags = { "wb_protected" => true }
        flags.clear if line["unprotected"]
        FLAGS.each { |ours, theirs| flags[theirs] = true if line[ours] }
        flags
      end

      # The addresses of all references, except the class, which has a field of its own, and weak
      # references.
      def references(number)
        addresses = []
        each_edge(number) do |edge, target|
          next if SKIPPED.include?(edge >> Snapshot::Edge::PAYLOAD_BITS)

          address = @graph.node(target).first
          addresses << address(address) unless address.zero?
        end
        addresses
      end

      SKIPPED = %i[class weak].map { |kind| Snapshot::Edge::KINDS.index(kind) }.freeze
      private_constant :SKIPPED
    end
  end
end

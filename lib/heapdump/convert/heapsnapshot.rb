# frozen_string_literal: true

require "json"
require_relative "heapsnapshot_ids"

module HeapDump
  module Convert
    # The format of V8's heap snapshots, as Chrome DevTools reads it: three flat lists of integers
    # (nodes, edges, and the fields of both), and one of strings.
    #
    # Readers treat some types in special ways. memlab looks into every "array", so Arrays are
    # written as "object". Objects are grouped by their name, but strings and closures by their
    # type, so the names of strings and closures show which one it is.
    class Heapsnapshot < Writer
      NODE_FIELDS = %w[type name id self_size edge_count trace_node_id detachedness].freeze
      NODE_TYPES = [
        "hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native",
        "synthetic", "concatenated string", "sliced string", "symbol", "bigint", "object shape"
      ].freeze
      EDGE_FIELDS = %w[type name_or_index to_node].freeze
      EDGE_TYPES = %w[context element property internal hidden shortcut weak].freeze

      # The types of V8 for types of Ruby; any other type becomes "object".
      TYPES = {
        "STRING" => "string", "REGEXP" => "regexp", "SYMBOL" => "symbol",
        "FLOAT" => "number", "BIGNUM" => "bigint", "RATIONAL" => "number", "COMPLEX" => "number",
        "DATA" => "native", "FILE" => "native", "IMEMO" => "hidden", "ICLASS" => "hidden",
        "ROOT" => "synthetic", "VIRTUAL_ROOT" => "synthetic", "MISSING" => "hidden"
      }.freeze
      CODE = { "proc" => "closure", "iseq" => "code", "ment" => "code" }.freeze
      # Types whose nodes are named by their content.
      CONTENTS = %w[STRING SYMBOL REGEXP FLOAT BIGNUM].freeze

      KINDS = {
        reference: "hidden", index: "element", captured: "context", weak: "weak",
        field: "internal", class: "internal", method: "internal", frame: "internal", key: "internal"
      }.freeze

      # Writes to an IO. The virtual root is the first node in this format, and the last one in the
      # graph.
      def write(out)
        @strings = {}
        @names = {}
        @ids = HeapsnapshotIds.new
        out << "{\"snapshot\":" << JSON.generate(head) << ",\n\"nodes\":["
        write_nodes(out)
        out << "],\n\"edges\":["
        write_edges(out)
        out << "],\n\"trace_function_infos\":[],\"trace_tree\":[],\"samples\":[]," \
               "\"locations\":[],\n\"strings\":["
        out << @strings.each_key.map { |text| JSON.generate(text) }.join(",\n") << "]}\n"
      end

      private

      def head
        { meta: { node_fields: NODE_FIELDS,
                  node_types: [NODE_TYPES, "string", *(["number"] * 5)],
                  edge_fields: EDGE_FIELDS,
                  edge_types: [EDGE_TYPES, "string_or_number", "node"],
                  trace_function_info_fields: [], trace_node_fields: [], sample_fields: [],
                  location_fields: [] },
          node_count: @graph.nodes, edge_count: edge_count, trace_function_count: 0 }
      end

      def edge_count
        (0...@graph.nodes).sum { |number| @graph.edges(number, 0, 0).first }
      end

      # Yields the number of the virtual root, then those of all other nodes.
      def each_number(&)
        root = @graph.nodes - 1
        yield root
        root.times(&)
      end

      def index_of(number)
        number == @graph.nodes - 1 ? 0 : number + 1
      end

      def write_nodes(out)
        each_number do |number|
          @done = number / 2
          address, type, bytes, _, _, class_name, word = @graph.node(number)
          type = Snapshot::Node::TYPES.fetch(type)
          out << (number == @graph.nodes - 1 ? "" : ",\n")
          out << NODE_TYPES.index(type_of(type, class_name, word)) << ","
          out << string(name(number, type, class_name, word)) << ","
          out << id(type, address, word) << ","
          out << bytes << "," << @graph.edges(number, 0, 0).first << ",0,0"
        end
      end

      def id(type, address, word)
        case type
        when "VIRTUAL_ROOT" then HeapsnapshotIds::VIRTUAL_ROOT
        when "ROOT" then @ids.of_root(word.to_s)
        else @ids.of_object(address)
        end
      end

      # The type of V8 for a node. Arrays and hashes without a class belong to the VM.
      def type_of(type, class_name, word)
        return CODE[word] if CODE.key?(word) && %w[DATA IMEMO].include?(type)
        return "hidden" if class_name.nil? && %w[ARRAY HASH OBJECT STRUCT].include?(type)

        TYPES.fetch(type, "object")
      end

      def name(number, type, class_name, word)
        case type
        when "CLASS", "MODULE" then "#{word || "(anonymous)"} (#{type.downcase})"
        when "ROOT" then "(#{word})"
        when "VIRTUAL_ROOT" then "(roots)"
        when *CONTENTS then content(number) || class_name || "(#{type})"
        else told(number, type, word) || class_name || "(#{[type, word].compact.join(" ")})"
        end
      end

      # The content as a name: long enough to distinguish strings, and no longer, because the reader
      # of this format holds all names in memory.
      def content(number)
        line = @snapshot.brief(number)
        value = Snapshot::Values.of(line)
        value = line["value"] if value.nil?
        value.nil? ? nil : Terminal::Text.valid(value.to_s)
      end

      # The name of a proc or of code: by its place, and for code by its label, too.
      def told(number, type, word)
        return unless CODE.key?(word) && %w[DATA IMEMO].include?(type)

        node = @snapshot.node(number)
        return Snapshot::Describe.node(node) unless word == "iseq"

        label = node.brief["label"]
        place = Snapshot::Describe.place(node.brief)
        label.is_a?(String) || place ? [*label, *place].join(" ") : nil
      end

      def write_edges(out)
        first = true
        each_number do |number|
          @done = (@graph.objects + number) / 2
          each_edge(number) do |edge, target|
            kind, name = edge_words(edge)
            out << (first ? "" : ",\n") << EDGE_TYPES.index(kind) << "," << name << ","
            out << (index_of(target) * NODE_FIELDS.size)
            first = false
          end
        end
      end

      # The type and name of an edge. There are few different names, so decoded ones are stored,
      # except indexes.
      def edge_words(number)
        return @names[number] if @names.key?(number)

        edge = Snapshot::Edge.decode(@snapshot, number)
        kind = KINDS.fetch(edge.kind, "property")
        return [kind, edge.name || 0] if kind == "element"
        return [kind, 0] if kind == "hidden"

        words = [kind, string(edge_name(edge))]
        %i[value_at key value_int].include?(edge.kind) ? words : @names[number] = words
      end

      def edge_name(edge)
        return "[…]" if edge.kind == :value_at

        [Snapshot::Describe.frame_of(edge), Snapshot::Describe.edge(edge)].compact.join(" ")
      end

      def string(text)
        @strings[text] ||= @strings.size
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Finds what an object holds by a name or index, for Node#[].
    class Inside # :nodoc:
      # Fields of a line that map names to values.
      NAMES = %w[
        ivars members constants class_variables variables locals fiber_locals methods
      ].freeze

      def initialize(node)
        @node = node
      end

      def [](name)
        value = raw(name)
        @node.related(value) || plain(value)
      end

      private

      # The value as it stands in the dump.
      def raw(name)
        case name
        when Integer then element(name) { entry(name) }
        when String, Symbol then named(name.to_s) { entry(name) }
        else raise ArgumentError, "a String, Symbol or Integer is needed, not #{name.inspect}"
        end
      end

      # Since Ruby 4.0 the variables of most objects stand in another object (the field "fields").
      def named(name, &)
        own = @node.related(@node.line["fields"])
        maps = [@node, *own].flat_map { |node| NAMES.map { |field| node.line[field] } }
        map = maps.find { |one| one.is_a?(Hash) && one.key?(name) }
        map ? map[name] : yield
      end

      # An array that shares the elements of another array has an offset: its elements begin there
      # in the other one.
      def element(index)
        line = @node.line
        shared = @node.related(line["shared_root"])
        elements = (shared ? shared.line : line)["elements"]
        return yield unless elements.is_a?(Array)
        return elements[index] unless shared

        length = line["length"].to_i
        index += length if index.negative?
        elements[line["offset"].to_i + index] if index.between?(0, length - 1)
      end

      def entry(key)
        entries = @node.line["entries"]
        return unless entries.is_a?(Array)

        pair = entries.find { |one| one.is_a?(Array) && same?(one.first, key) }
        pair && pair[1]
      end

      def same?(raw, key)
        return raw == ":#{key}" if key.is_a?(Symbol)
        return raw == key if key.is_a?(Integer)

        string = @node.related(raw)
        string&.type == "STRING" && Values.of(string.line)&.b == key.b
      end

      # A value that needs no object of its own; nil for text that is no value of Ruby.
      def plain(value)
        case value
        when String then value.start_with?(":") ? value[1..].to_sym : nil
        when Array, Hash then nil
        else value
        end
      end
    end
    private_constant :Inside
  end
end

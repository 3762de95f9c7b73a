# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Keys of hashes in words: `":id"`, `"\"name\""`, `"[\"2026\", 7]"`.
    module Keys
      ELEMENTS = 4 # an array with more elements is not shown by its elements
      COLUMNS = 20 # so many of a string in an array are shown

      class << self
        # A key in words, from the way it stands in the dump: `":id"` becomes ":id".
        def text(text)
          text = text.to_s
          text.start_with?('"') && text.end_with?('"') ? text[1..-2] : text.sub(/\Anull\z/, "nil")
        end

        # A key that is an object (Node), in words: a string shows its value, a short array its
        # elements, any other object what it is.
        def words(node)
          found = case node.type
                  when "STRING" then Describe.text(node.brief)
                  when "ARRAY" then elements(node) unless node.redacted?
                  end
          found || Describe.title(node)
        end

        private

        def elements(node)
          values = node.field("elements", Array)
          return unless values&.size&.between?(1, ELEMENTS)

          "[#{values.map { |value| element(node, value) }.join(", ")}]"
        end

        def element(node, value)
          object = node.related(value)
          return value.nil? ? "nil" : value.to_s unless object

          (Describe.text(object.brief, COLUMNS) if object.type == "STRING") || Describe.node(object)
        end
      end
    end
    private_constant :Keys
  end
end

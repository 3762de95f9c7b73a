# frozen_string_literal: true

module HeapDump
  module Testing
    # Finds the arrays, hashes and strings that may have more entries in a later dump, by the lines
    # of the dumps: what gathers there may be numbers, which are no objects, and may need no memory
    # yet.
    #
    #   Entries.changed("1.json", "2.json") # => {139709425891320 => 12}
    module Entries # :nodoc:
      LINE = /\A\{"address":"0x(\h+)","type":"(?:ARRAY|HASH|STRING)","class":
              [^\n]*?,"(?:length|size|bytesize)":(\d+)/x
      FIELDS = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze
      private_constant :LINE, :FIELDS

      class << self
        # How many entries (bytes of a string) those have in the later one of two dumps whose lines
        # are others there: by their addresses (Hash of Integer to Integer). The paths are those of
        # dumps that are not compressed.
        def changed(earlier, later)
          before = {}
          File.foreach(earlier, mode: "rb") { |line| before[line.hash] = true }
          File.foreach(later, mode: "rb").with_object({}) do |line, all|
            next if before[line.hash]

            found = LINE.match(line)
            all[found[1].hex] = found[2].to_i if found
          end
        end

        # How many an object (Node) has in its dump; nil if it is nothing of that kind.
        def of(node)
          field = FIELDS[node.type]
          field && node.field(field, Integer)
        end
      end
    end
  end
end

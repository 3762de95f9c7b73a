# frozen_string_literal: true

require "json"

module HeapDump
  module Testing
    # Finds the arrays, hashes and strings that may have more entries in a later dump, and what may
    # have more variables or constants, by the lines of the dumps: what gathers there may be
    # numbers, which are no objects, and may need no memory yet.
    #
    #   Entries.changed("1.json", "2.json") # => {139709425891320 => 12}
    module Entries # :nodoc:
      LINE = /\A\{"address":"0x(\h+)","type":"(?:ARRAY|HASH|STRING)","class":
              [^\n]*?,"(?:length|size|bytesize)":(\d+)/x
      FIELDS = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze
      NAMES = Leaks::BareNames::KINDS.values.map(&:first).freeze
      OWNER = /\A\{"address":"0x\h+","type":"(?:OBJECT|CLASS|MODULE|DATA)",[^\n]*
               "(?:#{Regexp.union(NAMES)})":\{/x
      private_constant :LINE, :FIELDS, :NAMES, :OWNER

      class << self
        # How many entries (bytes of a string, names of variables and constants) those have in the
        # later one of two dumps whose lines are others there: by their addresses (Hash of Integer
        # to Integer). The paths are those of dumps that are not compressed.
        def changed(earlier, later)
          before = {}
          File.foreach(earlier, mode: "rb") { |line| before[line.hash] = true }
          File.foreach(later, mode: "rb").with_object({}) do |line, all|
            next if before[line.hash]

            address, entries = of_line(line)
            all[address] = entries if address
          end
        end

        # How many an object (Node) has in its dump; nil if it is nothing of that kind.
        def of(node)
          field = FIELDS[node.type]
          return node.field(field, Integer) if field

          names { |name| node.field(name, Hash) } if Leaks::BareNames.owner?(node)
        end

        private

        def of_line(line)
          found = LINE.match(line)
          return [found[1].hex, found[2].to_i] if found
          return unless OWNER.match?(line)

          fields = JSON.parse(line)
          [fields["address"].hex, names { |name| fields[name] }]
        end

        # Of all kinds together.
        def names
          NAMES.sum { |name| (yield(name) || {}).size }
        end
      end
    end
  end
end

# frozen_string_literal: true

require "json"

module HeapDump
  module Terminal
    # JSON that may be shown on a terminal. JSON.generate escapes only what JSON itself requires,
    # and raises for text that is not UTF-8. So texts are made valid before, and harmful characters
    # are escaped after it.
    #
    #   Json.compact(name: "a\u202E") # => "{\"name\":\"a\\u202e\"}"
    module Json
      UNSEEN = /(?!\n)(?:#{Text::HARMFUL})/
      ESCAPE = ->(unit) { format("\\u%04x", unit) }
      private_constant :UNSEEN, :ESCAPE

      class << self
        # In many lines, for people.
        def pretty(value)
          escape(JSON.pretty_generate(valid(value)))
        end

        # In one line.
        def compact(value)
          escape(JSON.generate(valid(value)))
        end

        # In one line of ASCII alone, which every database can store.
        def ascii(value)
          JSON.generate(valid(value), ascii_only: true)
        end

        private

        def escape(text)
          text.gsub(UNSEEN) { |char| char.encode("UTF-16BE").unpack("n*").map(&ESCAPE).join }
        end

        def valid(value)
          case value
          when String then Text.valid(value)
          when Symbol then Text.valid(value.name)
          when Array then value.map { |one| valid(one) }
          when Hash then value.to_h { |key, one| [valid(key), valid(one)] }
          when Float then value.finite? ? value : nil # JSON has no other; 1e999 is read as one
          else value
          end
        end
      end
    end
  end
end

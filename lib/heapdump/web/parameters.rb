# frozen_string_literal: true

require "uri"

module HeapDump
  class Web
    # Reads the parameters of a question. What the question does not know, has twice or cannot mean
    # is refused.
    #
    #   kinds = { limit: Parameter.new(Kinds::Number.new(1..200), 50) }
    #   Parameters.new(kinds).read("limit=20") # => {limit: 20}
    class Parameters
      MOST = 4096 # bytes of a query
      # A kind of value (see Kinds), and what stands for a parameter that is not given.
      Parameter = Struct.new(:kind, :default, :required)

      # +known+ has a Parameter for each name (Hash by Symbol).
      def initialize(known)
        @known = known
      end

      # All parameters by name (Hash by Symbol). Raises Refusal.
      def read(query)
        given = pairs(query.to_s).to_h { |name, text| [name, value(name, text)] }
        @known.to_h { |name, known| [name, given.fetch(name) { absent(name, known) }] }
      end

      private

      def pairs(query)
        refuse(414, "query_too_long", "a query has at most #{MOST} bytes") if query.bytesize > MOST

        pairs = query.b.split("&").map { |pair| decode(pair) }
                     .map { |name, text| [known_name(name), text.to_s] }
        twice = pairs.map(&:first).tally.find { |_, count| count > 1 }
        refuse(400, "given_twice", "#{twice.first} is given more than once") if twice
        pairs
      end

      def decode(pair)
        parts = pair.split("=", 2).map { |part| URI.decode_www_form_component(part) }
        return parts if parts.all?(&:valid_encoding?)

        refuse(400, "bad_query", "the query is not UTF-8")
      rescue ArgumentError # a "%" without two digits
        refuse(400, "bad_query", "the query is no list of name=value")
      end

      def known_name(name)
        @known.keys.find { |one| one.to_s == name } or
          refuse(400, "unknown_parameter",
                 "there is no such parameter here; there are: #{@known.keys.join(", ")}")
      end

      def value(name, text)
        value = @known.fetch(name).kind.value(text)
        return value unless value.nil?

        refuse(400, "bad_value", "#{name} is #{@known.fetch(name).kind.words}")
      end

      def absent(name, known)
        return known.default unless known.required

        refuse(400, "lacks_parameter", "#{name} is needed: #{known.kind.words}")
      end

      def refuse(status, code, message)
        raise Refusal.new(status, code, message)
      end
    end
  end
end

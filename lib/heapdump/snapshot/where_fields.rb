# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # The conditions (Where) for which the line of an object has to be read: its length, and its
    # instance variables. As there may be many lines, they are not parsed: a name in quotes cannot
    # be a part of any text in a line, because quotes within texts are escaped.
    class WhereFields # :nodoc:
      # The field of a line that has the length, by type.
      LENGTHS = { "STRING" => "bytesize", "SYMBOL" => "bytesize", "ARRAY" => "length",
                  "HASH" => "size" }.freeze

      LENGTH = /"(?:#{LENGTHS.values.uniq.join("|")})":(\d+)/
      FIELDS = /"fields":"(0x\h{1,16})"/
      SCALAR = '("(?:[^"\\\\]|\\\\.)*"|[^",}\s]+)'
      WORDS = { "null" => nil, "true" => true, "false" => false }.freeze
      MISSING = Object.new.freeze
      private_constant :LENGTH, :FIELDS, :SCALAR, :WORDS, :MISSING

      # +conditions+ is an Array of Where::Condition. Raises NotFound if the dump does not have what
      # they need.
      def initialize(snapshot, conditions)
        @graph = snapshot.graph
        @lengths, @fields = conditions.partition { |condition| condition.subject == :length }
        @patterns = @fields.to_h do |condition|
          name = Regexp.escape(JSON.generate(condition.subject))
          [condition.subject, /#{name}:\s*#{SCALAR}/]
        end
        Values.check_contents(snapshot) if conditions.any?(&:text?)
        return unless @fields.any? && snapshot.tally[:objspace_format]

        raise NotFound, "#{snapshot.path} does not have the values of instance variables, as " \
                        "HeapDump.dump writes them: #{@fields.first.subject} is not known"
      end

      def any?
        @lengths.any? || @fields.any?
      end

      # The types of which an object has to be one (Array of String), nil if it may be of any.
      def types
        LENGTHS.keys if @lengths.any?
      end

      # What they are about, in words.
      def to_s
        [*@lengths, *@fields].map(&:subject).uniq.join(" and ")
      end

      # Whether an object, by the number of its node, meets all of them.
      def met?(number)
        lengths_met?(number) && fields_met?(number)
      end

      # The length of an object, by the number of its node, nil if it has none (Integer).
      def length(number)
        @graph.brief(number).to_s[LENGTH, 1]&.to_i
      end

      private

      def lengths_met?(number)
        return true if @lengths.empty?

        length = length(number) or return false
        @lengths.all? { |condition| related?(length, condition) }
      end

      def fields_met?(number)
        return true if @fields.empty?

        text = @graph.line(number) or return false
        other = nil
        @fields.all? do |condition|
          value = value_in(text, condition.subject)
          if value.equal?(MISSING)
            other ||= other_line(text)
            value = value_in(other, condition.subject)
          end
          !value.equal?(MISSING) && meets?(value, condition)
        end
      end

      # The line that has the instance variables of an object since Ruby 4.0, if its own does not.
      def other_line(text)
        number = text[FIELDS, 1]&.then { |address| @graph.node_at(address.hex) }
        (number && @graph.line(number)) || ""
      end

      # The value of an instance variable, as it stands in a line.
      def value_in(text, name)
        scalar = text[@patterns.fetch(name), 1] or return MISSING
        return WORDS[scalar] if WORDS.key?(scalar)
        return scalar.match?(/[.eE]/) ? scalar.to_f : scalar.to_i unless scalar.start_with?('"')

        scalar.include?("\\") ? JSON.parse(scalar) : scalar[1..-2]
      end

      # Whether such a value meets a condition.
      def meets?(value, condition)
        wanted = condition.value
        case condition.operator
        when "=" then same?(value, wanted)
        when "!=" then !same?(value, wanted)
        when "=~" then (text = text(value)) ? Values.matches?(text, wanted) : false
        when "!~" then (text = text(value)) ? !Values.matches?(text, wanted) : false
        else
          number = number(value)
          number ? related?(number, condition) : false
        end
      end

      def related?(number, condition)
        operator = condition.operator == "=" ? :== : condition.operator.to_sym
        number.public_send(operator, condition.value)
      end

      def same?(value, wanted)
        case wanted
        when Symbol then value == ":#{wanted}" || content(value, "SYMBOL") == wanted.name
        when String then content(value, "STRING")&.b == wanted.b
        when Where::Address then address?(value) && value.hex == wanted.text.hex
        when Numeric then number(value) == wanted
        else value.eql?(wanted)
        end
      end

      # A number, or that of a large one, which is an object.
      def number(value)
        return value if value.is_a?(Numeric)

        found = content(value, "BIGNUM", "FLOAT")
        return found if found.is_a?(Numeric)

        found.to_i if found.is_a?(String) && found.match?(/\A-?\d+\z/)
      end

      # The text of a symbol or string, nil for any other value.
      def text(value)
        return value[1..] if value.is_a?(String) && value.start_with?(":")

        content(value, "STRING", "SYMBOL")
      end

      def address?(value)
        value.is_a?(String) && value.start_with?("0x")
      end

      # The content of the object that a value refers to; nil if it is of another type, or if the
      # dump has only a part of the content.
      def content(value, *types)
        number = address?(value) ? @graph.node_at(value.hex) : nil
        line = Lines.parse(number && @graph.line(number))
        return unless types.include?(line["type"]) && !line["truncated"]

        Values.of(line) || line["value"]
      end
    end
  end
end

# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # The conditions (Where) for which the line of an object has to be read: its length, and its
    # instance variables.
    class WhereFields # :nodoc:
      # The field of a line that has the length, by type.
      LENGTHS = { "STRING" => "bytesize", "SYMBOL" => "bytesize", "ARRAY" => "length",
                  "HASH" => "size" }.freeze

      # +conditions+ is an Array of Where::Condition. Raises NotFound if the dump does not have what
      # they need.
      def initialize(snapshot, conditions)
        @snapshot = snapshot
        @lengths, @fields = conditions.partition { |condition| condition.subject == :length }
        @names = @fields.map { |condition| JSON.generate(condition.subject) }
        Values.check_contents(snapshot) if conditions.any?(&:text?)
        return unless @fields.any? && snapshot.tally[:objspace_format]

        raise NotFound, "#{snapshot.path} does not have the values of instance variables, as " \
                        "HeapDump.dump writes them: #{@fields.first.subject} is not known"
      end

      def any?
        @lengths.any? || @fields.any?
      end

      def lengths?
        @lengths.any?
      end

      # What they are about, in words.
      def to_s
        [*@lengths, *@fields].map(&:subject).uniq.join(" and ")
      end

      # Whether an object, by the number of its node, meets all of them.
      def met?(number)
        lengths_met?(number) && fields_met?(number)
      end

      private

      def lengths_met?(number)
        return true if @lengths.empty?

        text = @snapshot.graph.brief(number).to_s
        length = text[/"(?:bytesize|length|size)":(\d+)/, 1] or return false
        @lengths.all? { |condition| related?(length.to_i, condition) }
      end

      # Most lines are read only as far as to see that they do not have the variable.
      def fields_met?(number)
        return true if @fields.empty?

        text = @snapshot.text(number) or return false
        elsewhere = text.include?('"fields":"')
        return false unless elsewhere || @names.all? { |name| text.include?(name) }

        variables = variables(Lines.parse(text))
        @fields.all? do |condition|
          name = condition.subject
          variables.key?(name) && meets?(variables[name], condition)
        end
      end

      # The instance variables in a line (Hash). Since Ruby 4.0 those of most objects are in another
      # line (the field "fields").
      def variables(line)
        other = line["fields"].is_a?(String) ? at(line["fields"])&.line : nil
        [other, line].filter_map { |one| one && one["ivars"] }.grep(Hash).inject({}, :merge)
      end

      def at(address)
        @snapshot.object(address) if address.match?(/\A0x\h{1,16}\z/)
      end

      # Whether a value, as it stands in a line, meets a condition.
      def meets?(raw, condition)
        value = condition.value
        case condition.operator
        when "=" then same?(raw, value)
        when "!=" then !same?(raw, value)
        when "=~" then (text = text(raw)) ? Values.matches?(text, value) : false
        when "!~" then (text = text(raw)) ? !Values.matches?(text, value) : false
        else
          number = number(raw)
          number ? related?(number, condition) : false
        end
      end

      def related?(number, condition)
        operator = condition.operator == "=" ? :== : condition.operator.to_sym
        number.public_send(operator, condition.value)
      end

      def same?(raw, value)
        case value
        when Symbol then raw == ":#{value}" || symbol(raw) == value.name
        when String then string(raw)&.b == value.b
        when Where::Address then raw.is_a?(String) && raw.hex == value.text.hex
        when Numeric then number(raw) == value
        else raw.eql?(value)
        end
      end

      # A number as it stands in a line, or that of a large one, which is an object.
      def number(raw)
        return raw if raw.is_a?(Numeric)

        value = content(raw, "BIGNUM", "FLOAT")
        return value if value.is_a?(Numeric)

        value.to_i if value.is_a?(String) && value.match?(/\A-?\d+\z/)
      end

      def text(raw)
        raw.is_a?(String) && raw.start_with?(":") ? raw[1..] : string(raw) || symbol(raw)
      end

      def string(raw)
        content(raw, "STRING")
      end

      def symbol(raw)
        content(raw, "SYMBOL")
      end

      # The content of an object that a value refers to, nil if it is of no such type.
      def content(raw, *types)
        node = raw.is_a?(String) ? at(raw) : nil
        return unless node && types.include?(node.type)

        node.line["truncated"] ? nil : Values.of(node.line) || node.line["value"]
      end
    end
  end
end

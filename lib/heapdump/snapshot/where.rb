# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Conditions that cannot be read: see Snapshot#find (+where+). The message says at which
    # character, and what is expected there.
    #
    #   begin
    #     snapshot.find(where: "size > big")
    #   rescue HeapDump::Snapshot::InvalidCondition => e
    #     e.message  # => "where: a number (4096, 64k, 1M) is expected at character 8, not \"big\""
    #     e.position # => 8
    #   end
    class InvalidCondition < ArgumentError
      # The number of the character (Integer, from 1).
      attr_reader :position

      def initialize(message, position = nil) # :nodoc:
        super(message)
        @position = position
      end
    end

    # Reads conditions, as they are described at Snapshot#find. Nothing of the text is ever run.
    #
    #   Where.parse("class = Session and size > 1k").map(&:to_a)
    #   # => [[:class, "=", "Session"], [:size, ">", 1024]]
    class Where # :nodoc:
      # subject::  one of SUBJECTS, or the name of an instance variable (String)
      # operator:: "=", "!=", "<", "<=", ">", ">=", "=~" or "!~"
      # value::    the name of a class (String), the address of an object (Address), the number of
      #            a type or a flag, :sparse for a page, a place (String) for a proc, a number; for
      #            an instance variable any value that Conditions allow
      Condition = Struct.new(:subject, :operator, :value) do
        # Whether it is about an instance variable.
        def field?
          subject.is_a?(String)
        end

        # Whether the line of an object has to be read for it.
        def line?
          field? || subject == :length
        end

        # Whether the contents of strings are needed.
        def text?
          field? && (value.is_a?(String) || value.is_a?(Regexp))
        end
      end

      # The address of an object, as it stands in a line (String).
      Address = Struct.new(:text)

      # What may be asked, and what kind of value follows.
      SUBJECTS = { class: :name, is_a: :name, type: :type, size: :number, retained: :number,
                   length: :number, objects: :number,
                   flag: :flag, page: :page, proc: :place,
                   held_by: :object, holds: :object }.freeze

      MOST = 20 # conditions

      COMPARISONS = %w[< <= > >=].freeze
      OPERATORS = { name: %w[= !=], type: %w[= !=], flag: %w[= !=], page: %w[=], place: %w[=],
                    object: %w[= !=],
                    number: ["=", "!=", *COMPARISONS],
                    field: ["=", "!=", *COMPARISONS, "=~", "!~"] }.freeze
      OPERATOR = /==|!=|=~|!~|<=|>=|[=<>]/
      private_constant :COMPARISONS, :OPERATORS, :OPERATOR

      # Returns an Array of Condition, all of which must be met. Raises InvalidCondition, and
      # ArgumentError for anything but a String.
      def self.parse(text)
        raise ArgumentError, "where: is a String, not #{text.inspect}" unless text.is_a?(String)

        new(text).conditions
      end

      def initialize(text)
        @values = WhereValues.new(text)
      end

      def conditions
        found = [condition]
        until @values.ended?
          @values.scan(/and(?=\s|\z)/) or @values.fault('"and"')
          @values.fault("the end after #{MOST} conditions") if found.size == MOST
          found << condition
        end
        found
      end

      private

      def condition
        subject, kind = subject_and_kind
        operator = operator(subject, OPERATORS.fetch(kind))
        value = kind == :field ? field_value(operator) : @values.public_send(kind)
        @values.fault("a space or the end") unless @values.between?
        Condition.new(subject, operator, value).freeze
      end

      def subject_and_kind
        name = @values.scan(/@(?!\d)#{WhereValues::PART}+/o) and return [name, :field]
        word = @values.scan(/(?:#{SUBJECTS.keys.join("|")})(?!\p{Word})/o) or
          @values.fault("#{SUBJECTS.keys.join(", ")} or the name of an instance variable (@state)")
        [word.to_sym, SUBJECTS.fetch(word.to_sym)]
      end

      def operator(subject, allowed)
        operator = @values.check(OPERATOR)&.sub("==", "=")
        @values.fault("#{allowed.join(" ")} after #{subject}") unless allowed.include?(operator)
        @values.scan(OPERATOR)
        operator
      end

      def field_value(operator)
        return @values.regexp if operator.end_with?("~")

        COMPARISONS.include?(operator) ? @values.plain_number : @values.any
      end
    end
  end
end

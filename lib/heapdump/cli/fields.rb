# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # The fields in the line of an object, except its references, in words.
    #
    #   Fields.new(node, limit: 20, offset: 0).rows # => [["ivars @number", "17"], …]
    class Fields
      Describe = Snapshot::Describe
      LONG = 100 # columns of a text
      LIST = 256 # the most items of a list in a brief line

      # Fields that `show` shows elsewhere: beside the object, or with its references.
      TOLD = %w[
        address type class class_name name references memsize generation struct imemo_type frozen
        old flags length size constant_locations attached singleton call_caches
      ].freeze
      PLACE = %w[file line method].freeze
      TEXTS = %w[value value_base64].freeze
      private_constant :LONG, :LIST, :TOLD, :PLACE, :TEXTS

      def initialize(node, limit:, offset:)
        @node = node
        @limit = limit
        @offset = offset
      end

      # Array of [name, words].
      def rows
        told = @node.location ? TOLD + PLACE : TOLD
        fields = line.except(*told).reject { |name, value| no_line?(name, value) }
        fields.flat_map { |name, value| rows_of(name, value) }
      end

      private

      def line
        @line ||= @limit + @offset > LIST ? @node.line : @node.brief
      end

      # Code of a whole file has line 0, which is none.
      def no_line?(name, value)
        name == "line" && value.eql?(0)
      end

      def rows_of(name, value)
        case value
        when Hash then page(name, value.reject { |_, one| reference?(one) })
        when Array then page(name, items(value))
        when String then reference?(value) ? [] : text(name, value)
        else [[name, words(value)]]
        end
      end

      # The items of a list that are no references, each as "[3]" and its value. (References are
      # shown with the references of the object.)
      def items(value)
        value.each_with_index.filter_map do |one, i|
          ["[#{i}]", one] unless reference?(one.is_a?(Array) ? one.last : one)
        end
      end

      def page(name, pairs)
        shown = pairs.drop(@offset).first(@limit)
        rows = shown.map { |key, one| ["#{name} #{key}", words(one)] }
        left = pairs.size - @offset - shown.size
        return rows unless left.positive?

        cut = line.equal?(@node.line) ? "" : " or more"
        rows << [name, "… #{Terminal::Units.count(left)}#{cut} (--offset #{@offset + @limit})"]
      end

      # A text, unless the words of the object show all of it already.
      def text(name, value)
        return [[name, words(value)]] unless TEXTS.include?(name) && value.is_a?(String)

        long = Describe.text(@node.brief, LONG)
        long == Describe.text(@node.brief) ? [] : [[name, long]]
      end

      def reference?(value)
        value.is_a?(String) && value.match?(/\A0x\h+\z/)
      end

      def words(value)
        case value
        when Array then value.map { |item| words(item) }.join(" => ")
        when Hash then frame(value)
        else Describe.value(@node, value)
        end
      end

      # A frame of a thread or fiber in one line; its variables are shown with the references.
      def frame(frame)
        receiver = frame["self"]
        [frame["label"] || frame["method"], Describe.place(frame),
         receiver.is_a?(String) ? "of #{words(receiver)}" : nil].compact.join(" ")
      end
    end
  end
end

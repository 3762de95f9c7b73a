# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Finds strings, symbols and regexps by their content, which is not in memory but in the file.
    class Values # :nodoc:
      # Characters that a line contains exactly as the string does. The longest run of them is
      # searched for first.
      PLAIN = /[\p{Alnum} _.,:;=@#-]+/

      def initialize(snapshot)
        @snapshot = snapshot
      end

      # As Snapshot#find; +wanted+ is a String or a Regexp.
      def find(wanted, type, classes, min_size, limit)
        unless wanted.is_a?(String) || wanted.is_a?(Regexp)
          raise ArgumentError, "value: is a String or a Regexp, not #{wanted.inspect}"
        end

        [min_size, limit].each { |number| check_number(number) }
        check_contents
        matching = @snapshot.graph.texts_with(needle(wanted)).filter_map do |number|
          node = @snapshot.node(number)
          node if fits?(node, type, classes, min_size) && contains?(node.line, wanted)
        end
        Page.new(matching.sort_by { |node| [-node.retained_size, node.id] }.first(limit),
                 matching.size)
      end

      # The content in the line of a string (String); nil if the dump does not have it.
      def self.of(line)
        return line["value"] if line["value"].is_a?(String)

        base64 = line["value_base64"]
        base64.is_a?(String) ? base64.unpack1("m").force_encoding(Encoding::BINARY) : nil
      end

      private

      # As the reader in C does for all other searches.
      def check_number(number)
        return unless number.is_a?(Numeric) && number.negative?

        raise ArgumentError, "#{number} is negative: give a number from 0 on"
      end

      # Raises NotFound if the dump has no contents: to answer that nothing was found would be
      # wrong.
      def check_contents
        kept = @snapshot.header["strings"]
        return unless %w[none hash].include?(kept)

        raise NotFound, "#{@snapshot.path} has no contents of strings (strings: :#{kept}): none " \
                        "can be found by its value; take a dump with strings: :full"
      end

      def needle(wanted)
        return "".b unless wanted.is_a?(String)

        wanted.dup.force_encoding(Encoding::UTF_8).scrub("\0").scan(PLAIN).max_by(&:bytesize).to_s.b
      end

      def fits?(node, type, classes, min_size)
        (type.nil? || node.type == Node::TYPES[type]) && node.memsize >= min_size &&
          (classes.nil? || classes.include?(node.class_node&.id))
      end

      def contains?(line, wanted)
        value = Values.of(line) or return false
        return value.b.include?(wanted.b) if wanted.is_a?(String)

        value.encoding == Encoding::BINARY && wanted.fixed_encoding? ? false : value.match?(wanted)
      end
    end
  end
end

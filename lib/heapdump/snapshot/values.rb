# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Finds strings, symbols and regexps by their content, which is not in memory but in the file.
    class Values # :nodoc:
      # Characters that a line contains exactly as the string does. The longest run of them is
      # searched for first.
      PLAIN = /[\p{Alnum} _.,:;=@#-]+/

      # +wanted+ is a String or a Regexp. Raises ArgumentError for anything else. Raises NotFound if
      # the dump has no contents: to answer that nothing was found would be wrong.
      def initialize(snapshot, wanted)
        unless wanted.is_a?(String) || wanted.is_a?(Regexp)
          raise ArgumentError, "value: is a String or a Regexp, not #{wanted.inspect}"
        end

        Values.check_pattern(wanted) if wanted.is_a?(Regexp)
        @snapshot = snapshot
        @wanted = wanted
        Values.check_contents(snapshot)
      rescue RegexpError => e
        raise ArgumentError, "value: #{e.message}"
      end

      # Raises RegexpError for a Regexp that cannot be matched with all texts, and returns any
      # other: for texts with other characters than ASCII Ruby translates it once more, and finds
      # some of its errors only then.
      def self.check_pattern(regexp)
        "\u00e9".match?(regexp)
        regexp
      end

      # Raises NotFound if a dump has no contents of strings.
      def self.check_contents(snapshot)
        kept = snapshot.header["strings"]
        return unless %w[none hash].include?(kept)

        raise NotFound, "#{snapshot.path} has no contents of strings (strings: :#{kept}): none " \
                        "can be found by its value; take a dump with strings: :full"
      end

      # The numbers of all nodes that may match, in ascending order.
      def candidates
        @snapshot.graph.texts_with(needle)
      end

      # Whether the content in a line is what is wanted.
      def match?(line)
        value = Values.of(line) or return false
        @wanted.is_a?(String) ? value.b.include?(@wanted.b) : Values.matches?(value, @wanted)
      end

      # Whether a content matches a Regexp. Raises Error if that takes longer than Regexp.timeout.
      def self.matches?(value, regexp)
        return false if value.encoding == Encoding::BINARY && regexp.fixed_encoding?

        value.valid_encoding? && value.match?(regexp)
      rescue RegexpError => e
        raise Error, "the regular expression was given up: #{e.message}"
      end

      # The content in the line of a string (String); nil if the dump does not have it.
      def self.of(line)
        return line["value"] if line["value"].is_a?(String)

        base64 = line["value_base64"]
        base64.is_a?(String) ? base64.unpack1("m").force_encoding(Encoding::BINARY) : nil
      end

      private

      def needle
        return "".b unless @wanted.is_a?(String)

        @wanted.dup.force_encoding(Encoding::UTF_8).scrub("\0").scan(PLAIN).max_by(&:bytesize).to_s.b
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Terminal
    # Text from a heap is written by strangers. Before it is shown, whatever could move the cursor,
    # change colours, or show other letters than there are is spelled out.
    #
    #   Text.safe("a\e[31mb\u202E") # => "a\\e[31mb\\u202E"
    module Text
      # Control characters (C0, DEL, C1), line separators, and what changes the direction of writing
      # or is not seen at all. The joiners U+200C and U+200D stay: scripts and emoji need them.
      HARMFUL = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]|
                 [\u{E0000}-\u{E007F}]/x
      SHORT = { "\n" => "\\n", "\r" => "\\r", "\t" => "\\t", "\e" => "\\e", "\0" => "\\0" }.freeze

      # Characters that take two columns, and those that take none.
      WIDE = /\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Emoji_Presentation}|
              [\u3000-\u3004\u3008-\u3020\uFF01-\uFF60\uFFE0-\uFFE6]/x
      NARROWEST = /\p{Mn}|\p{Me}|[\u200C\u200D]/

      module_function

      # The text with everything harmful spelled out, as valid UTF-8. Doing it twice does no more.
      def safe(text)
        text = valid(text.to_s)
        text.match?(HARMFUL) ? text.gsub(HARMFUL) { |char| SHORT[char] || spell(char) } : text
      end

      # The text as valid UTF-8, other bytes spelled out.
      def valid(text)
        text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace) unless utf8?(text)
        text = text.dup.force_encoding(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
        text.scrub { |bytes| bytes.unpack("C*").map { |byte| format("\\x%02X", byte) }.join }
      end

      # How many columns of a terminal the text takes.
      def width(text)
        return text.size if text.ascii_only?

        text.size + text.scan(WIDE).size - text.scan(NARROWEST).size
      end

      # The text in at most so many columns; what was cut is marked by "…". +keep+ is the part that
      # matters more, :start or :end.
      def cut(text, columns, keep: :start)
        return text if width(text) <= columns
        return "" if columns < 1

        chars = keep == :end ? text.each_grapheme_cluster.reverse_each : text.each_grapheme_cluster
        room = columns - 1
        kept = chars.take_while { |char| (room -= width(char)) >= 0 }
        keep == :end ? "…#{kept.reverse.join}" : "#{kept.join}…"
      end

      # Filled up with blanks to so many columns; +align+ is :left or :right.
      def pad(text, columns, align = :left)
        blanks = " " * [columns - width(text), 0].max
        align == :right ? blanks + text : text + blanks
      end

      # The first characters of a longer text in quotes, for showing a string's value.
      def quote(text, columns = 60)
        "\"#{cut(safe(text), columns)}\""
      end

      class << self
        private

        def utf8?(text)
          [Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY].include?(text.encoding)
        end

        def spell(char)
          format(char.ord > 0xFFFF ? "\\u{%X}" : "\\u%04X", char.ord)
        end
      end
    end
  end
end

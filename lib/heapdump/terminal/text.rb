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
      # Bytes that are looked at for each column that is shown: marks of writing take none.
      BYTES = 32
      private_constant :BYTES

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
      # matters more: :start, :end, or :middle for both of them.
      def cut(text, columns, keep: :start)
        near = rough(text, columns, keep)
        return text if near.equal?(text) && width(text) <= columns
        return "" if columns < 1

        chars = near.grapheme_clusters
        right = { start: 0, middle: (columns - 1) / 2, end: columns - 1 }.fetch(keep)
        tail = fitting(chars.reverse_each, right).reverse
        "#{fitting(chars, columns - 1 - right).join}…#{tail.join}"
      end

      # A text from a heap in at most so many columns, and harmless. However long it is, no more of
      # it is looked at than can be seen.
      def short(text, columns, keep: :middle)
        cut(safe(rough(text.to_s, columns, keep)), columns, keep: keep)
      end

      # Filled up with blanks to so many columns; +align+ is :left or :right.
      def pad(text, columns, align = :left)
        blanks = " " * [columns - width(text), 0].max
        align == :right ? blanks + text : text + blanks
      end

      # The first characters of a longer text in quotes, for showing a string's value.
      def quote(text, columns = 60)
        "\"#{short(text, columns, keep: :start)}\""
      end

      class << self
        private

        # What may be seen of a text in so many columns, and some more: the text itself where it is
        # not much longer, else its ends with "…" between them. Ends are those of characters.
        def rough(text, columns, keep)
          most = (columns + 1) * BYTES
          return text if text.bytesize <= 2 * most

          first = keep == :end ? "" : text.byteslice(0, boundary(text, most))
          last = keep == :start ? "" : text.byteslice(boundary(text, text.bytesize - most)..)
          "#{valid(first)}…#{valid(last)}"
        end

        # Where a character begins, there or shortly before. Bytes of texts that are not in UTF-8
        # are told from those of others by their encoding alone; four fit all.
        def boundary(text, at)
          return at - (at % 4) unless utf8?(text)

          3.times { at -= 1 if text.getbyte(at) & 0xC0 == 0x80 }
          at
        end

        # The first of these that fit into so many columns.
        def fitting(chars, room)
          chars.take_while { |char| (room -= width(char)) >= 0 }
        end

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

# frozen_string_literal: true

module HeapDump
  module Terminal
    # Text from a heap was written by strangers. Before it is shown, every character that could move
    # the cursor, change colours or disguise the text is spelled out.
    #
    #   Text.safe("a\e[31mb\u202E") # => "a\\e[31mb\\u202E"
    module Text
      # Control characters (C0, DEL, C1), line separators, and characters that are invisible or
      # change the direction of writing. The joiners U+200C and U+200D are allowed, because scripts
      # and emoji need them.
      HARMFUL = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]|
                 [\u{E0000}-\u{E007F}]/x
      SHORT = { "\n" => "\\n", "\r" => "\\r", "\t" => "\\t", "\e" => "\\e", "\0" => "\\0" }.freeze

      # Characters that take two columns, and characters that take none.
      WIDE = /\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Emoji_Presentation}|
              [\u3000-\u3004\u3008-\u3020\uFF01-\uFF60\uFFE0-\uFFE6]/x
      NARROWEST = /\p{Mn}|\p{Me}|[\u200C\u200D]/
      # How many bytes are looked at for each column that is shown: several characters may share a
      # column, because some marks take none.
      BYTES = 32
      # Where a text may go on in the next line.
      BREAK = /(?<=\S) +(?=\S)(?!(?:[KMGTPE]i)?B\b|%)/
      private_constant :BYTES, :BREAK

      module_function

      # The text with every harmful character spelled out, as valid UTF-8. Applied twice, it changes
      # nothing more.
      def safe(text)
        text = valid(text.to_s)
        text.match?(HARMFUL) ? text.gsub(HARMFUL) { |char| SHORT[char] || spell(char) } : text
      end

      # The text as valid UTF-8; all other bytes are spelled out. Its bytes are taken for UTF-8
      # whatever encoding it names: to convert them Ruby would load a converter, which the handler
      # of a signal must not do, and for some encodings there is none.
      def valid(text)
        text = text.dup.force_encoding(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
        text.scrub { |bytes| bytes.unpack("C*").map { |byte| format("\\x%02X", byte) }.join }
      end

      # How many columns of a terminal the text takes.
      def width(text)
        return text.size if text.ascii_only?

        text.size + text.scan(WIDE).size - text.scan(NARROWEST).size
      end

      # The text in at most +columns+ columns; "…" marks what was cut. +keep+ is the part that
      # matters more: :start, :end, or :middle, which means both ends.
      def cut(text, columns, keep: :start)
        near = rough(text, columns, keep)
        return text if near.equal?(text) && width(text) <= columns
        return "" if columns < 1

        chars = near.grapheme_clusters
        right = { start: 0, middle: (columns - 1) / 2, end: columns - 1 }.fetch(keep)
        tail = fitting(chars.reverse_each, right).reverse
        "#{fitting(chars, columns - 1 - right).join}…#{tail.join}"
      end

      # The text in lines of at most +columns+ columns, which begin with words. A word that is wider
      # is cut in the middle. A number and its unit stay together.
      def wrap(text, columns)
        return [text] if width(text) <= columns

        text.split(BREAK).each_with_object([]) do |word, lines|
          word = cut(word, columns, keep: :middle)
          if lines.any? && width(lines.last) + 1 + width(word) <= columns
            lines[-1] += " #{word}"
          else
            lines << word
          end
        end
      end

      # A text from a heap in at most +columns+ columns, made harmless. However long the text is,
      # only as much of it is looked at as can be seen.
      def short(text, columns, keep: :middle)
        cut(safe(rough(text.to_s, columns, keep)), columns, keep: keep)
      end

      # The text with blanks added up to +columns+ columns; +align+ is :left or :right.
      def pad(text, columns, align = :left)
        blanks = " " * [columns - width(text), 0].max
        align == :right ? blanks + text : text + blanks
      end

      # The text, or the beginning of a longer one, in quotes, to show the value of a string.
      def quote(text, columns = 60)
        "\"#{short(text, columns, keep: :start)}\""
      end

      # A name with its article: "an Object", "a User".
      def with_article(name)
        "#{name.start_with?("A", "E", "I", "O", "a", "e", "i", "o") ? "an" : "a"} #{name}"
      end

      class << self
        private

        # The part of a text that may be seen in so many columns, and a little more: the text itself
        # if it is not much longer, else its two ends with "…" between them. No character is cut in
        # two.
        def rough(text, columns, keep)
          most = (columns + 1) * BYTES
          return text if text.bytesize <= 2 * most

          first = keep == :end ? "" : text.byteslice(0, boundary(text, most))
          last = keep == :start ? "" : text.byteslice(boundary(text, text.bytesize - most)..)
          "#{valid(first)}…#{valid(last)}"
        end

        # The position where a character begins, at +at+ or shortly before.
        def boundary(text, at)
          3.times { at -= 1 if text.getbyte(at) & 0xC0 == 0x80 }
          at
        end

        # The first characters that fit into +room+ columns.
        def fitting(chars, room)
          chars.take_while { |char| (room -= width(char)) >= 0 }
        end

        def spell(char)
          format(char.ord > 0xFFFF ? "\\u{%X}" : "\\u%04X", char.ord)
        end
      end
    end
  end
end

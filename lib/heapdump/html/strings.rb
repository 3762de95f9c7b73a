# frozen_string_literal: true

module HeapDump
  module Html
    # Strings of which there are several.
    class Strings < Section
      title "Equal strings"
      limit 100, "texts"
      template "strings"

      SHOWN = 60 # columns of a content
      private_constant :SHOWN

      private

      def duplicates
        @duplicates ||= snapshot.duplicate_strings(limit: self.class.limit)
      end

      def lead
        return "The dump has no contents to compare." if unknown?

        "#{plural(duplicates.strings, "string")} live. #{count(duplicates.copies)} of them are " \
          "copies of #{plural(duplicates.contents, "text")}: one of each would save " \
          "#{bytes(duplicates.wasted)}."
      end

      def unknown?
        duplicates.compared.zero? && duplicates.strings.positive?
      end

      def strings_table
        table("Equal strings", *columns) do |table|
          shown = duplicates.first(limit)
          shown.each { |one| table.row(*cells(one)) }
          rest(table, shown)
        end
      end

      def columns
        [Table::NAME["text", subject.values? ? "its content" : "its length: contents are hidden"],
         Table::NUMBER["saved", "if there was one copy"],
         Table::NUMBER["copies", "how many there are"],
         Table::TEXT["held by", "most of a sample of the copies"],
         Table::WORD["command", "shows one of them"]]
      end

      def cells(one)
        [text(one), bytes(one.wasted), count(one.copies), one.held_by,
         command("show", one.example.to_s)]
      end

      # The content, or its length if it is hidden or not in the dump.
      def text(one)
        return Terminal::Text.quote(one.value, SHOWN) if one.value

        size = one.example.field("bytesize", Integer)
        size ? "a text of #{bytes(size)}" : "a text"
      end

      def rest(table, shown)
        left_out = duplicates.contents - shown.size
        return unless left_out.positive?

        table.rest("#{plural(left_out, "text")} of which less would be saved",
                   bytes(duplicates.wasted - shown.sum(&:wasted)),
                   count(duplicates.copies - shown.sum(&:copies)), "", "")
      end
    end
  end
end

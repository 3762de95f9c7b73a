# frozen_string_literal: true

require "erb"

module HeapDump
  module Html
    # Text that is HTML already. Whatever else is put into a page is escaped, and this is the only
    # place that does it:
    #
    #   Markup.of("<b>")              # => "&lt;b&gt;"
    #   Markup.of(Markup.new("<br>")) # => "<br>"
    #
    # Names in a heap are written by strangers. So a text is made valid UTF-8, its control
    # characters and those that change the direction of writing are spelled out, and the middle of a
    # long one is left out.
    class Markup < String
      MOST = 1_000 # characters of one text
      NAME = 120 # characters of a name
      private_constant :MOST

      # A value as markup. Markup stays as it is, and nil is nothing.
      def self.of(value)
        return value if value.is_a?(Markup)

        new(ERB::Util.html_escape(Terminal::Text.safe(short(value.to_s))))
      end

      # A text without the middle if it is long; its length stands there instead.
      #
      #   Markup.short("x" * 10_000, 6) # => "xxx… (10,000 characters) …xxx"
      def self.short(text, most = MOST)
        text = Terminal::Text.valid(text)
        return text if text.size <= most

        length = Terminal::Units.count(text.size)
        "#{text[0, most / 2]}… (#{length} characters) …#{text[-(most / 2)..]}"
      end

      # The name of a class, a gem, a dump.
      def self.name(text)
        short(text.to_s, NAME)
      end

      # ERB asks for it, and String#to_s would make a String of it.
      def to_s
        self
      end
    end
  end
end

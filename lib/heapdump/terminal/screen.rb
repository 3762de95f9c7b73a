# frozen_string_literal: true

module HeapDump
  module Terminal
    # The output of a command. It makes every text harmless, and uses colours only if the output is
    # a terminal and NO_COLOR is not set.
    #
    #   screen = Screen.new($stdout)
    #   screen.heading("Classes")
    #   screen.line("held by ", [:bold, "Registry"])  # text, or [style, text]
    class Screen
      STYLES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" }.freeze

      # The number of columns of the terminal; nil if the output is no terminal, so that lines may
      # have any length.
      attr_reader :columns

      def initialize(out, environment = ENV)
        @out = out
        tty = out.respond_to?(:tty?) && out.tty?
        @columns = columns_of(out) if tty
        @colour = tty && environment["NO_COLOR"].to_s.empty? && environment["TERM"] != "dumb"
      end

      # One line of spans: a String, or [style, String].
      def line(*spans)
        @begun = true
        @out.puts(paint(spans))
      end

      def blank
        @out.puts
      end

      # A line that begins a part of the output, with an empty line before it.
      def heading(text, note = nil)
        blank if @begun
        line([:bold, text], *(note && [[:dim, "  #{note}"]]))
      end

      # An aligned table (Table).
      def table(table)
        table.each_line(columns) { |spans| line(*spans) }
      end

      private

      def paint(spans)
        spans.map do |span|
          style, text = span.is_a?(Array) ? span : [nil, span]
          text = Text.safe(text)
          style && @colour && !text.empty? ? "\e[#{STYLES.fetch(style)}m#{text}\e[0m" : text
        end.join
      end

      def columns_of(out)
        require "io/console"
        columns = out.winsize.last
        columns >= 20 ? columns : nil
      rescue SystemCallError, NoMethodError
        nil
      end
    end
  end
end

# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  module CLI
    # Numbers as the commands that read dumps show them.
    module Figures
      private

      def bytes(number)
        number ? Terminal::Units.bytes(number) : "-"
      end

      def count(number)
        number ? Terminal::Units.count(number) : "-"
      end

      def percent(part, whole)
        Terminal::Units.percent(part, whole)
      end

      # A line that says how many entries a list leaves out.
      def more(shown, total, option = "--limit")
        return unless total > shown

        screen.line([:dim, "… #{count(total - shown)} more (#{option} #{total} shows all)"])
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Terminal
    # Tables for spreadsheets (RFC 4180).
    module Csv
      module_function

      # Quotes a field. A text that a spreadsheet would take for a formula gets an apostrophe in
      # front.
      #
      #   Csv.field("=1+1, or so") # => "\"'=1+1, or so\""
      def field(value)
        text = value.to_s
        text = "'#{text}" if text.match?(/\A[=+@\t\r-]/)
        text.match?(/[",\r\n]/) ? "\"#{text.gsub('"', '""')}\"" : text
      end
    end
  end
end

# frozen_string_literal: true

require_relative "html_file"
require_relative "reading"

module HeapDump
  module CLI
    # Writes a report about one dump, or about several of one process, as a page for a browser.
    class Report < Reading
      include HtmlFile

      usage "FILE [LATER …] or DIRECTORY -o FILE.html"
      details <<~TEXT
        One HTML file that needs nothing else, for those who have no heapdump: what leaks, if three
        dumps or more of one process are given (two show what grew), else what keeps most memory; with
        paths, the memory of the process, a picture of what is retained, and lists. It has 1 MiB at
        most, loads nothing, and is readable without a script and on paper.

        It does not show values: contents of strings, keys of hashes that are data, numbers, names of
        threads, arguments of the program, the host, home folders. --values shows them all.

        What stands in FILE of -o is replaced with --force alone, and once all is written.
      TEXT

      def call(first, *others)
        files = [first, *others]
        raise UsageError, "say where to: -o report.html, which a browser shows" unless html

        check_html(files)
        written = write_html(files.map { |file| open_snapshot(file) })
        json? ? print_json(written.to_h) : screen.line(written.words)
        OK
      end

      private

      def options(parser)
        super
        html_options(parser, "-o", "--output FILE", "where the report goes")
      end
    end
  end
end

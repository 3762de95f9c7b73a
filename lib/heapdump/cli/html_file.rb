# frozen_string_literal: true

require_relative "output_file"

module HeapDump
  module CLI
    # For commands that write a report: `heapdump report`, and others with --html.
    module HtmlFile
      # A report that is written: its path, its size in bytes, and whether it shows values.
      Written = Struct.new(:path, :bytes, :open) do
        def words
          shown = if open
                    "it shows values of the process, so keep it as safe as the dumps"
                  else
                    "values are hidden (--values shows them)"
                  end
          "#{path}: #{Terminal::Units.bytes(bytes)}, to be opened in a browser; #{shown}"
        end

        def to_h
          { report: path, bytes: bytes, values: open }
        end
      end

      # Where a report goes.
      class Destination
        def initialize(path, force)
          @path = path
          @file = OutputFile.new(path, force: force)
        end

        # +inputs+ are the paths of the dumps.
        def check(inputs)
          if @path == "-"
            raise UsageError, "a report is a page for a browser, not for a terminal or a pipe; " \
                              "give the name of a file: report.html"
          end
          inputs.each { |input| @file.check(input) }
        end

        def write(page)
          @file.write { |io| io.write(page) }
        end
      end
      private_constant :Destination

      private

      # The option that takes the name of the file, and those that belong to it.
      def html_options(parser, *option)
        parser.on(*option) { |path| @html = path }
        parser.on("--values", "let the report show contents of strings, and all",
                  "else that is data") { @values = true }
        parser.on("--force", "replace the file of the report if it is there") { @force = true }
      end

      # Where the report goes (Destination), nil if none is asked for.
      def html
        Destination.new(@html, @force || false) if @html
      end

      # Finds what is wrong before dumps are read.
      def check_html(files)
        check_most(files)
        html.check(files)
      end

      # Writes the report beside what a command shows. Standard error says so, because standard
      # output may be JSON.
      def tell_html(snapshots)
        err.puts Terminal::Text.safe("heapdump: #{write_html(snapshots).words}")
      end

      # Writes the report about these dumps. Returns a Written.
      def write_html(snapshots)
        require_relative "../html"
        shown = @values ? snapshots : snapshots.map(&:redacted)
        page = work(*snapshots) { Html::Report.new(shown).to_s }
        html.write(page)
        Written.new(@html, page.bytesize, @values || false)
      end
    end
  end
end

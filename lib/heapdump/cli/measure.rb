# frozen_string_literal: true

require_relative "command"
require_relative "figures"
require_relative "html_file"
require_relative "measure_options"
require_relative "require_lines"
require_relative "../measure"

module HeapDump
  module CLI
    # Runs a Rack or Rails application, and says what it costs to load it, what a request allocates,
    # or what grows over many.
    class Measure < Command
      include Figures
      include HtmlFile
      include MeasureOptions
      include RequireLines

      usage "requires|request|growth [DIRECTORY]"
      limit 60
      details <<~TEXT
        DIRECTORY is that of the application (default: this one). Nothing has to be in it but
        config.ru or config/environment.rb, and its bundle; heapdump need not be in that. The
        application runs in a process of its own, and what it prints is shown only if it fails.

        requires: what each required file adds to resident memory, together with all that it
        requires first, and what it leaves of objects when all is loaded (objects and bytes; the code
        itself is among them); and the same by gem, without what other gems add. The application is
        loaded --count times for the memory (3; the median counts), and once for the objects.

        request: what one request allocates and leaves behind, as HeapDump.report says it: --count
        requests (3) after --warmup others (3), medians.

        growth: --dumps dumps (4) with --count requests (100) between them, after --warmup requests
        (100), and the verdict of `heapdump leaks` on them. --fail-on as there. --dir keeps the
        dumps, for `heapdump ui` and others.

        The environment is that of --env, RAILS_ENV or RACK_ENV, else production: in development,
        code is loaded again and again. If Rails would find no secret_key_base, it gets one.
        Requests come from here as if by HTTPS, without a server. An answer other than 2xx ends the
        measurement, unless --status says that it is right.
      TEXT

      def call(what, directory = ".")
        check_what(what)
        @app = HeapDump::Measure::App.new(directory, @environment)
        html&.check([])
        send("measure_#{what}")
      rescue HeapDump::Measure::Failed => e
        show_output(e.output)
        raise
      end

      private

      def measure_requires
        require_relative "../html" if html
        found = HeapDump::Measure::Requires.of(@app, boots: @count || 3, timeout: @timeout)
        json? ? print_json(json_of_requires(found)) : show_requires(found)
        tell_page(Html::RequiresPage.new(found, title_of_requires).to_s) if html
        OK
      end

      def measure_request
        answer = child.ask(what: :report, label: words, count: @count || 3, warmup: @warmup || 3,
                           html: !html.nil?, **request)
        return_text(answer)
        tell_page(answer[:html]) if html
        OK
      end

      def return_text(answer)
        return out.puts(answer[:json]) if json?

        answer[:text].each_line(chomp: true) { |line| screen.line(line) }
      end

      def measure_growth
        require_relative "measure_verdict"
        in_directory do |directory|
          paths = Array.new(@dumps) { |at| File.join(directory, "#{at + 1}.json") }
          check_free(paths)
          answer = child.ask(what: :growth, dumps: paths, count: @count || 100,
                             warmup: @warmup || 100, **request)
          verdict(answer[:seconds]).run([*paths, *passed_on])
        end
      end

      def verdict(seconds)
        sent = (@count || 100) * (@dumps - 1)
        MeasureVerdict.new(out: out, err: err, kept: !@directory.nil?, request: words,
                           sent: sent, warmup: @warmup || 100, seconds: seconds)
      end

      # Dumps that nobody wants to keep are removed.
      def in_directory(&)
        return yield(File.absolute_path(@directory)) if @directory

        require "tmpdir"
        Dir.mktmpdir("heapdump-measure", &)
      end

      def check_free(paths)
        directory = File.dirname(paths.first)
        raise Error, "there is no directory #{directory} (--dir)" unless File.directory?(directory)

        taken = paths.find { |path| File.exist?(path) } or return
        raise Error, "#{taken} is there already; give an empty directory with --dir"
      end

      def child
        HeapDump::Measure::Child.new(@app, timeout: @timeout)
      end

      def tell_page(page)
        html.write(page)
        written = Written.new(@html, page.bytesize, false)
        words = "#{written.path}: #{bytes(written.bytes)}, to be opened in a browser"
        err.puts Terminal::Text.safe("heapdump: #{words}")
      end

      def show_output(lines)
        return if lines.empty?

        err.puts "heapdump: the application has printed at last:"
        lines.each { |line| err.puts Terminal::Text.safe("  #{Terminal::Text.valid(line)}") }
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module CLI
    # The options of `heapdump measure`.
    module MeasureOptions
      WHATS = %w[requires request growth].freeze
      # Options that not each of them has.
      ONLY = { cut: %w[requires], dumps: %w[growth], dir: %w[growth], fail_on: %w[growth],
               path: %w[request growth], method: %w[request growth], warmup: %w[request growth],
               header: %w[request growth], body: %w[request growth],
               status: %w[request growth] }.freeze
      private_constant :WHATS, :ONLY

      def initialize(**)
        super
        @given = []
        @path = "/"
        @method = "GET"
        @headers = {}
        @gates = []
        @timeout = 600
        @dumps = 4
        @cut = 300 << 10
      end

      private

      def options(parser)
        request_options(parser)
        number_option(parser, "--count N", 1..100_000, "how often, see above") { |n| @count = n }
        number_option(parser, "--warmup N", 0..100_000, "requests before that") do |n|
          @warmup = note(:warmup, n)
        end
        parser.on("--env NAME", "the environment (default: RAILS_ENV, RACK_ENV,",
                  "production)") do |name|
          @environment = name
        end
        parser.on("--cut SIZE", "files that add less are left out (64k, 1M …;",
                  "default 300k)") do |text|
          @cut = note(:cut, given_size(text))
        end
        growth_options(parser)
        number_option(parser, "--timeout SECONDS", 1..86_400,
                      "for one process of the application (default 600)") { |n| @timeout = n }
        parser.on("-o", "--output FILE.html", "a page for a browser, too") { |path| @html = path }
        parser.on("--force", "replace that file if it is there") { @force = true }
      end

      def request_options(parser)
        parser.on("--path PATH", "what is asked for, with its query (default /)") do |path|
          @path = note(:path, checked_path(path))
        end
        parser.on("--method METHOD", "default GET") do |name|
          raise OptionParser::InvalidArgument, name unless name.match?(/\A[A-Za-z]{1,20}\z/)

          @method = note(:method, name.upcase)
        end
        parser.on("--header 'NAME: VALUE'", "of each request, as Cookie; may be repeated") do |text|
          add_header(text)
        end
        parser.on("--body TEXT", "of each request") { |text| @body = note(:body, text) }
        number_option(parser, "--status CODE", 100..999,
                      "the status that is right (default: 200 to 299)") do |code|
          @status = note(:status, code)
        end
      end

      def growth_options(parser)
        number_option(parser, "--dumps N", 2..32, "for growth (default 4)") do |n|
          @dumps = note(:dumps, n)
        end
        parser.on("--dir DIRECTORY", "keep the dumps there") do |path|
          @directory = note(:dir, path)
        end
        parser.on("--fail-on CONDITION", "exit status 2 if a leak meets it, as in",
                  "`heapdump leaks`; may be repeated") do |text|
          @gates << note(:fail_on, text)
        end
      end

      def note(option, value)
        @given << option
        value
      end

      def checked_path(path)
        return path if path.match?(%r{\A/[!-~]*\z})

        raise OptionParser::InvalidArgument, "#{path} (as /cart?id=1; other characters as %20)"
      end

      def add_header(text)
        name, value = text.split(":", 2)
        unless value && name.match?(/\A[\w-]+\z/) && !value.match?(/[\r\n\0]/)
          raise OptionParser::InvalidArgument, "#{text} (as 'Accept: text/html')"
        end

        key = name.upcase.tr("-", "_")
        key = "HTTP_#{key}" unless %w[CONTENT_TYPE CONTENT_LENGTH].include?(key)
        @headers[note(:header, key)] = value.strip
      end

      def check_what(what)
        unless WHATS.include?(what)
          raise UsageError, "there is no measure #{what.inspect}, only #{WHATS.join(", ")}; #{hint}"
        end

        wrong = @given.find { |option| !ONLY.fetch(option).include?(what) } or return
        raise UsageError, "--#{wrong.to_s.tr("_", "-")} is not for #{what}; #{hint}"
      end

      # What the process of the application is told about each request.
      def request
        { path: @path, method: @method, headers: @headers, body: @body, status: @status }
      end

      def words
        "#{@method} #{@path}"
      end

      # Options for the verdict.
      def passed_on
        [*@gates.flat_map { |gate| ["--fail-on", gate] }, "--no-index", *("--json" if json?),
         *(["--limit", limit.to_s] unless limit == self.class.limit),
         *(["--html", @html] if @html), *("--force" if @force)]
      end
    end
  end
end

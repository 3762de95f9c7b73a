# frozen_string_literal: true

require "optparse"

module HeapDump
  module CLI
    # What all commands have in common: options, help, and JSON output. A subclass declares its
    # arguments and options, and its #call returns the exit status.
    #
    #   class Top < Command
    #     usage "FILE"
    #     limit 20                                  # it has the option --limit, default 20
    #     details "Sizes are retained sizes."       # a paragraph at the end of its help
    #
    #     def options(parser)
    #       parser.on("--class NAME", "only objects of this class") { |name| @class_name = name }
    #     end
    #
    #     def call(file)                            # wrong numbers of arguments are reported
    #       json? ? print_json(top: rows(file)) : rows(file).each { |row| out.puts row }
    #       OK
    #     end
    #   end
    class Command
      # A number that becomes greater when a field of the JSON output changes its meaning or is
      # removed. A command whose output has changed so has its own.
      SCHEMA_VERSION = 1
      SIZES = { "" => 1, "k" => 1 << 10, "m" => 1 << 20, "g" => 1 << 30 }.freeze
      private_constant :SIZES

      class << self
        # What follows the command's name in its usage line.
        def usage(text = nil)
          text ? @usage = text : @usage
        end

        # The default of --limit; a command that does not set it has no such option.
        def limit(number = nil)
          number ? @limit = number : @limit
        end

        def details(text = nil)
          text ? @details = text : @details
        end

        def command_name
          name.split("::").last.downcase
        end

        def help
          new.parser.help
        end
      end

      def initialize(out: $stdout, err: $stderr)
        @out = out
        @err = err
        @json = false
        @limit = self.class.limit
      end

      # Parses the arguments and calls the command. Returns the exit status.
      def run(arguments)
        rest = parser.permute(arguments.map { |text| text.valid_encoding? ? text : text.b })
        return CLI::OK if @helped

        rest = arguments(rest)
        check_number(rest)
        call(*rest)
      rescue OptionParser::ParseError => e
        raise UsageError, "#{without_breaks(e)}#{right_ones(e)}; #{hint}"
      end

      def parser
        OptionParser.new do |parser|
          parser.banner = "Usage: heapdump #{self.class.command_name} #{self.class.usage} [options]"
          parser.separator("\n#{COMMANDS.fetch(self.class.command_name)}\n\n")
          options(parser)
          common_options(parser)
          parser.separator("\n#{self.class.details}") if self.class.details
          parser.separator("\n#{examples}") if EXAMPLES.key?(self.class.command_name)
        end
      end

      private

      attr_reader :out, :err, :limit

      def json?
        @json
      end

      # Overridden by commands with options of their own.
      def options(parser); end

      # Overridden by commands that replace arguments, as directories by the dumps in them.
      def arguments(rest)
        rest
      end

      def examples
        lines = EXAMPLES.fetch(self.class.command_name).map do |line, words|
          "  heapdump #{line}\n      #{words}\n"
        end
        "Examples:\n\n#{lines.join}"
      end

      # OptionParser puts its guesses on lines of their own, without dashes.
      def without_breaks(error)
        message, *guesses = error.message.sub("Did you mean?", "").split(/\s*\n\s*/)
        return message if guesses.empty?

        options = guesses.map { |name| name.size == 1 ? "-#{name}" : "--#{name}" }
        "#{message} (did you mean #{options.join(" or ")}?)"
      end

      # What an option takes, in the words of its help, for the message about a wrong value.
      def right_ones(error)
        name = error.args.first.to_s[/\A--([\w-]+)/, 1]
        switch = name && parser.top.long[name]
        switch&.arg ? "; --#{name} takes: #{switch.desc.join(" ")}" : ""
      end

      # An option with an Integer from a range, which its help names in +words+ (one text for each
      # line). Yields the number.
      def number_option(parser, option, range, *words)
        parser.on(option, Integer, *words) do |number|
          raise OptionParser::InvalidArgument, number.to_s unless range.cover?(number)

          yield countable(number)
        end
      end

      # The bytes that an option says (Integer).
      def given_size(text)
        match = text.match(/\A(\d+)([kmg]?)(?:i?b)?\z/i) or
          raise OptionParser::InvalidArgument, "#{text} (as 4096, 64k or 1M)"

        countable(match[1].to_i * SIZES.fetch(match[2].downcase))
      end

      # Returns a number, unless it is larger than the reader in C can count.
      def countable(number)
        return number if number.bit_length < 64

        raise OptionParser::InvalidArgument, "#{number} (a number below 2^63)"
      end

      def common_options(parser)
        if self.class.limit
          number_option(parser, "--limit N", 0..,
                        "at most N entries, 0 or more (default #{limit})") { |n| @limit = n }
        end
        parser.on("--json", "machine-readable output") { @json = true }
        parser.on("-h", "--help", "this text") do
          out.puts(parser.help)
          @helped = true
        end
      end

      def print_json(fields)
        out.puts(Terminal::Json.pretty({ schema_version: self.class::SCHEMA_VERSION, **fields }))
      end

      def screen
        @screen ||= Terminal::Screen.new(out)
      end

      def check_number(arguments)
        parameters = method(:call).parameters.map(&:first)
        least = parameters.count(:req)
        most = parameters.include?(:rest) ? arguments.size : least + parameters.count(:opt)
        return if arguments.size.between?(least, most)

        raise UsageError, "wrong number of arguments; #{hint}"
      end

      def hint
        "usage: heapdump #{self.class.command_name} #{self.class.usage} " \
          "(`heapdump help #{self.class.command_name}` says more)"
      end
    end
  end
end

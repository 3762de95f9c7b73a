# frozen_string_literal: true

require_relative "version"
require_relative "errors"
require_relative "extension"
require_relative "terminal"

module HeapDump
  # The command `heapdump`. A command NAME is the class CLI::Name in lib/heapdump/cli/NAME.rb, which
  # is loaded when the command is called. No command loads the dumper into this process, but
  # `doctor --container`, which asks it for the room on a disk.
  #
  #   require "heapdump/cli"
  #   HeapDump::CLI.run(["take", "4711", "-o", "heap.json"]) # => 0
  module CLI
    # Exit status: the command succeeded.
    OK = 0
    # Exit status: the command failed; standard error says why.
    ERROR = 1
    # Exit status: a leak meets a condition of --fail-on.
    GATE_FAILED = 2
    # Exit status: the command line is wrong.
    USAGE = 64
    # Exit status: interrupted; the same as after SIGINT.
    INTERRUPTED = 130
    # Exit status: the reader of the output has closed it; the same as after SIGPIPE.
    NO_READER = 141

    # Of the folder of a debug image, whose extensions are those for processes alone.
    WITHOUT_READER = "this copy has no reader, as in a debug image: read dumps where the gem is " \
                     "installed"
    private_constant :WITHOUT_READER

    # The command line is wrong; the message says what is wrong and what it should be.
    class UsageError < Error; end # :nodoc:

    autoload :Command, "#{__dir__}/cli/command"
    autoload :EXAMPLES, "#{__dir__}/cli/examples"

    # Every command and its description in `heapdump --help`, in the order of that help.
    COMMANDS = {
      "take" => "a dump of a running process: by its signal handler, else by ptrace or gdb",
      "count" => "the objects of a running process, by type and class",
      "doctor" => "which way will work for a process, and what its container allows",
      "ship" => "dumps of a directory to another place, as to S3, as they come",
      "summary" => "what the heap is made of: memory, types, classes, places, strings",
      "top" => "the objects that retain most memory",
      "why" => "who holds an object, or the objects of a class",
      "show" => "one object: its fields, references and referrers",
      "find" => "objects by class, type, content or size",
      "strings" => "strings that are there several times, and who holds them",
      "procs" => "places with many procs, as callbacks added again and again, and their holders",
      "diff" => "what grew between dumps",
      "leaks" => "what leaks, by several dumps of a process, and who holds it",
      "trends" => "how processes develop over many dumps: what is static, fills up, or leaks",
      "report" => "one HTML file to hand on: what leaks or is large, and who holds it",
      "ui" => "dumps in a browser, from a server on this machine",
      "measure" => "a Rack or Rails app: memory by require, objects of a request, growth",
      "ask" => "dumps of processes of a fleet, and what has become of them",
      "notes" => "what watched processes used until they ended, minute by minute",
      "fleet" => "many dumps of many processes in a database, and what leaks in them",
      "verify" => "whether a dump is whole and valid",
      "convert" => "a dump for other tools"
    }.freeze
    COMMANDS.each_key { |name| autoload name.capitalize, "#{__dir__}/cli/#{name}" }

    class << self
      # Runs a command line (an Array of Strings) and returns the exit status (Integer). The output
      # of the command goes to +out+, errors go to +err+ (IOs), one line each. A wrong command line
      # or a damaged dump raises nothing.
      #
      #   HeapDump::CLI.run(["frob"]) # => 64
      #   # heapdump: there is no command "frob"; `heapdump --help` lists them
      def run(argv, out: $stdout, err: $stderr)
        status = dispatch(argv, out, err)
        out.flush
        status
      rescue UsageError, Error => e
        err.puts "heapdump: #{one_line(e.message)}"
        e.is_a?(UsageError) ? USAGE : ERROR
      rescue Interrupt
        INTERRUPTED
      rescue Errno::EPIPE
        NO_READER
      rescue SystemCallError => e
        err.puts "heapdump: #{one_line(Terminal::Trouble.sentence(e))}"
        ERROR
      rescue IOError, NoMemoryError => e
        err.puts "heapdump: #{one_line(e.message)}"
        ERROR
      rescue LoadError => e
        raise unless e.path == Extension.path("heapgraph")

        err.puts "heapdump: #{WITHOUT_READER}"
        ERROR
      end

      # The class of a command.
      def command(name) # :nodoc:
        return const_get(name.capitalize) if COMMANDS.key?(name)

        raise UsageError, "there is no command #{name.inspect}#{guess(name)}; " \
                          "`heapdump --help` lists them"
      end

      private

      def dispatch(argv, out, err)
        name, *arguments = argv
        case name
        when nil then raise UsageError, "give a command; `heapdump --help` lists them"
        when "--version" then out.puts("heapdump #{VERSION}")
        when "--help", "-h" then out.puts(help)
        when "help" then out.puts(arguments.empty? ? help : command(arguments.first).help)
        else return command(name).new(out: out, err: err).run(arguments)
        end
        OK
      end

      def help
        width = COMMANDS.keys.map(&:size).max
        <<~TEXT
          Usage: heapdump COMMAND [options]

          #{COMMANDS.map { |name, summary| format("  %-#{width}s  %s", name, summary) }.join("\n")}

          `heapdump help COMMAND` says more about one.
          Exit status: 0 fine, 1 error, 2 a gate failed, 64 wrong usage.
        TEXT
      end

      def guess(name)
        require "did_you_mean"
        near = DidYouMean::SpellChecker.new(dictionary: COMMANDS.keys).correct(name.scrub).first
        near ? " (did you mean #{near}?)" : ""
      end

      def one_line(message)
        Terminal::Text.safe(message.to_s.scrub.split(/\s*\n\s*/).join("; "))
      end
    end
  end
end

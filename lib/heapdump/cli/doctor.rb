# frozen_string_literal: true

require_relative "outside_command"
require_relative "way_lines"
require_relative "container_lines"

module HeapDump
  module CLI
    # Shows which method of dumping a process will work, and what its container allows.
    class Doctor < OutsideCommand
      usage "[PID]"
      details <<~TEXT
        It looks and changes nothing. `heapdump take` uses the first method that works: a signal
        for which the process has a handler (HeapDump.on_signal), ptrace by a program of heapdump's
        own, or gdb. Exit status 1 if none would work.

        With --container it also says, in a line each, whether the container has room for a dump, by
        the rules of HeapDump.watch, and who may trace there. NO: there will be no dump; exit status
        1. --: it matters for some ways of dumping only. With --container, PID may be left out; then
        it is about the container that this command runs in.
      TEXT

      DIRECTORY = "/var/tmp/heapdump" # that of HeapDump.watch
      private_constant :DIRECTORY

      def initialize(**)
        super
        given = ENV.fetch("HEAPDUMP_DIR", "")
        @directory = given.empty? ? DIRECTORY : given
      end

      def options(parser)
        parser.on("--container", "limits, directory and rights of the container") do
          @container = true
        end
        parser.on("--dir DIR", "where dumps go in it (default: HEAPDUMP_DIR, else",
                  "#{DIRECTORY})") { |path| @directory = path }
      end

      def call(pid = nil)
        raise UsageError, "the number of a process is missing; #{hint}" unless pid || @container

        target = target(pid) if pid
        ways = WayLines.new(target, ruby_children(target)) if target
        parts = [ways, (container(target) if @container)].compact
        json? ? print_json(parts.map(&:fields).reduce(:merge)) : show(parts, ways)
        parts.all?(&:fine?) ? OK : ERROR
      end

      private

      def show(parts, ways)
        parts.each { |part| part.show(screen) }
        print_children(ways.pid, ways.children) if ways
      end

      def container(target)
        require_relative "../outside/container"
        found = Outside::Container.new(target: target, directory: File.expand_path(@directory),
                                       limit: limit)
        ContainerLines.new(found.findings)
      end

      # What the environment says, as for HeapDump.watch.
      def limit
        text = ENV.fetch("HEAPDUMP_LIMIT", "")
        Watch::Quantity.bytes("HEAPDUMP_LIMIT", text) unless text.empty?
      rescue ArgumentError => e
        raise UsageError, e.message
      end
    end
  end
end

# frozen_string_literal: true

require_relative "outside_command"
require_relative "ways"

module HeapDump
  module CLI
    # Counts the objects of a running process.
    class Count < OutsideCommand
      usage "PID [NAMESPACE ...]"
      details <<~TEXT
        The process is made to count by ptrace or gdb, as `heapdump take` makes it dump, and stands
        still until it has counted. Objects are counted by type and, below the namespaces (modules
        or classes, by their names), by class. Exit status 1 if there is no class or module of such
        a name.
      TEXT

      def initialize(**)
        super
        @timeout = 60.0
        @gc = false
      end

      def call(pid, *namespaces)
        target = target(pid)
        counts, missing, held = Ways.new(target, signal: false).try do |way|
          way.count(namespaces, timeout: @timeout, gc: @gc)
        end
        if json? then print_json(pid: target.pid, held: held, counts: counts, missing: missing)
        else print_text(counts)
        end
        return OK if missing.empty?

        raise Error, "process #{target.pid} has no class or module named #{missing.join(" or ")}"
      end

      private

      def options(parser)
        parser.on("--gc", "run a full GC first") { @gc = true }
        timeout_option(parser)
      end

      def print_text(counts)
        counts.each do |name, value|
          next screen.line("#{name}: #{value}") unless value.is_a?(Hash)

          screen.line("#{name}:")
          value.sort_by { |key, number| [-number, key] }.each do |key, number|
            screen.line(format("%12d  %s", number, Terminal::Text.safe(key)))
          end
        end
      end
    end
  end
end

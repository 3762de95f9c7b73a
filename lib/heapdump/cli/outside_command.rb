# frozen_string_literal: true

require_relative "../outside/target"
require_relative "../outside/by_gdb"
require_relative "../outside/by_ptrace"
require_relative "../outside/by_signal"

module HeapDump
  module CLI
    # What all commands that concern another process have in common.
    class OutsideCommand < Command
      private

      def timeout_option(parser)
        parser.on("--timeout S", Float, "seconds to wait for it (default 60)") do |seconds|
          unless seconds.positive? && seconds.finite?
            raise OptionParser::InvalidArgument, seconds.to_s
          end

          @timeout = seconds
        end
      end

      def target(argument)
        pid = Integer(argument, 10, exception: false)
        raise UsageError, "#{argument} is no process id; #{hint}" unless pid&.positive?
        raise Error, "another process is needed, #{pid} is this one" if pid == Process.pid

        target = Outside::Target.new(pid)
        unless File.exist?("/proc/self/maps")
          raise Error, "this system has no /proc; call HeapDump.dump in the process itself"
        end

        target.check_existence
        target
      end

      # The ids of the child processes that run Ruby, as the workers of a server do. Those into
      # which this user may not look are left out.
      def ruby_children(target)
        target.children.select do |pid|
          Outside::RubyImage.find(Outside::Target.new(pid))
        rescue Error, SystemCallError
          false
        end
      end

      def print_children(pid, children)
        return if children.empty?

        screen.line("Process #{pid} has child processes that run Ruby: #{children.join(", ")}. " \
                    "If they are workers of a server, give the number of one of them.")
      end
    end
  end
end

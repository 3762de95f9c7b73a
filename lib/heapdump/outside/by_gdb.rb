# frozen_string_literal: true

require_relative "by_tracing"
require_relative "gdb"
require_relative "gdb_commands"

module HeapDump
  module Outside
    # Lets gdb call the functions.
    class ByGdb < ByTracing
      def name
        "gdb"
      end

      private

      def check_itself(list)
        list.check("gdb") { [gdb || "it is not installed here (Debian: apt-get install gdb)", gdb] }
      end

      def gdb
        @gdb ||= Gdb.find
      end

      def debugger
        @debugger ||= Gdb.new(gdb)
      end

      def held
        debugger.held
      end

      def hand_over(call)
        run(GdbCommands.new(call).one)
      end

      def hand_over_to_all(call, address)
        run(*GdbCommands.new(call).all(address))
      end

      def run(*commands)
        output = debugger.run(@target, *commands)
        @reason = output.lines.map(&:strip).reject(&:empty?).last(2).join("; ")
        output[/^armed (\w+)/, 1]
      end
    end
  end
end

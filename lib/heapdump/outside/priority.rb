# frozen_string_literal: true

module HeapDump
  module Outside
    # How soon a program gets a processor that holds another process.
    module Priority
      # The highest, if this user may give it, because the process stands still while the program
      # waits for a processor.
      def self.highest(pid)
        Process.setpriority(Process::PRIO_PROCESS, pid, -20)
      rescue SystemCallError
        nil
      end
    end
  end
end

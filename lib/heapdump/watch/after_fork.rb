# frozen_string_literal: true

module HeapDump
  class Watch
    # Forked children have no thread of their parent, so the watch is started again in them. Both
    # methods are those that Ruby calls for every such child; Process.daemon does not use the first.
    module AfterFork # :nodoc:
      def _fork
        super.tap { |pid| Watch.after_fork if pid.zero? }
      end

      def daemon(...)
        super.tap { Watch.after_fork }
      end
    end
  end
end

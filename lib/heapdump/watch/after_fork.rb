# frozen_string_literal: true

require_relative "loading"

module HeapDump
  class Watch
    # Forked children have no thread of their parent, so the watch is started again in them. Both
    # methods are those that Ruby calls for every such child; Process.daemon does not use the first.
    module AfterFork # :nodoc:
      def _fork
        Loading.alone { super() }.tap { |pid| Watch.after_fork(forked: true) if pid.zero? }
      end

      def daemon(*arguments)
        Loading.alone { super(*arguments) }.tap { Watch.after_fork(forked: false) }
      end
    end
  end
end

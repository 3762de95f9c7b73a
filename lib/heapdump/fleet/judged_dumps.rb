# frozen_string_literal: true

module HeapDump
  module Fleet
    # Which dumps of a long life are judged. All of them would take longer with each dump: a process
    # that is dumped each hour would be judged for a minute after a month. They are taken evenly,
    # because a verdict compares steps with each other: if the steps of the last days were shorter,
    # steady growth would seem to stand still there.
    module JudgedDumps # :nodoc:
      MOST = 100

      # Of the dumps of a process, in the order of their times (Array of anything): the first one,
      # the last one, and as many between them as there is room for.
      def self.of(dumps)
        return dumps if dumps.size <= MOST

        Array.new(MOST) { |i| dumps[i * (dumps.size - 1) / (MOST - 1)] }
      end
    end
  end
end

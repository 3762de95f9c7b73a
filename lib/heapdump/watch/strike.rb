# frozen_string_literal: true

module HeapDump
  class Watch
    # A rule has found what it waits for.
    #
    # rule::   its name (Symbol)
    # words::  why, for a line of a log
    # urgent:: also soon after the process has started, when others have to wait
    # series:: one of several for the same growth: no pause is needed between them
    # shared:: of the processes of a server only one shall make the dump: +true+ for what grows,
    #          +:usual+ for what does not, +:lasting+ if it is to be the same one for days. Each of
    #          these has a choice of its own
    # modest:: how many series of dumps, of as many as there are marks, it leaves in the budget:
    #          none; that of what grows (FOR_START); that of the start, too (FOR_OTHERS)
    # mark::   what has been reached, for the rule itself
    # highest:: of its marks this is the highest one
    # strings:: how much of the contents of strings, if the watch's own option is not to count
    # ask::    of a request that came over a bus: its +:id+ and +:payload+ (Hash)
    # source:: the Rule itself, which is told what becomes of it; nil if nobody is
    Strike = Struct.new(:rule, :words, :urgent, :series, :shared, :modest, :mark, # :nodoc:
                        :highest, :strings, :ask, :source, keyword_init: true) do
      # The process ends, and a dump is to say what it had.
      def self.at_exit(modest)
        new(rule: :exit, words: "the process ends, and its memory had passed a mark", urgent: true,
            modest: modest)
      end

      def initialize(modest: 0, **more)
        super
      end

      # Whether somebody waits for the dump, so that it must not wait itself.
      def awaited?
        %i[ask exit].include?(rule)
      end

      # What is refused once is not tried again for a while, but the highest mark is another thing,
      # and so is what now grows. Whether it is urgent may change from look to look.
      def key
        [source, highest, modest]
      end
    end
    Strike::FOR_START = 1
    Strike::FOR_OTHERS = 2
  end
end

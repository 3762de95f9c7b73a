# frozen_string_literal: true

module HeapDump
  class Watch
    # A rule has found what it waits for.
    #
    # rule::   its name (Symbol)
    # words::  why, for a line of a log
    # urgent:: also soon after the process has started, when others have to wait
    # series:: one of several for the same growth: no pause is needed between them, and of several
    #          processes only one shall make them
    # source:: the rule itself, which is told by #spent that a dump has begun
    # strings:: how much of the contents of strings, if the watch's own option is not to count
    # ask::    of a request that came over a bus: its +:id+ and +:payload+ (Hash)
    Strike = Struct.new(:rule, :words, :urgent, :series, :source, :strings, :ask,
                        keyword_init: true) # :nodoc:
  end
end

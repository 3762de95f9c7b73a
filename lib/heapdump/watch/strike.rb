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
    # source:: the rule itself, which is told by #spent that there is a dump
    Strike = Struct.new(:rule, :words, :urgent, :series, :source, keyword_init: true) # :nodoc:
  end
end

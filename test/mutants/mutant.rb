# frozen_string_literal: true

require "digest/sha2"

module Mutants
  # One small fault in one place of a source file.
  class Mutant
    attr_reader :file, :kind, :line

    # range: the characters of the source that are replaced
    def initialize(file, source, kind, range, text)
      @file = file
      @source = source
      @kind = kind
      @offset = range.begin
      @length = range.size
      @text = text
      @line = source[0...range.begin].count("\n") + 1
    end

    # The whole source with the fault in it.
    def apply
      @apply ||= @source.dup.tap { |copy| copy[@offset, @length] = @text }
    end

    # The line as it is, and as it becomes; on one line, spaces as they come.
    def before
      squeeze(excerpt(@source, @offset + @length))
    end

    def after
      squeeze(excerpt(apply, @offset + @text.size))
    end

    # What it is known by from run to run, wherever in the file its line moves to. The offset within
    # the line tells two faults in one line apart, `nth` two lines that are the same.
    def key(nth = 0)
      column = @offset - start
      Digest::SHA256.hexdigest([file, kind, column, before, after, nth].join("\0"))[0, 12]
    end

    def to_s
      "#{file}:#{line}: #{kind}: #{before}  ->  #{after}"
    end

    private

    def start
      @offset.zero? ? 0 : (@source.rindex("\n", @offset - 1) || -1) + 1
    end

    def excerpt(text, to)
      text[start...(text.index("\n", to) || text.size)]
    end

    def squeeze(text)
      text.strip.gsub(/\s+/, " ")
    end
  end
end

# frozen_string_literal: true

require "heapdump/trends"
require_relative "models"

module Trends
  # Judges lines whose truth is known, many series of each model: how many of these are told right,
  # and how many leaks are told where there is none.
  #
  #   Scenarios.run(seeds: 100, beside: 40).each { |row| puts row }
  module Scenarios
    Judge = HeapDump::Trends.const_get(:Judge)
    LEVEL = 0.0001 # that of a series with a hundred lines that move

    # Of one model: how many series were judged and how many right, what was wrong, in how many of
    # them a line of the model was called a leak that is none, and of the lines beside them.
    Row = Struct.new(:name, :series, :right, :wrong, :false_leaks, :beside, :false_beside) do
      def share
        right / series.to_f
      end

      def to_s
        words = wrong.map { |what, number| "#{what} #{number} times" }.join(", ")
        format("| %-62s | %5.1f %% | %2d | %s |", name, 100 * share, false_leaks, words)
      end
    end

    def self.run(seeds:, beside: 0, names: Models::ALL.keys)
      names.map { |name| judge(name, seeds, beside) }
    end

    def self.judge(name, seeds, beside)
      row = Row.new(name, 0, 0, Hash.new(0), 0, 0, 0)
      seeds.times do |seed|
        world, lines = Models.make(name, seed)
        row.series += 1
        row.right += 1 if lines.map { |what, line| right?(row, what, line, world) }.all?
        Models.beside(world, beside).each { |line| false_leak(row, line, world) }
      end
      row
    end
    private_class_method :judge

    def self.right?(row, what, line, world)
      verdict = verdict(line, world)
      return true if line.right.include?(verdict)

      row.wrong["#{what}: #{HeapDump::Trends::VERDICTS.fetch(verdict)}"] += 1
      row.false_leaks += 1 if verdict == :leak
      false
    end
    private_class_method :right?

    def self.false_leak(row, line, world)
      row.beside += 1
      row.false_beside += 1 if verdict(line, world) == :leak
    end
    private_class_method :false_leak

    def self.verdict(line, world)
      Judge.new(line.numbers, world.axes, least: line.least, level: LEVEL).judgement.verdict
    end
  end
end

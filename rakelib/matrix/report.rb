# frozen_string_literal: true

require_relative "place"

module Matrix
  # Runs the suite in one place after the other and remembers how each went.
  class Report
    Row = Struct.new(:name, :ruby, :result, :seconds)

    def initialize
      @rows = []
    end

    def ok?
      @rows.none? { |row| row.result.start_with?("FAILED") }
    end

    def run(place)
      row = Row.new(place.name, "-", "FAILED", 0)
      @rows << row
      started = now
      place.prepare
      row.ruby = place.ruby_version
      puts "", "== matrix: #{row.name}, Ruby #{row.ruby}"
      row.result = result(place)
    rescue Skip => e
      row.result = "SKIPPED"
      puts "SKIPPED #{row.name}: #{e.message}"
    ensure
      row.seconds = now - started
    end

    def table
      width = @rows.map { |row| row.name.size }.max || 0
      ["", *@rows.map do |row|
        format("%-#{width}s  %-7s %4d s  %s", row.name, row.ruby, row.seconds, row.result)
      end]
    end

    private

    # The result and minitest's closing lines, in which the counts are.
    def result(place)
      counts = []
      status = place.test do |line|
        puts line
        counts << line.chomp if line.match?(/\A\d+ runs, /)
      end
      [status.success? ? "ok" : "FAILED", *counts].join(": ")
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end

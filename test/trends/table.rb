# frozen_string_literal: true

require "heapdump"
require_relative "scenarios"

# The table of docs/trends.md: see rakelib/trends.rake.

SERIES = Integer(ENV.fetch("SERIES", "100"))
BESIDE = 40

$stdout.sync = true
puts "| model | told right | false leaks | wrong |", "|---|---|---|---|"
rows = Trends::Models::ALL.keys.flat_map do |name|
  Trends::Scenarios.run(seeds: SERIES, beside: BESIDE, names: [name]).each { |row| puts row }
end
right = rows.sum(&:right)
all = rows.sum(&:series)
false_leaks = rows.sum(&:false_beside)
beside = rows.sum(&:beside)
puts "", format("%d of %d series right (%.1f %%); of %d lines beside them, none of which leaks, " \
                "%d were called a leak", right, all, 100.0 * right / all, beside, false_leaks)

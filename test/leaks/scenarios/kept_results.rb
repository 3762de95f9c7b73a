# frozen_string_literal: true

# The program keeps the results of its dumps.
require_relative "../scenario"

Scenario.clean "our own objects"
kept = []
dir = ARGV.fetch(0)
3.times { |i| kept << HeapDump.dump(File.join(dir, "#{i}.json"), fork: false) }

# frozen_string_literal: true

# One reading of bench/analyze.rb.

require "heap_profiler/full"
require "json"

dump = HeapProfiler::Dump.new(ARGV[0])
HeapProfiler::Analyzer.new(dump, HeapProfiler::Index.new(dump)).run(%w[objects memory], %w[class])
puts JSON.generate(objects: dump.stats.count)

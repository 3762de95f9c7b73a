# frozen_string_literal: true

require "test_helper"

# Block reports count what memory_profiler counts. docs/block_reports.md explains the differences.
class TestBlockReportOracle < HeapDumpTest
  # Prints what both say of the same work, each after a first time that fills caches.
  CODE = <<~'RUBY'
    require "heapdump"
    require "memory_profiler"
    require "csv"
    require "json"

    def sums(results)
      %w[gem file location class].to_h do |by|
        [by, %w[allocated retained].to_h do |type|
          [type, %w[objects memory].to_h do |metric|
            rows = results.public_send("#{type}_#{metric}_by_#{by}")
            [metric, rows.to_h { |row| [row[:data], row[:count]] }]
          end]
        end]
      end.merge("totals" => [results.total_allocated, results.total_allocated_memsize,
                             results.total_retained, results.total_retained_memsize])
    end

    LINES = Array.new(300) { |i| "#{i},name #{i},#{i * 1.5},\"quoted, #{i}\"\n" }.join
    TEXT = JSON.generate(Array.new(500) { |i| { "id" => i, "tags" => ["a", "t#{i}"] } })
    KEPT = []
    LOADS = {
      "csv" => -> { CSV.parse(LINES, headers: false) },
      "json" => -> { JSON.generate(JSON.parse(TEXT)) },
      "kept" => -> { KEPT.clear; 500.times { |i| KEPT << [i.to_s, { i => i.to_f }] } }
    }.freeze
    told = LOADS.to_h do |name, load|
      2.times { load.call }
      theirs = MemoryProfiler.report(top: 1000, &load)
      ours = HeapDump.report(warmup: 1, &load).to_memory_profiler(top: 1000)
      [name, [sums(theirs), sums(ours)]]
    end
    puts JSON.generate(told)
  RUBY

  def self.told
    @told ||= JSON.parse(Child.ruby!(CODE, gems: true, timeout: 120).out)
  end

  %w[csv json kept].each do |load|
    define_method(:"test_#{load}") do
      theirs, ours = TestBlockReportOracle.told.fetch(load)
      # memory_profiler calls the value of the block retained if it was the last: see the document
      types = load == "kept" ? %w[allocated retained] : %w[allocated]
      figures = 2 * types.size
      theirs["totals"].first(figures).zip(ours["totals"].first(figures)) do |their, our|
        assert_in_delta their, our, their * 0.0015
      end
      %w[file location class].each { |by| compare(by, types, theirs[by], ours[by]) }
    end
  end

  def compare(by, types, theirs, ours)
    types.product(%w[objects memory]) do |type, metric|
      their, our = [theirs, ours].map { |sums| sums[type][metric] }
      (their.keys | our.keys).grep_v(/\A\(no /).each do |key|
        assert_near(their.fetch(key, 0), our.fetch(key, 0), [type, metric, by, key].join(" "))
      end
    end
  end

  # Within 0.15 %, as the totals; where there are few objects, within two of them, or a backtrace
  # that is deeper.
  def assert_near(their, our, what)
    assert_in_delta their, our, [their * 0.0015, what.include?("memory") ? 400 : 2].max, what
  end
end

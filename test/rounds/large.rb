# frozen_string_literal: true

require "support/large/run"

# See rakelib/large.rake. Prints a line of a table for each heap.
only = ENV.fetch("ONLY", "").split(",").map(&:to_sym)
heaps = Large.heaps.values.select { |heap| only.empty? || only.include?(heap.name) }
number = ->(count) { count.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",") }

$stdout.sync = true
puts "| heap | of how many | objects | dump | written in | variants | wrong |", "|#{"---|" * 7}"
bad = heaps.reject do |heap|
  turn = Large.heaps.values.index(heap)
  ways = Large.some_variants(turn, others: 2)
  run = Large::Run.new(heap, heap.full, ways).call(timeout: 1800)
  megabytes = run.bytes && (run.bytes / (1 << 20).to_f).round(1)
  seconds = run.seconds&.round(2)
  puts "| #{heap.name.to_s.tr("_", " ")} | #{number[heap.full]} | #{number[run.objects]} " \
       "| #{megabytes} MiB | #{seconds} s | #{ways.size} | #{run.problems.size} |"
  puts run if run.problems.any?
  run.problems.empty?
end
abort "wrong: #{bad.map(&:name).join(", ")}" if bad.any?

# frozen_string_literal: true

# A thousand dumps and a thousand opened snapshots in one process: what it holds from the system,
# over time. See rakelib/rss.rake.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
$stdout.sync = true
require "support/usage"

ROUNDS = Integer(ENV.fetch("ROUNDS", "84"))
KILOBYTES = 1024 # a page or more for each dump would be several times as much

failed = [Usage::Dumps, Usage::Snapshots].flat_map do |kind|
  puts "#{kind}: kilobytes private, descriptors, mappings, threads, children"
  series = Usage.run(kind, ROUNDS, 4) { |done, held| puts "#{done}: #{held.to_a.join(" ")}" }
  thirds = (1..3).map { |third| series[(series.size - 1) * third / 3] }
  found = Usage.growth(thirds, kilobytes: KILOBYTES)
  puts found.empty? ? "flat" : "GREW: #{found.join(", ")}"
  found
end
exit failed.empty?

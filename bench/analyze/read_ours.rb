# frozen_string_literal: true

# One reading of bench/analyze.rb: read_ours.rb FILE --index|--no-index. Everything that an answer
# can need is computed; with --index it is kept, or taken from there.

require "heapdump/snapshot"

phases = {}
measure = lambda do |name, &block|
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  result = block.call
  phases[name] = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
  result
end

path, option = ARGV
snapshot = measure.call("open") do
  HeapDump::Snapshot.open(path, index: option == "--index")
end
measure.call("prepare") { snapshot.prepare }
measure.call("dominators and retained sizes") { snapshot.graph.totals }
classes = measure.call("histogram") { snapshot.histogram(by: :class) }
session = measure.call("find") { snapshot.find(class: "Session", limit: 1) }
measure.call("paths to all") { snapshot.path_to(session.first) }
paths = measure.call("inverse, why") { snapshot.paths(session.first) }
measure.call("show") do
  snapshot.referrers(session.first)
  session.first.line
end
raise "no path to a session" if paths.empty?

puts JSON.generate(phases: phases, objects: snapshot.objects, address: session.first.to_s,
                   sessions: classes["Session"].objects)

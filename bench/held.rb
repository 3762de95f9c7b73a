# frozen_string_literal: true

# How long `heapdump take` holds a process, by ptrace and by gdb, from attaching to detaching, as it
# tells itself:
#
#   bundle exec ruby -Ilib bench/held.rb              20 takes of each kind of process, each way
#   bundle exec ruby -Ilib bench/held.rb 100 ptrace   as many, one way
#
# Where other programs want the processors, the caller and the process wait for their turns
# meanwhile; `nice -n -20` (root) in front of it shows what is left without them.

$LOAD_PATH.unshift(File.expand_path("../test", __dir__))
require "json"
require "tmpdir"
require "support/outside"

# Processes, and what they do meanwhile.
PROCESSES = {
  "idle" => "sleep",
  "busy" => "kept = []; loop { kept.size > 10_000 ? kept.clear : kept << ('x' * 50) }",
  "20 threads" => "20.times { Thread.new { loop { 'x' * 10; sleep 0.001 } } }; loop { 'x' * 20 }",
  "200 threads" => "200.times { Thread.new { sleep } }; loop { sleep 0.001 }"
}.freeze

def held(pid, via)
  Dir.mktmpdir("heapdump-bench") do |directory|
    status, out, err = Outside.heapdump("take", pid, "-o", File.join(directory, "heap.json"),
                                        "--via", via, "--json")
    abort err unless status.zero?
    JSON.parse(out)["held"] * 1000
  end
end

takes = Integer(ARGV.fetch(0, "20"))
ways = ARGV.size > 1 ? [ARGV[1]] : %w[ptrace gdb]
puts "Ruby #{RUBY_VERSION}, #{takes} takes each; milliseconds; load " \
     "#{File.read("/proc/loadavg").split.first}"
PROCESSES.to_a.product(ways) do |(name, code), via|
  times = Outside.with_process(code) { |pid| Array.new(takes) { held(pid, via) } }.sort
  puts format("%-12s %-7s median %6.1f   least %6.1f   99 of 100 %6.1f   most %6.1f", name, via,
              times[times.size / 2], times.first, times[((times.size - 1) * 0.99).ceil], times.last)
end

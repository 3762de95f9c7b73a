# frozen_string_literal: true

# How long `heapdump take` by gdb holds a process, from attaching to detaching, as it tells itself:
#
#   bundle exec ruby -Ilib bench/held.rb         20 takes of each kind of process
#   bundle exec ruby -Ilib bench/held.rb 100     as many
#
# Where other programs want the processors, gdb and the process wait for their turns meanwhile;
# `nice -n -20` (root) in front of it shows what is left without them.

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

def held(pid)
  Dir.mktmpdir("heapdump-bench") do |directory|
    status, out, err = Outside.heapdump("take", pid, "-o", File.join(directory, "heap.json"),
                                        "--via", "gdb", "--json")
    abort err unless status.zero?
    JSON.parse(out)["held"] * 1000
  end
end

takes = Integer(ARGV.fetch(0, "20"))
puts "Ruby #{RUBY_VERSION}, #{takes} takes each; milliseconds"
PROCESSES.each do |name, code|
  times = Outside.with_process(code) { |pid| Array.new(takes) { held(pid) } }.sort
  puts format("%-12s median %6.1f   least %6.1f   most %6.1f", name, times[times.size / 2],
              times.first, times.last)
end

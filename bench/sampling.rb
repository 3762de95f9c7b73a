# frozen_string_literal: true

# What sampling costs: processor time with HeapDump.sample_allocations on and off in turn, in one
# process, beside hooks of MRI that do nothing. No tool that is told of new objects can cost less
# than an empty hook for them.
#
#     HEAPDUMP_CHECK=0 bin/test compile
#     ruby -Ilib bench/sampling.rb [ROUNDS] [EVERY]
#
# First a loop that only allocates: the least nanoseconds for each object of the rounds. Then a Puma
# app under load. Each request makes about 3,000 objects, of which a few stay in a cache for some
# time. A round is a turn of each kind, in an order that changes; each turn answers as many
# requests. Printed are the median over the rounds of the time that a kind takes more than the mean
# of the two turns with nothing, with the quartiles, and the same of those two turns, which shows
# how exact it is.

require "heapdump"
require "json"
require "net/http"
require "puma"
require "puma/server"
require_relative "session"
require_relative "../test/support/extension"

Extension.new("empty_hook").require_extension

ROUNDS = Integer(ARGV[0] || 20)
EVERY = ARGV[1] || "512 KiB"
REQUESTS = 100
OBJECTS = 100_000
CACHE = {} # rubocop:disable Style/MutableConstant
DATA = Array.new(200) { |i| { "id" => i, "name" => "name #{i}", "tags" => ["a", "b#{i}"] } }

KINDS = {
  "nothing" => [-> {}, -> {}],
  "empty hook, end of marking" => [-> { EmptyHook.start(false) }, -> { EmptyHook.stop }],
  "empty hook, new objects" => [-> { EmptyHook.start(true) }, -> { EmptyHook.stop }],
  "sampling, 1 GiB" => [-> { HeapDump.sample_allocations(every: "1 GiB") },
                        -> { HeapDump.stop_sampling }],
  "sampling, #{EVERY}" => [-> { HeapDump.sample_allocations(every: EVERY) },
                           -> { HeapDump.stop_sampling }],
  "nothing again" => [-> {}, -> {}]
}.freeze

APP = lambda do |env|
  key = env["QUERY_STRING"]
  rows = DATA.map { |row| row.merge("key" => key, "price" => row["id"] * 1.5) }
  text = JSON.generate(JSON.parse(JSON.generate(rows)))
  CACHE[key] = text
  CACHE.shift while CACHE.size > 200
  [200, { "content-type" => "application/json" }, [text]]
end

def start_server
  server = if Puma::Server.instance_method(:initialize).arity == -2
             Puma::Server.new(APP)
           else
             Puma::Server.new(APP, Puma::Events.strings)
           end
  server.add_tcp_listener("127.0.0.1", 0)
  server.run
  server
end

# Processor time of this process for the work in the block, while one kind is on.
def turn(kind)
  begins, ends = KINDS.fetch(kind)
  begins.call
  GC.start
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  yield
  time = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
  @figures = HeapDump.sampling.figures if kind == "sampling, #{EVERY}"
  time
ensure
  ends.call
end

# The times of all rounds by kind. The work has run a few times before.
def rounds(&work)
  3.times { turn("nothing", &work) }
  times = KINDS.keys.to_h { |kind| [kind, []] }
  ROUNDS.times do |round|
    KINDS.keys.rotate(round).each { |kind| times[kind] << turn(kind, &work) }
  end
  times
end

def quartiles(shares)
  sorted = shares.sort
  [0.25, 0.5, 0.75].map { |at| format("%+.1f %%", sorted[(at * (sorted.size - 1)).round] * 100) }
end

# By how much each turn of a kind takes more than those with nothing of its round.
def shares(times)
  twice = times.fetch("nothing").zip(times.fetch("nothing again"))
  times.to_h do |kind, list|
    next [kind, twice.map { |first, second| (second / first) - 1 }] if kind == "nothing again"

    [kind, list.zip(twice).map { |time, pair| (2 * time / pair.sum) - 1 }]
  end
end

def allocate(times)
  i = 0
  while i < times
    Object.allocate
    i += 1
  end
end

puts "Ruby #{RUBY_VERSION}, Puma #{Puma::Const::VERSION}, #{ROUNDS} rounds"
puts "load of the machine: #{File.read("/proc/loadavg").split.first(3).join(" ")}"
puts "\nOnly allocating, for each object"
least = rounds { allocate(OBJECTS) }.transform_values { |list| list.min / OBJECTS * 1e9 }
least.each do |kind, time|
  puts format("%-28s %6.1f ns %+6.1f ns", kind, time, time - least.fetch("nothing"))
end

server = start_server
port = server.respond_to?(:connected_ports) ? server.connected_ports.first : server.connected_port
Net::HTTP.start("127.0.0.1", port) do |http|
  work = -> { REQUESTS.times { |i| http.get("/?#{i}").body } }
  allocated = GC.stat(:total_allocated_objects)
  seconds = turn("nothing", &work)
  allocated = GC.stat(:total_allocated_objects) - allocated
  puts format("\nPuma, %d requests a turn, %.2f million objects per second of processor time",
              REQUESTS, allocated / seconds / 1e6)
  shares(rounds(&work)).drop(1).each do |kind, list|
    puts format("%-28s %8s (quartiles %s, %s)", kind, *quartiles(list).values_at(1, 0, 2))
  end
end
puts "samples of the last turn: #{@figures}"
server.stop(true)

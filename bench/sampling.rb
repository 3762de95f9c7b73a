# frozen_string_literal: true

# What sampling costs: the processor time of a Puma app under load, with HeapDump.sample_allocations
# on and off in turn, in one process.
#
#     HEAPDUMP_CHECK=0 bin/test compile
#     ruby -Ilib bench/sampling.rb [ROUNDS] [EVERY]
#
# Each request makes about 3,000 objects, of which a few stay in a cache for some time. A round is
# two turns without sampling and one with it, in an order that changes; each turn answers as many
# requests. Printed are the median over the rounds of the time that the turn with sampling takes
# more, with the quartiles, and the same of two turns without sampling, which shows how exact it is.

require "heapdump"
require "json"
require "net/http"
require "puma"
require "puma/server"

ROUNDS = Integer(ARGV[0] || 20)
EVERY = ARGV[1] || "512 KiB"
REQUESTS = 300
CACHE = {} # rubocop:disable Style/MutableConstant
DATA = Array.new(200) { |i| { "id" => i, "name" => "name #{i}", "tags" => ["a", "b#{i}"] } }

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

# Processor time of this process for so many requests.
def turn(http, sampled)
  sampling = HeapDump.sample_allocations(every: EVERY) if sampled
  GC.start
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  REQUESTS.times { |i| http.get("/?#{i}").body }
  time = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
  @figures = sampling.figures if sampling
  time
ensure
  HeapDump.stop_sampling
end

def quartiles(shares)
  sorted = shares.sort
  [0.25, 0.5, 0.75].map { |at| format("%+.1f %%", sorted[(at * (sorted.size - 1)).round] * 100) }
end

server = start_server
port = server.respond_to?(:connected_ports) ? server.connected_ports.first : server.connected_port
Net::HTTP.start("127.0.0.1", port) do |http|
  3.times { turn(http, false) }
  allocated = GC.stat(:total_allocated_objects)
  seconds = turn(http, false)
  allocated = GC.stat(:total_allocated_objects) - allocated
  shares = { "sampling" => [], "nothing" => [] }
  ROUNDS.times do |round|
    kinds = [false, true, false]
    kinds.rotate!(round)
    times = kinds.map { |sampled| turn(http, sampled) }
    off = kinds.each_index.reject { |i| kinds[i] }.map { |i| times[i] }
    on = times[kinds.index(true)]
    shares["sampling"] << ((on / (off.sum / 2)) - 1)
    shares["nothing"] << ((off[1] / off[0]) - 1)
  end
  puts "Ruby #{RUBY_VERSION}, Puma #{Puma::Const::VERSION}, " \
       "#{ROUNDS} rounds of #{REQUESTS} requests"
  puts "load of the machine: #{File.read("/proc/loadavg").split.first(3).join(" ")}"
  puts format("allocated: %.2f million objects per second of processor time",
              allocated / seconds / 1e6)
  shares.each do |what, list|
    puts format("%-9s costs %s (quartiles %s, %s)", what, *quartiles(list).values_at(1, 0, 2))
  end
  puts "samples: #{@figures}"
end
server.stop(true)

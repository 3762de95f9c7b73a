# frozen_string_literal: true

# How long a dump keeps the application from running:
#
#   bundle exec ruby -Ilib bench/pause.rb             processes of 100, 500 and 2000 MB
#   bundle exec ruby -Ilib bench/pause.rb 100 500     of these sizes
#   bundle exec ruby -Ilib bench/pause.rb requests    requests to a Puma app of 300 MB under load
#
# For each size: the longest gap in the ticking of another thread, and Result#pause, beside the bare
# kernel call (fork and _exit of the child, without Ruby's own work around it). Then the private
# memory of the dump's processes while they write: what each has written to, copies of the
# application's pages included.
#
# For requests: their latency while nothing else happens, while HeapDump.dump runs in a request, and
# while ObjectSpace.dump_all does.

require "fiddle"
require "heapdump"
require "net/http"
require "tmpdir"
require_relative "../test/support/faults"

module PauseBench
  ROUNDS = 5

  # The kernel's fork, seen from the one who calls it.
  module Bare
    LIBC = Fiddle.dlopen(nil)
    # with the GVL: nobody would give it back to the child
    FORK = Fiddle::Function.new(LIBC["fork"], [], Fiddle::TYPE_INT, need_gvl: true)
    EXIT = Fiddle::Function.new(LIBC["_exit"], [Fiddle::TYPE_INT], Fiddle::TYPE_VOID,
                                need_gvl: true)

    def self.seconds
      start = PauseBench.now
      pid = FORK.call
      EXIT.call(0) if pid.zero?
      seconds = PauseBench.now - start
      Process.wait(pid)
      seconds
    end
  end

  # A thread that wants to run all the time, and notes the longest while in which it could not.
  class Ticker
    def initialize
      @gap = 0
      @thread = Thread.new { tick }
      Thread.pass
    end

    # The longest gap within the block.
    def watch
      @gap = 0
      yield
      sleep 0.01 # a turn for the ticker
      @gap
    end

    def stop
      @thread.kill.join
    end

    private

    def tick
      last = PauseBench.now
      loop do
        sleep 0.0002 # its turn comes at once when somebody lets it
        now = PauseBench.now
        @gap = now - last if now - last > @gap
        last = now
      end
    end
  end

  module_function

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def run(sizes)
    puts "#{RUBY_DESCRIPTION}, median (highest) of #{ROUNDS} rounds, milliseconds"
    puts "     RSS    bare fork       ticker gap       Result#pause     pause - 1.5 x fork"
    heap = []
    sizes.sort.each do |megabytes|
      grow(heap, megabytes)
      report(*measure)
      memory
    end
  end

  # Objects that are referred to and have contents, half of the memory outside of slots.
  def grow(heap, megabytes)
    1000.times { |i| heap << { i => "x" * 500, text: [i.to_s] } } while rss < megabytes
  end

  def rss
    File.read("/proc/self/statm").split[1].to_i * 4096 / 1_000_000
  end

  def measure
    ticker = Ticker.new
    rounds = Array.new(ROUNDS) do
      Dir.mktmpdir do |dir|
        GC.start
        fork = Bare.seconds
        pause = nil
        gap = ticker.watch { pause = HeapDump.dump("#{dir}/heap.json", gc: false).pause }
        [fork, gap, pause]
      end
    end
    ticker.stop
    rounds.transpose
  end

  def report(forks, gaps, pauses)
    over = (median(pauses) - (1.5 * median(forks))) * 1e3
    columns = [forks, gaps, pauses].map do |list|
      format("%7.2f (%6.2f)", median(list) * 1e3, list.max * 1e3)
    end
    puts format("%5d MB %s  %+.2f", rss, columns.join("  "), over)
  end

  def median(list)
    list.sort[list.size / 2]
  end

  # While they write: pages that are private to each process and no longer the application's.
  def memory
    Dir.mktmpdir do |dir|
      pending = HeapDump.dump_async("#{dir}/heap.json", gc: false)
      peaks = Hash.new(0)
      until pending.wait(0.002)
        Faults.processes(pending.pid).each do |pid|
          dirty = private_dirty(pid) or next
          peaks[pid] = dirty if dirty > peaks[pid]
        end
      end
      pending.result
      puts format("         private memory of coordinator, leader, workers: %s KiB",
                  peaks.values.join(", "))
    end
  end

  def private_dirty(pid)
    File.read("/proc/#{pid}/smaps_rollup")[/Private_Dirty:\s+(\d+)/, 1]&.to_i
  rescue SystemCallError
    nil
  end
end

# A Puma app in a process of its own, under load.
module RequestBench
  CLIENTS = 4
  SECONDS = 3
  MEGABYTES = 300

  DUMPS = {
    "nothing else" => nil,
    "HeapDump.dump" => ->(path) { HeapDump.dump(path, gc: false) },
    "ObjectSpace.dump_all" => lambda { |path|
      File.open(path, "w") { |io| ObjectSpace.dump_all(output: io) }
    }
  }.freeze

  module_function

  def run
    puts "#{RUBY_DESCRIPTION}, #{CLIENTS} clients, one dump within #{SECONDS} s, milliseconds"
    puts "                        requests  failed      p50      p99  highest"
    Dir.mktmpdir do |dir|
      server, port = start("#{dir}/heap.json")
      DUMPS.each_key { |name| report(name, *load(port, name)) }
    ensure
      Process.kill(:KILL, server)
      Process.wait(server)
    end
  end

  def start(path)
    reader, writer = IO.pipe
    pid = fork do
      require "objspace"
      require "puma"
      PauseBench.grow(@heap = [], MEGABYTES)
      server = Puma::Server.new(app(path), nil, min_threads: 6, max_threads: 6)
      port = server.add_tcp_listener("127.0.0.1", 0).addr[1]
      writer.puts(port)
      server.run.join
    end
    [pid, reader.gets.to_i]
  end

  def app(path)
    lambda { |env|
      dump = DUMPS[env["QUERY_STRING"].tr("+", " ")]
      dump&.call(path)
      body = Array.new(200) { |i| "line #{i}" }.join("\n")
      [200, { "content-type" => "text/plain" }, [body]]
    }
  end

  def load(port, name)
    stop = PauseBench.now + SECONDS
    clients = Array.new(CLIENTS) { Thread.new { requests(port, "/", stop) } }
    sleep SECONDS / 3.0
    dumped = DUMPS[name] ? get(port, "/?#{name.tr(" ", "+")}") : "200"
    times, failed = clients.map(&:value).transpose
    [times.flatten.sort, failed.sum + (dumped == "200" ? 0 : 1)]
  end

  def requests(port, path, stop)
    times = []
    failed = 0
    while (start = PauseBench.now) < stop
      get(port, path) == "200" ? times << (PauseBench.now - start) : failed += 1
    end
    [times, failed]
  end

  def get(port, path)
    Net::HTTP.get_response(URI("http://127.0.0.1:#{port}#{path}")).code
  rescue SystemCallError, IOError, Timeout::Error => e
    e.class.name
  end

  def report(name, times, failed)
    puts format("%-22s %9d %7d %8.2f %8.2f %8.2f", name, times.size, failed,
                *[0.5, 0.99, 1].map { |part| times[((times.size - 1) * part).round] * 1e3 })
  end
end

if ARGV == ["requests"]
  RequestBench.run
else
  PauseBench.run(ARGV.empty? ? [100, 500, 2000] : ARGV.map(&:to_i))
end

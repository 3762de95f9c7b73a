# frozen_string_literal: true

# `rake watch:soak`: what a watch costs. Two equal Puma processes start anew for each slice of half
# a minute and are loaded at the same time. One is watched, the other is not; they take turns.
# Prints the medians of latency and memory, the difference of the two in the same slice with an
# interval that has its median in 95 of 100 cases (bootstrap), and the p-value of a sign test.
#
#   MINUTES=15
#   EVERY=10      seconds between looks; 1 shows more
#   JSON=0        the application does not load JSON, as hardly any does; then the watch has to

require "net/http"
require "rbconfig"
require "tmpdir"
require_relative "../../examples/leak/visitors"

# One Puma process for one slice, with its load.
class Slice
  HERE = File.expand_path("../..", __dir__)
  CONNECTIONS = 2
  PAUSE = 0.005
  CONFIG = <<~'RUBY'
    bind "tcp://127.0.0.1:0"
    environment "none"
    threads 2, 2
    plugin "heapdump"
    heapdump_watch every: Integer(ENV.fetch("EVERY")) if ENV["WATCHED"] == "1"
  RUBY
  # A heap of some size, of which a part is always new.
  APP = <<~'RUBY'
    require "json" unless ENV["JSON"] == "0"
    User = Struct.new(:name, :roles, :settings)
    USERS = Array.new(20_000) { |i| User.new("user #{i}", ["role #{i % 7}"], { "id" => i }) }
    run lambda { |env|
      100.times do
        i = rand(USERS.size)
        USERS[i] = User.new("user #{i}", ["role #{i % 7}"], { "id" => i, "path" => env["PATH_INFO"] })
      end
      [200, { "content-type" => "text/plain" }, ["fine"]]
    }
  RUBY

  def self.prepare(dir)
    File.write("#{dir}/puma.rb", CONFIG)
    File.write("#{dir}/config.ru", APP)
  end

  def initialize(dir, watched)
    @log = "#{dir}/log-#{watched}"
    env = { "WATCHED" => watched ? "1" : "0", "EVERY" => EVERY, "HEAPDUMP_DIR" => "#{dir}/heaps",
            "HEAPDUMP_WATCH" => nil, "MALLOC_ARENA_MAX" => "2" }
    @pid = Process.spawn(env, RbConfig.ruby, "-I#{HERE}/lib", "-S", "puma", "-C", "#{dir}/puma.rb",
                         "#{dir}/config.ru", in: File::NULL, out: @log, err: %i[child out])
    sleep 0.02 until (@port = File.read(@log)[%r{http://127\.0\.0\.1:(\d+)}, 1])
    raise "not watched as it should be" unless watching?(watched ? 30 : 1) == watched
  end

  # Loads it until `stop` (monotonic seconds), and writes the latencies after `from` to the pipe.
  def load(from, stop)
    @reader, writer = IO.pipe
    @loader = fork do
      @reader.close
      threads = Array.new(CONNECTIONS) { Thread.new { request(from, stop) } }
      writer.write(Marshal.dump(threads.flat_map(&:value)))
      exit!(0)
    end
    writer.close
  end

  # What was seen of it (Hash of numbers), when its load has ended.
  def result
    latencies = Marshal.load(@reader.read).sort # rubocop:disable Security/MarshalLoad
    Process.wait(@loader)
    share = ->(part) { latencies[(latencies.size * part).ceil - 1] * 1000 }
    rollup = File.read("/proc/#{@pid}/smaps_rollup")
    kib = ->(name) { rollup[/^#{name}: +(\d+) kB/, 1].to_i }
    { p50: share[0.5], p99: share[0.99], rss: kib["Rss"] / 1024.0,
      private: (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024.0, requests: latencies.size }
  end

  def stop
    Process.kill(:KILL, @pid)
    Process.wait(@pid)
  end

  private

  # Whether it says so within so many seconds: a machine that has much to do takes its time.
  def watching?(seconds)
    deadline = Visitors.now + seconds
    until (said = File.read(@log).include?("heapdump: watch: watching")) || Visitors.now > deadline
      sleep 0.05
    end
    said
  end

  def request(from, stop)
    seen = []
    Net::HTTP.start("127.0.0.1", @port.to_i) do |http|
      until (start = Visitors.now) > stop
        raise unless http.get("/").code == "200"

        seen << (Visitors.now - start) if start > from
        sleep PAUSE
      end
    end
    seen
  end
end

# Pairs of numbers that were measured at the same time, without and with a watch.
class Pairs
  TIMES = 10_000

  def initialize(off, on)
    @off = off
    @on = on
    @differences = on.zip(off).map { |one, other| one - other }
  end

  # Medians without and with, of the difference, the interval of that, the p-value, the verdict.
  def row
    low, high = interval
    [@off, @on].map { |numbers| format("%.2f", median(numbers)) } +
      [format("%+.3f", median(@differences)), format("%+.3f to %+.3f", low, high),
       format("%.3f", sign_test), measurable? ? "**different**" : "not measurably different"]
  end

  private

  def measurable?
    low, high = interval
    low.positive? || high.negative? || sign_test < 0.05
  end

  def median(numbers)
    sorted = numbers.sort
    (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2.0
  end

  def interval
    @interval ||= begin
      random = Random.new(1)
      medians = Array.new(TIMES) do
        median(Array.new(@differences.size) { @differences.sample(random: random) })
      end.sort
      [medians[TIMES / 40], medians[-1 - (TIMES / 40)]]
    end
  end

  # How probable so few of one sign are if a watch changes nothing, of both sides.
  def sign_test
    signs = @differences.reject(&:zero?)
    few = [signs.count(&:positive?), signs.count(&:negative?)].min
    ways = (0..few).sum { |k| (0...k).inject(1) { |n, i| n * (signs.size - i) / (i + 1) } }
    [2.0 * ways / (2**signs.size), 1.0].min
  end
end

EVERY = ENV.fetch("EVERY", "10")
WARM_UP = 5 # seconds of a slice that do not count
SECONDS = 20 # that count
UNITS = { p50: "latency p50, ms", p99: "latency p99, ms", rss: "RSS, MiB",
          private: "private memory, MiB" }.freeze

# [without, with] of one slice.
def slice(dir, number)
  order = number.even? ? [false, true] : [true, false]
  servers = order.to_h { |watched| [watched, Slice.new(dir, watched)] }
  from = Visitors.now + WARM_UP
  servers.each_value { |server| server.load(from, from + SECONDS) }
  [false, true].map { |watched| servers[watched].result }
ensure
  servers&.each_value(&:stop)
end

$stdout.sync = true
load_average = -> { File.read("/proc/loadavg").split.first(3).join(" ") }
minutes = Float(ENV.fetch("MINUTES", "15"))
puts "#{Time.now.utc.strftime("%F %R")}, Ruby #{RUBY_VERSION}, #{minutes.round} minutes, " \
     "a look every #{EVERY} s, load #{load_average.call}#{", no JSON" if ENV["JSON"] == "0"}"
slices = Dir.mktmpdir("heapdump-soak") do |dir|
  Slice.prepare(dir)
  deadline = Visitors.now + (minutes * 60)
  all = []
  all << slice(dir, all.size) while Visitors.now < deadline
  all
end
requests = slices.flatten.sum { |one| one[:requests] }
puts "#{slices.size} slices, #{requests} requests, load at the end #{load_average.call}", "",
     "| | without | with | difference | 95 % interval | sign test p | |", "|#{"---|" * 7}"
UNITS.each do |key, name|
  pairs = Pairs.new(*[0, 1].map { |which| slices.map { |pair| pair[which][key] } })
  puts "| #{[name, *pairs.row].join(" | ")} |"
end

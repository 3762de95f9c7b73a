# frozen_string_literal: true

# `rake soak`: a Puma cluster under load whose workers are dumped by signal every ten seconds, all
# but one at once. That one is never dumped, to know what the application does to its memory itself.
#
#   MINUTES=1 rake soak    # that long (default 15)
#
# Ends with status 1 if a request failed, a dump is not whole, a worker was restarted, or one that
# is dumped grew after the first fifth of the time, and by more than the other.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "heapdump/snapshot"
require "socket"
require "support/served_dumps"
require "tmpdir"

# What /proc tells of one worker, between dumps.
Sample = Struct.new(:private, :rss, :fds, :threads, :children, :zombies) do
  def self.of(pid)
    rollup = File.read("/proc/#{pid}/smaps_rollup")
    kib = ->(name) { rollup[/^#{name}:\s+(\d+) kB/, 1].to_i }
    new(kib["Private_Clean"] + kib["Private_Dirty"], kib["Rss"],
        Dir.children("/proc/#{pid}/fd").size, Dir.children("/proc/#{pid}/task").size,
        Processes.children(pid).size, Processes.zombies(pid).size)
  end
end

# A worker and all that was seen of it.
class Worker
  WARM_UP = 5 # a fifth of the samples is not judged
  ALLOWED = { private: 0.05, rss: 0.05, fds: 0.25 }.freeze # shares of what there was

  attr_reader :pid, :samples, :pauses, :seconds, :objects, :damaged

  def initialize(pid, dumped:)
    @pid = pid
    @dumped = dumped
    @samples = []
    @pauses = []
    @seconds = []
    @objects = []
    @damaged = []
  end

  def dumped?
    @dumped
  end

  def look
    @samples << Sample.of(pid)
  end

  # The dump, of which the log has told, is whole and valid as `heapdump verify` sees it.
  def verify(path, told)
    @objects << told[:objects].delete(",").to_i
    @seconds << told[:seconds].to_f
    @pauses << told[:pause].to_f
    snapshot = HeapDump::Snapshot.new(path, index: false, strict: true)
    snapshot.load
    @damaged.concat(snapshot.warnings)
    account = snapshot.tally
    @damaged << "no footer" unless account[:has_footer]
    @damaged << "process #{snapshot.header["pid"]}" unless snapshot.header["pid"] == pid
    @damaged << "#{snapshot.objects} objects" unless snapshot.objects == @objects.last
  rescue HeapDump::Error => e
    @damaged << e.message
  ensure
    File.unlink(path)
  end

  # The median after warming up, and that at the end.
  def change(what)
    judged = samples.drop(samples.size / WARM_UP).map(&what)
    part = [judged.size / WARM_UP, 1].max
    [judged.first(part), judged.last(part)].map { |numbers| numbers.sort[numbers.size / 2] }
  end

  # By which share of what there was it grew.
  def growth(what)
    first, last = change(what)
    last.fdiv(first) - 1
  end

  # Why it is worse off than at the beginning, and than the one that is not dumped.
  def complaints(other)
    late = samples.drop(samples.size / WARM_UP)
    left = []
    left << "threads: #{late.map(&:threads).minmax}" if late.map(&:threads).uniq.size > 1
    left << "children are left" if samples.any? { |sample| sample.children.positive? }
    left << "zombies are left" if samples.any? { |sample| sample.zombies.positive? }
    grown(other) + left + damaged
  end

  def to_s
    megabytes = ->(what) { change(what).map { |kib| format("%.1f", kib / 1024.0) }.join(" → ") }
    line = format("%-10d private %s MiB, RSS %s MiB, descriptors %s, threads %s, children %d",
                  pid, megabytes[:private], megabytes[:rss], change(:fds).join(" → "),
                  change(:threads).join(" → "), samples.map(&:children).max)
    return "#{line}   never dumped" unless dumped?

    "#{line}\n           #{pauses.size} dumps of #{objects.minmax.join(" to ")} objects, " \
      "#{damaged.size} damaged, pause #{spread(pauses)} ms, written in #{spread(seconds)} s"
  end

  private

  def grown(other)
    ALLOWED.filter_map do |what, allowed|
      shares = [self, other].map { |worker| worker.growth(what).round(3) }
      next if shares.first <= [shares.last, 0].max + allowed

      "#{what} grew by #{shares.first}, and without dumps by #{shares.last}"
    end
  end

  def spread(numbers)
    return "-" if numbers.empty?

    format("%<median>.3g (at most %<most>.3g)",
           median: numbers.sort[numbers.size / 2], most: numbers.max)
  end
end

# The cluster, its load, and the dumps.
class Soak
  EVERY = 10 # seconds
  WORKERS = 3
  # A heap of some size, of which a part is always new.
  APP = <<~'RUBY'
    User = Struct.new(:name, :roles, :settings)
    USERS = Array.new(20_000) { |i| User.new("user #{i}", ["role #{i % 7}"], { "id" => i }) }
    run lambda { |env|
      100.times do
        i = rand(USERS.size)
        USERS[i] = User.new("user #{i}", ["role #{i % 7}"], { "id" => i, "path" => env["PATH_INFO"] })
      end
      [200, { "content-type" => "text/plain" }, ["#{Process.pid}\n"]]
    }
  RUBY

  TOLD = /^heapdump: SIGUSR2: dumped (?<path>\S+): (?<objects>[\d,]+) objects, .*?B, (?<seconds>[\d.]+) s; the process stood still for (?<pause>[\d.]+) ms/ # rubocop:disable Layout/LineLength

  def initialize(minutes)
    @seconds = minutes * 60
    @answered = Hash.new(0)
    @failures = []
  end

  def run
    Dir.mktmpdir("heapdump-soak") do |directory|
      @dumps = File.join(directory, "dumps")
      Dir.mkdir(@dumps)
      serve(directory) { rounds }
    end
    report
    self
  end

  def fine?
    @failures.empty? && @restarted.empty? && @answered.keys.sort == @workers.map(&:pid).sort &&
      dumped.all? { |worker| worker.complaints(other).empty? }
  end

  private

  def dumped
    @workers.select(&:dumped?)
  end

  def other
    @workers.find { |worker| !worker.dumped? }
  end

  def serve(directory)
    config = ServedDumps::PUMA.sub("workers 2", "workers #{WORKERS}")
    environment = { "HEAPDUMP_DIR" => @dumps, "HEAPDUMP_SIGNAL" => nil, "WEB_CONCURRENCY" => nil,
                    "MALLOC_ARENA_MAX" => "2" } # as in production; less depends on chance
    @server = Server.new(directory, "puma", config, env: environment, app: APP)
    pids = @server.workers(WORKERS)
    @workers = pids.map { |pid| Worker.new(pid, dumped: pid != pids.first) }
    @load = Load.new(@server)
    yield
    @load.stop
    count_answers
    @restarted = @server.workers(WORKERS) - pids
  ensure
    @server&.stop
  end

  def rounds
    start = now
    (1..).each do |number|
      sleep [start + (number * EVERY) - now, 0].max
      @workers.each(&:look)
      break if now - start > @seconds

      round
      count_answers
      progress(now - start) if (number % 6).zero?
    end
  end

  # Everybody's dump at the same time.
  def round
    after = @server.log.bytesize
    Process.kill(:USR2, *dumped.map(&:pid))
    told = dumped.map { |worker| told_by(worker, after) }
    dumped.zip(told) { |worker, match| worker.verify(match[:path], match) }
    raise "left behind: #{Dir.children(@dumps)}" unless Dir.empty?(@dumps)
  end

  # What the log says of its dump (MatchData).
  def told_by(worker, after)
    @server.wait_for("a dump of process #{worker.pid}") do
      @server.log.byteslice(after..).gsub(TOLD).map { Regexp.last_match }
             .find { |match| match[:path].include?("/heap-#{worker.pid}-") }
    end
  end

  def count_answers
    @load.answers.each { |body, count| @answered[body.to_i] += count }
    @failures << @load.failures.pop until @load.failures.empty?
  end

  def progress(seconds)
    memory = @workers.map { |worker| format("%.1f", worker.samples.last.private / 1024.0) }
    puts format("%<minutes>2d min: %<requests>d requests, private memory %<memory>s MiB",
                minutes: (seconds / 60).round, requests: @answered.values.sum,
                memory: memory.join(", "))
  end

  def report
    puts "#{@answered.values.sum} requests, #{@failures.size} failed; " \
         "#{@workers.sum { |worker| worker.pauses.size }} dumps"
    puts other
    dumped.each { |worker| puts worker, worker.complaints(other).map { |text| "    #{text}" } }
    puts "answers: #{@workers.map { |worker| @answered[worker.pid] }.join(", ")}"
    puts "restarted: #{@restarted.inspect}", @failures.first(5)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

$stdout.sync = true
minutes = Float(ENV.fetch("MINUTES", "15"))
puts format("Ruby %<ruby>s, %<minutes>g minutes, a dump of two workers of three every %<every>d s",
            ruby: RUBY_VERSION, minutes: minutes, every: Soak::EVERY)
exit Soak.new(minutes).run.fine?

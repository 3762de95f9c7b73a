# frozen_string_literal: true

# `rake test:ptrace` and `rake test:gdb`: attach to processes at random moments, many times, and
# count how that went.
#
#   ROUNDS=100 rake test:ptrace           # attaches to each kind of process (default 3)
#   ROUNDS=100 KILLS=20 rake test:ptrace  # and 20 more, in which the program is killed
#   ONLY=Puma rake test:gdb               # one kind of process
#
# "held" is for how many milliseconds the process was held: the median, the 99th of 100, the most.
# Ends with status 1 if a process died or hangs, a request of Puma's failed, or fewer than 99 of 100
# dumps are whole (of those in which nothing was killed).

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "fileutils"
require "net/http"
require "tmpdir"
require "support/outside"
require "heapdump/outside/footer"
require_relative "killed_attach"

# A process that is dumped over and over, and what came of it.
class Rounds
  PING = <<~'RUBY'
    $stdout.sync = true
    trap("USR1") { $stdout.syswrite("ping\n") }
  RUBY
  WAIT = 30 # seconds for everything that takes a fraction of one

  def initialize(name, code, via)
    @name = name
    @code = code
    @via = via
    @whole = @failed = @killed = @died = @hung = @requests = @failed_requests = 0
    @held = []
    @reasons = Hash.new(0)
  end

  # +kills+ more rounds, somewhere among the others, are those in which the program is killed.
  def run(rounds, kills)
    [*[false] * rounds, *[true] * kills].shuffle.each do |kill|
      start unless @pid
      sleep rand(0.0..0.1)
      KilledAttach.now = kill
      take(kill)
      check
    end
    self
  ensure
    stop
  end

  def fine?
    @died.zero? && @hung.zero? && @failed_requests.zero? && @failed * 100 <= @whole + @failed
  end

  def to_s
    line = format("%-14s %4d whole %3d failed %3d died %3d hung %4d killed   " \
                  "held %6.1f %6.1f %6.1f ms", @name, @whole, @failed, @died, @hung, @killed,
                  quantile(0.5), quantile(0.99), quantile(1))
    line << "   #{@requests} requests, #{@failed_requests} failed" if @requests.positive?
    [line, *@reasons.map { |reason, count| "    #{count} × #{reason}" }].join("\n")
  end

  private

  def quantile(share)
    @held.empty? ? 0.0 : @held.sort[((@held.size - 1) * share).ceil] * 1000
  end

  def start
    @out, writer = IO.pipe
    @nothing, @open_end = IO.pipe
    environment = @name == "Puma" ? {} : Child::BUNDLER.to_h { |name| [name, nil] }
    @pid = Process.spawn(environment, RbConfig.ruby, "-W0", "-e", "#{PING}\n#{@code}",
                         in: @nothing, out: writer, pgroup: true)
    writer.close
    raise "#{@name} does not start" unless (line = answer)

    @port = line[/\d+/]&.to_i
    @load = @port && Array.new(2) { Thread.new { load } }
  end

  def answer
    @out.gets if @out.wait_readable(WAIT)
  end

  # A dump, and whether it is whole.
  def take(kill)
    Dir.mktmpdir("heapdump-rounds") do |directory|
      path = File.join(directory, "heap.json")
      status, out, err = Outside.heapdump("take", @pid, "-o", path, "--via", @via, "--timeout",
                                          WAIT, "--json")
      return @killed += 1 if kill && KilledAttach.killed?(err)
      return failed(err) unless status.zero?

      @held << JSON.parse(out).fetch("held")
      complaint = read(path)
      complaint ? failed(complaint) : @whole += 1
    end
  end

  # Every line is JSON by its shape, and as many objects as the footer tells.
  def read(path)
    objects = 0
    File.foreach(path, mode: "rb") do |line|
      return "a broken line" unless line.start_with?("{") && line.end_with?("}\n")

      objects += 1 if line.start_with?('{"address"')
    end
    footer = HeapDump::Outside::Footer.read(path)
    "#{objects} objects of #{footer["objects"]}" unless objects == footer["objects"]
  rescue HeapDump::Error => e
    e.message.sub(path, "")
  end

  def failed(reason)
    @failed += 1
    @reasons[reason.chomp.gsub(@pid.to_s, "PID")] += 1
  end

  # The main thread still answers.
  def check
    return died unless Outside.runs?(@pid)

    Process.kill(:USR1, @pid)
    return if answer == "ping\n"
    return died unless Outside.runs?(@pid)

    @hung += 1
    stop
  end

  def died
    @died += 1
    stop
  end

  def stop
    return unless @pid

    @load&.each(&:kill)&.each(&:join)
    Outside.stop(@pid)
    [@out, @nothing, @open_end].each(&:close)
    @pid = nil
  end

  # Requests, one after the other.
  def load
    loop do
      @requests += 1
      response = Net::HTTP.start("127.0.0.1", @port, read_timeout: WAIT) { |http| http.get("/") }
      @failed_requests += 1 unless response.code == "200" && response.body.start_with?("done ")
      sleep 0.002
    rescue SystemCallError, IOError, Timeout::Error
      @failed_requests += 1 if Outside.runs?(@pid.to_i)
    end
  end
end

TARGETS = {
  "sleeping" => 'puts "up"; sleep',
  "allocating" => <<~'RUBY',
    kept = []
    puts "up"
    loop { kept.size > 10_000 ? kept.clear : kept << ("x" * 50) }
  RUBY
  "GC-heavy" => <<~'RUBY',
    kept = Array.new(20_000) { |i| [i.to_s] }
    puts "up"
    loop { GC.start(full_mark: [true, false].sample); kept[rand(kept.size)] = Array.new(50) { Object.new } }
  RUBY
  "sorting" => <<~'RUBY',
    list = Random.bytes(1 << 18).bytes
    good = list.sort
    puts "up"
    loop { list.sort == good or raise "a register has changed" }
  RUBY
  "many threads" => <<~'RUBY',
    queue = Queue.new
    40.times { Thread.new { loop { queue.pop; Thread.new { "x" * 10 }.join } } }
    2.times { Thread.new { loop { queue << Array.new(100) { |i| i.to_s }; sleep 0.001 } } }
    puts "up"
    loop { sleep 0.01; queue.size }
  RUBY
  "Puma" => <<~'RUBY'
    require "puma"
    require "puma/server"
    cache = {}
    app = lambda do |_env|
      cache[rand(1000)] = Array.new(100) { |i| "entry #{i}" }
      [200, { "content-type" => "text/plain" }, ["done #{cache.size}"]]
    end
    server = Puma::Server.new(app, nil, min_threads: 4, max_threads: 4)
    port = server.add_tcp_listener("127.0.0.1", 0).addr[1]
    thread = server.run
    puts "port #{port}"
    thread.join
  RUBY
}.freeze

via = ENV.fetch("VIA", "ptrace")
if (reason = Outside.unable(via))
  puts "SKIPPED: #{reason}"
  exit
end

rounds = Integer(ENV.fetch("ROUNDS", "3"))
kills = Integer(ENV.fetch("KILLS", "0"))
only = ENV.fetch("ONLY", "")
puts "Ruby #{RUBY_VERSION}, by #{via}: #{rounds} attaches at random moments to each, " \
     "and #{kills} that are killed; load #{File.read("/proc/loadavg").split.first}"
chosen = TARGETS.select { |name,| name.include?(only) }
if chosen.key?("Puma") && Gem::Specification.stubs_for("puma").none?
  puts "Puma is left out: no gem puma here"
  chosen = chosen.except("Puma")
end
results = chosen.map do |name, code|
  Rounds.new(name, code, via).run(rounds, kills).tap { |result| puts result }
end
exit results.all?(&:fine?)

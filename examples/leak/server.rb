# frozen_string_literal: true

require "json"
require "net/http"
require "rbconfig"

# The app in Puma as a child process, spoken to over HTTP and signals.
class LeakingApp
  HERE = __dir__
  DEADLINE = 30 # seconds, for everything that is waited for
  DUMPED = /^heapdump: SIGUSR2: dumped (?<path>.+): (?<figures>[\d,]+ obj.*); .* (?<pause>\S+ ms)$/

  # One of its workers (Integer), or the only process.
  attr_reader :worker

  # +config+ is one of the files here. The block may put words before the command, as "nice".
  def initialize(dir, log, config: "puma.rb", env: {}, &before)
    @log = log
    command = [RbConfig.ruby, "-S", "puma", "--config", "#{HERE}/#{config}", "#{HERE}/config.ru"]
    command = before.call(*command) if before
    @pid = Process.spawn({ "HEAPDUMP_DIR" => dir, "HEAPDUMP_SIGNAL" => nil, **env }, *command,
                         in: File::NULL, out: [log, "a"], err: %i[child out])
    @port = logged(%r{Listening on http://127\.0\.0\.1:(\d+)})[1].to_i
    @worker = logged(/Worker 0 \(PID: (\d+)\) booted|^\* +PID: (\d+)$/).captures.compact.first.to_i
  rescue RuntimeError
    stop
    raise
  end

  # Runs the block with one connection that is kept open.
  def connect(&)
    Net::HTTP.start("127.0.0.1", @port, nil, read_timeout: DEADLINE, &)
  end

  # What the worker counts in its heap. Another one may answer: then it is asked again.
  def counts
    wait_for("an answer of worker #{worker}") do
      answer = LeakingApp.body(connect { |http| http.get("/counts") })
      answer if answer["pid"] == worker
    end
  end

  # Signals the worker; waits until its dump is written. Returns what it said of it.
  def dump
    said = File.size(@log)
    Process.kill(:USR2, worker)
    logged(DUMPED, from: said)
  end

  def self.body(response)
    raise "status #{response.code}: #{response.body}" unless response.is_a?(Net::HTTPSuccess)

    JSON.parse(response.body)
  end

  def stop
    %i[TERM KILL].each do |signal|
      Process.kill(signal, @pid) unless ended?
      wait_until(10) { ended? }
    end
  end

  def ended?
    @ended ||= Process.wait(@pid, Process::WNOHANG)
  end

  private

  # Waits for a line of the log, from a byte on.
  def logged(pattern, from: 0)
    wait_for("#{pattern.inspect} in the log") do
      File.read(@log, nil, from, encoding: Encoding::UTF_8).scrub.match(pattern)
    end
  end

  def wait_for(what)
    result = nil
    wait_until(DEADLINE) { (result = yield) || ended? }
    result or raise "not within #{DEADLINE} s: #{what}"
  end

  def wait_until(seconds)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    sleep 0.02 until yield || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  end
end

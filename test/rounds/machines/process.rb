# frozen_string_literal: true

require "fileutils"
require "heapdump/snapshot"
require "io/wait"
require "net/http"
require "rbconfig"
require "socket"
require "support/outside"

module Machines
  # A process of a program: started, dumped many times, and what came of it.
  class Process
    HEADING = "                          whole  failed  died  median s    most s   requests"
    AUTO = File.expand_path("../../../lib/heapdump/auto", __dir__)
    WAIT = 30 # seconds for what takes a few

    def initialize(program, directory)
      @program = program
      @directory = directory
      @whole = @failed = @requests = @refused = 0
      @seconds = []
      @reasons = Hash.new(0)
    end

    def run(rounds)
      @program.around(@directory) do |env|
        start(env)
        load = @program.port && Thread.new { ask }
        rounds.times { |i| i.even? || Outside.unable ? dump_by_signal : dump_from_outside }
        @inside = inside(rounds)
        load&.kill&.join
        @alive = goes_on?
      rescue RuntimeError => e
        failed(e.message)
      ensure
        stop
      end
    end

    def fine?
      @alive && @failed.zero? && @refused.zero? && @inside
    end

    def to_s
      sorted = @seconds.sort
      line = format("%-24s %6d %7d %5s %9.2f %9.2f", @program.name, @whole, @failed,
                    @alive ? "no" : "YES", sorted[sorted.size / 2] || 0, sorted.last || 0)
      line << format(" %10d", @requests) if @program.port
      line << ", #{@refused} refused" if @refused.positive?
      line << "  and #{@inside} of its own" if @program.inside
      [line, *@reasons.map { |reason, count| "    #{count} × #{reason}" }].join("\n")
    end

    private

    def start(env)
      @in, writer = IO.pipe
      @nothing, @input = IO.pipe
      @group = ::Process.spawn(watched.merge(env), *@program.command,
                               in: @nothing, out: writer, err: log, pgroup: true,
                               chdir: @directory)
      writer.close
      @input.puts(@program.input) if @program.input
      @pid = Integer(wanted("up"))
    end

    # A program that was not changed, which dumps itself at a signal.
    def watched
      bundler = Child::BUNDLER.to_h { |name| [name, nil] }
      bundler.merge("RUBYOPT" => "-W0 -r#{AUTO}", "HEAPDUMP_SIGNAL" => "URG",
                    "HEAPDUMP_STRINGS" => "none", "HEAPDUMP_DIR" => @directory)
    end

    def log
      File.join(@directory, "log")
    end

    # The number behind this word on a line that the program prints.
    def wanted(word, patience = WAIT)
      deadline = now + patience
      until (left = deadline - now).negative?
        next unless @in.wait_readable(left)

        line = @in.gets or break
        found = line[/\b#{word} (\d+)/, 1]
        return found if found
      end
      raise "#{@program.name} does not say \"#{word}\":\n#{File.read(log).lines.last(15).join}"
    end

    def outside
      @outside ||= Outside.heapdump("take", "--help")[1].include?("ptrace") ? "ptrace" : "gdb"
    end

    def dump_from_outside
      path = File.join(@directory, "taken.json")
      started = now
      status, _, err = Outside.heapdump("take", @pid, "-o", path, "--via", outside,
                                        "--timeout", WAIT)
      @seconds << (now - started)
      status.zero? ? verify(path) : failed("#{outside}: #{err}")
    ensure
      FileUtils.rm_f(path)
    end

    # The file has its name when it is whole.
    def dump_by_signal
      started = now
      ::Process.kill(:URG, @pid)
      sleep 0.005 until (path = signalled) || now - started > WAIT
      @seconds << (now - started)
      path ? verify(path) : failed("by signal: no dump")
      sleep 0.1 # the process may not know yet that it is done
    rescue Errno::ESRCH
      failed("by signal: the process is gone")
    ensure
      FileUtils.rm_f(path) if path
    end

    def signalled
      Dir["#{@directory}/heap-*.json*"].grep_v(/\.partial/).first
    end

    def verify(path)
      snapshot = HeapDump::Snapshot.new(path, index: false, strict: true)
      snapshot.load
      snapshot.warnings.empty? ? @whole += 1 : failed(snapshot.warnings.join("; "))
    rescue HeapDump::Error => e
      failed(e.message)
    end

    def failed(reason)
      @failed += 1
      @reasons[reason.chomp.gsub(@pid.to_s, "PID").gsub(@directory, "DIR")] += 1
    end

    # What the process dumps itself, half in process and half in a fork, is counted by it.
    def inside(rounds)
      return true unless @program.inside

      @input.puts(rounds)
      count = Integer(wanted("dumped", 10 * WAIT))
      made = Dir[File.join(@directory, "own-*.json")]
      before = @whole
      made.each { |file| verify(file) }
      good = @whole - before
      @whole = before
      good == count && count == rounds ? count : false
    end

    # It still runs and moves.
    def goes_on?
      return false unless Outside.runs?(@pid)
      return !asked.nil? if @program.port

      @program.tick ? !wanted("tick").nil? : true
    rescue SystemCallError, RuntimeError
      false
    end

    def ask
      loop do
        @requests += 1
        asked
        sleep 0.005
      rescue SystemCallError, IOError, Timeout::Error
        @refused += 1
      end
    end

    def asked
      Net::HTTP.start("127.0.0.1", @program.port, read_timeout: WAIT) do |http|
        response = http.get("/")
        raise IOError, response.code unless response.code == "200"

        response
      end
    end

    def stop
      return unless @group

      ::Process.kill(:KILL, -@group)
      ::Process.wait(@group)
      [@in, @nothing, @input].each(&:close)
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    end

    def now
      ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
    end
  end
end

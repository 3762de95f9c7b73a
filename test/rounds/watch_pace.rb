# frozen_string_literal: true

# `rake watch:pace`: a watched process that leaks at a certain rate under a limit of its memory,
# until the kernel kills it. Prints a Markdown table: how many dumps were whole then, and whether
# one was under way.
#
#   RUNS=3               of each
#   LIMIT=1024           MiB
#   RATES=28,64,145      MiB a second
#   BASE=60              MiB that the process has before it leaks
#   EVERY=10             seconds between looks
#   LIB=lib              where heapdump is loaded from, to compare with another version

require "rbconfig"
require "tmpdir"
require_relative "../../examples/leak/memory_group"
require_relative "../../examples/leak/verdict"

# One run: what was seen of it.
class PacedDeath
  MIB = 1024.0 * 1024
  HEAD = ["MiB a second", "in fact", "whole dumps", "one under way at the kill",
          "made at, of the limit", "seconds of each", "refused because of",
          "`leaks` names it"].freeze
  LEAK = <<~'RUBY'
    require "heapdump"
    rate, base, limit, every, dir = *ARGV[0, 4].map { |text| Float(text) }, ARGV[4]
    class Session; def initialize = @data = "#{rand}" * 6000; end # 110 KiB
    class Registry; SESSIONS = []; end
    def used = File.read("/proc/self/statm").split[1].to_i * 4096 / 1048576.0
    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    BASE = []
    BASE << "b#{BASE.size}" * 2000 while used < base
    HeapDump.watch(to: dir, settle: 0, every: every)
    sleep 3 + 10 * rand # nobody knows when a leak begins
    began, first = now, used
    $stderr.puts "leak"
    until used > limit * 2
      Registry::SESSIONS << Session.new while used < first + (rate * (now - began))
      sleep 0.01
    end
  RUBY

  def initialize(limit:, rate:, base:, every:, lib:)
    @limit = limit << 20
    @arguments = [rate, base, limit, every].map(&:to_s)
    @rate = rate
    @lib = lib
  end

  def run
    Dir.mktmpdir("heapdump-pace", "/var/tmp") do |dir|
      @dir = dir
      group = MemoryGroup.new(@limit)
      live(group)
      judge
    ensure
      group&.remove
    end
    self
  end

  def cells
    [@rate, format("%.0f", @speed), @whole, @torn ? "yes" : "no", @shares.join(", "),
     @seconds.join(", "), @refused.join(", "), @named]
  end

  private

  def live(group)
    command = group.command(RbConfig.ruby, "-I#{@lib}", "-W0", "-e", LEAK, *@arguments,
                            "#{@dir}/heaps")
    pid = Process.spawn(*command, err: "#{@dir}/log")
    samples = []
    until (ended = Process.wait(pid, Process::WNOHANG))
      samples << [now, group.used] if samples.any? || log.include?("leak\n")
      sleep 0.02
    end
  ensure
    Process.kill(:KILL, pid) unless ended
    most = samples.max_by(&:last)
    @speed = (most.last - samples.first.last) / MIB / [most.first - samples.first.first, 0.1].max
  end

  def judge
    dumps = Dir.glob("#{@dir}/heaps/series-*/*.zst")
    @whole = dumps.size
    begun = log.scan(/dumping to .*because memory: ([\d.,]+) MiB/)
    @torn = begun.size > log.scan(": dumped ").size
    @shares = begun.map { |(mib)| format("%.2f", mib.delete(",").to_f * MIB / @limit) }
    @seconds = log.scan(/dumped .*, ([\d.]+) s; the process/).map do |(text)|
      format("%.1f", text.to_f)
    end
    refused = log.scan(/no dump, although .*: (memory grows|[\d.]+ \w+ of memory are left)/)
    @refused = refused.map { |(words)| words.include?("grows") ? "time" : "room" }
    @named = verdict(dumps)
  end

  def verdict(dumps)
    return "–" if dumps.size < 2

    Verdict.suspects(*dumps.sort).first&.fetch("class") == "Session" ? "yes" : "no"
  end

  def log
    File.read("#{@dir}/log", encoding: Encoding::UTF_8)
  rescue Errno::ENOENT
    ""
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

$stdout.sync = true
abort "SKIPPED: #{MemoryGroup.missing}" if MemoryGroup.missing
number = ->(name, usual) { Integer(ENV.fetch(name, usual)) }
options = { limit: number["LIMIT", "1024"], base: number["BASE", "60"],
            every: number["EVERY", "10"], lib: File.expand_path(ENV.fetch("LIB", "lib")) }
puts "#{Time.now.utc.strftime("%F %R")}, Ruby #{RUBY_VERSION}, load " \
     "#{File.read("/proc/loadavg")[/\S+/]}, #{options.map { |pair| pair.join(" ") }.join("; ")}", ""
row = ->(cells) { puts "| #{cells.join(" | ")} |" }
row[PacedDeath::HEAD]
puts "|#{"---|" * PacedDeath::HEAD.size}"
ENV.fetch("RATES", "28,64,145").split(",").each do |rate|
  number["RUNS", "3"].times { row[PacedDeath.new(rate: Integer(rate), **options).run.cells] }
end

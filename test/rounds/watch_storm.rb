# frozen_string_literal: true

# `rake watch:storm`: 40 processes of one directory whose rules all strike at each second look. In
# the middle of a dump all are killed and started again, three times. Ends with status 1 if two
# dumps were written at the same time, there were more than the budget allows over all restarts, a
# dump that was told of is not whole or not outside, or a watch has failed.
#
#   PROCESSES=40 BUDGET=12 RESTARTS=3

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__))
require "heapdump"
require "heapdump/snapshot"
require "tmpdir"

# Processes of one directory, and what is seen in it.
class Storm
  PATIENCE = 120 # seconds
  BALLAST = 200_000 # objects, so that a dump takes a while
  FAILED = /look has failed|ended in process|not started in|no dump at|could not|cannot/

  attr_reader :most, :problems

  def initialize(directory, processes, budget)
    @heaps, @outside = %w[heaps outside].map { |name| File.join(directory, name) }
    [@heaps, @outside].each { |path| Dir.mkdir(path, 0o700) }
    @log = File.join(directory, "log")
    File.write(@log, "")
    @processes = processes
    @budget = budget
    @ballast = Array.new(BALLAST) { |i| i.to_s * 3 }
    @most = 0
    @problems = []
  end

  # Starts all; kills them while a dump is written after so many more, or with nil when each has
  # refused because of the budget and all is outside. Returns how many dumps there are then.
  def round(more)
    before = dumps.size
    pids = Array.new(@processes) { fork { watch } }
    wait("the end of a round") do
      more ? dumps.size >= before + more && partial.any? : refused(pids) == pids && finished?
    end
    dumps.size
  ensure
    Process.kill(:KILL, *pids)
    pids.each { |pid| Process.wait(pid) }
  end

  # Nothing is lost: what was begun and not interrupted is whole, here and outside.
  def judge
    dumps.each { |path| verify(path) }
    missing = told("dumped (\\S+):") - dumps
    @problems << "told of, but not there: #{missing.join(", ")}" if missing.any?
    count
    @problems.concat(File.foreach(@log).grep(FAILED).uniq.first(5))
    self
  end

  def dumps
    Dir.glob("#{@heaps}/series-*/*.zst")
  end

  def begun
    told("dumping to (\\S+),").size
  end

  private

  def watch
    $stderr.reopen(@log, "a")
    looks = 0
    HeapDump::Watch::Engine.define_method(:pause) { 0.2 + (0.1 * rand) }
    HeapDump.watch(to: [@heaps, "file:#{@outside}"], every: 1, settle: 0, cooldown: 0,
                   at_most: @budget, keep: { files: 1000 }) do |on|
      on.rule(:now) { (looks += 1).odd? }
    end
    sleep
  end

  def count
    state = JSON.parse(File.read("#{@heaps}/state.json"))["dumps"].size
    return if [begun, state].all?(@budget)

    @problems << "#{begun} dumps begun, #{state} of them in state.json, the budget is #{@budget}"
  end

  # A process that is killed before it has forked leaves a partial file that nobody writes.
  def finished?
    dumps.all? { |path| File.exist?(path.sub(@heaps, @outside)) } && !partial.intersect?(open_files)
  end

  # Processes (numbers) that have told of the budget.
  def refused(pids)
    pids & told("no dump, although .*heapdump take (\\d+)`").map(&:to_i)
  end

  def told(pattern)
    File.read(@log).scan(/^heapdump: watch: #{pattern}/).flatten
  end

  def wait(what)
    deadline = now + PATIENCE
    until yield
      count_writers
      raise "never: #{what}\n#{File.readlines(@log).last(20).join}" if now > deadline

      sleep 0.01
    end
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def partial
    Dir.glob("#{@heaps}/series-*/*.partial-*")
  end

  # What a process that was killed has left is no dump, unless another one still has it open.
  def count_writers
    paths = partial
    paths &= open_files if paths.size > 1
    @most = [@most, paths.size].max
  end

  def open_files
    Dir.glob("/proc/[0-9]*/fd/*").filter_map do |link|
      File.readlink(link)
    rescue SystemCallError
      nil
    end
  end

  def verify(path)
    snapshot = HeapDump::Snapshot.new(path, index: false, strict: true)
    snapshot.load
    @problems << "#{path} has no footer" unless snapshot.tally[:has_footer]
  rescue HeapDump::Error => e
    @problems << e.message
  end
end

$stdout.sync = true
processes, budget, restarts = { "PROCESSES" => 40, "BUDGET" => 12, "RESTARTS" => 3 }
                              .map { |name, usual| Integer(ENV.fetch(name, usual)) }
puts "#{Time.now.utc.strftime("%F %R")}, Ruby #{RUBY_VERSION}, load " \
     "#{File.read("/proc/loadavg")[/\S+/]}"
Dir.mktmpdir("heapdump-storm") do |directory|
  storm = Storm.new(directory, processes, budget)
  restarts.times do |number|
    puts "#{processes} processes; #{storm.round(2)} dumps when all were killed (#{number + 1})"
  end
  storm.round(nil)
  storm.judge
  problems = storm.problems
  problems << "#{storm.most} dumps were written at the same time" if storm.most > 1
  puts "#{storm.begun} dumps begun, #{storm.dumps.size} written, at most #{storm.most} at once; " \
       "the budget is #{budget}", problems
  exit problems.empty?
end

# frozen_string_literal: true

# What counting costs: HeapDump.report beside memory_profiler and beside
# ObjectSpace.trace_object_allocations, in turn, on three loads. Each measurement is a process of
# its own, since what one has allocated would be there for the next.
#
#     HEAPDUMP_CHECK=0 bin/test compile
#     ruby -Ilib bench/report.rb [ROUNDS] [LOAD …]
#
# For each load it prints, as medians of the rounds, the time that each takes more than the load
# alone (processor time of the process and of all that it has forked, also those that write a dump),
# the same as a share of what memory_profiler takes, and by how much each raises the peak of the
# resident memory of the process over that of the load alone. Then what both have counted, and by
# how much that differs; of what lives, memory_profiler counts strings that its own list holds, so
# that list is left out.

require "fiddle"
require "json"
require "open3"
require "rbconfig"

ROUNDS = Integer(ARGV.shift || 5)
TOOLS = %w[alone heapdump counting stacks memory_profiler tracing].freeze
NOTES = {
  "heapdump" => "HeapDump.report", "counting" => "HeapDump.report(retained: false)",
  "stacks" => "HeapDump.report(stacks: true)", "memory_profiler" => "MemoryProfiler.report",
  "tracing" => "trace_object_allocations"
}.freeze

# Run in a process of its own.
module Measured
  LOADS = {
    "csv" => lambda do
      require "csv"
      lines = Array.new(20_000) { |i| "#{i},name #{i},#{i * 1.5},\"quoted, #{i}\"\n" }.join
      -> { CSV.parse(lines) }
    end,
    "json" => lambda do
      data = Array.new(50_000) { |i| { "id" => i, "name" => "n#{i}", "tags" => ["a", "b#{i}"] } }
      text = JSON.generate(data)
      -> { 2.times { JSON.generate(JSON.parse(text)) } }
    end,
    "rails" => -> { requests(1) },
    "rails-300" => -> { requests(300) }
  }.freeze

  # So many requests to the app of the suite.
  def self.requests(times)
    require_relative "../test/support/rails_app"
    RailsApp.boot
    browser = Rack::MockRequest.new(RailsApp::Application)
    -> { times.times { |i| RailsApp.expect(browser.get("/sessions/#{i}"), 200) } }
  end

  def self.tool(name, load)
    case name
    when "alone" then load.call
    when "heapdump" then HeapDump.report(&load).to_s
    when "counting" then HeapDump.report(retained: false, &load).to_s
    when "stacks" then HeapDump.report(stacks: true, &load).to_s
    when "memory_profiler" then MemoryProfiler.report(&load).pretty_print(StringIO.new)
    when "tracing" then ObjectSpace.trace_object_allocations { load.call }
    end
  end

  # The processes that write a dump are detached. They become children of this process, so that
  # their time is counted when they are waited for.
  def self.adopt
    types = [Fiddle::TYPE_INT] + ([Fiddle::TYPE_LONG] * 4)
    prctl = Fiddle::Function.new(Fiddle.dlopen(nil)["prctl"], types, Fiddle::TYPE_INT)
    prctl.call(36, 1, 0, 0, 0).zero? or abort "prctl(PR_SET_CHILD_SUBREAPER) failed"
  end

  def self.cpu
    Process.waitall
    Process.times.to_a.sum
  end

  # In bytes: the most that has been resident since the file was reset.
  def self.peak
    File.read("/proc/self/status")[/^VmHWM:\s+(\d+)/, 1].to_i * 1024
  end

  def self.prepare(load)
    require "heapdump"
    require "memory_profiler"
    require "objspace"
    require "stringio"
    adopt
    LOADS.fetch(load).call
  end

  # What both say of the same work. The first report of each loads code, which empties caches of
  # MRI that the next run fills.
  def self.count(load)
    work = prepare(load)
    MemoryProfiler::Helpers.class_eval { def lookup_string(_string) = nil }
    tools = [-> { MemoryProfiler.report(&work) }, -> { HeapDump.report(&work).to_memory_profiler }]
    tools.each(&:call)
    3.times { work.call }
    puts JSON.generate(tools.map do |tool|
      results = tool.call
      [results.total_allocated, results.total_allocated_memsize, results.total_retained,
       results.total_retained_memsize]
    end)
  end

  def self.run(tool, load)
    work = prepare(load)
    2.times { work.call }
    GC.start
    File.write("/proc/self/clear_refs", "5")
    before = cpu
    tool(tool, work)
    puts JSON.generate([cpu - before, peak])
  end
end

if %w[--measure --count].include?(ARGV.first)
  ARGV.first == "--count" ? Measured.count(ARGV.last) : Measured.run(*ARGV.drop(1))
  exit
end

require "heapdump"
require_relative "session"

def measure(*arguments)
  command = [RbConfig.ruby, "-W0", "-Ilib", __FILE__, "1", *arguments]
  out, status = Open3.capture2(*command)
  abort "#{arguments.join(" ")}: #{status}" unless status.success?
  JSON.parse(out)
end

def show_counts(theirs, ours)
  names = ["objects", "bytes", "living objects", "living bytes"]
  names.zip(theirs, ours) do |name, their, our|
    share = their.zero? ? "" : format("  %+.3f %%", 100.0 * (our - their) / their)
    puts format("  %-14s %11d %11d%s", name, their, our, share)
  end
end

def median(numbers)
  numbers.sort[numbers.size / 2]
end

def mib(bytes)
  format("%+9.1f MiB", bytes / (1024.0 * 1024))
end

def show(load, measured)
  alone, alone_peak = measured.fetch("alone")
  theirs = measured.fetch("memory_profiler").first - alone
  their_peak = measured.fetch("memory_profiler").last - alone_peak
  puts format("%s: alone %.3f s", load, alone)
  NOTES.each do |tool, words|
    seconds, peak = measured.fetch(tool)
    puts format("  %-34s %+8.3f s  %5.1f %%  %s  %5.1f %%", words, seconds - alone,
                100 * (seconds - alone) / theirs, mib(peak - alone_peak),
                100.0 * (peak - alone_peak) / their_peak)
  end
end

loads = ARGV.empty? ? Measured::LOADS.keys : ARGV
puts "Ruby #{RUBY_VERSION}, #{ROUNDS} rounds; time and peak above the load alone, and shares of " \
     "memory_profiler's"
loads.each do |load|
  rounds = Array.new(ROUNDS) { TOOLS.to_h { |tool| [tool, measure("--measure", tool, load)] } }
  show(load, TOOLS.to_h do |tool|
    [tool, [0, 1].map { |at| median(rounds.map { |round| round.fetch(tool)[at] }) }]
  end)
  puts "  counted, memory_profiler and HeapDump.report:"
  show_counts(*measure("--count", load))
end

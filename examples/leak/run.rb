# frozen_string_literal: true

# Runs the leaking shop in Puma with two workers, visits it, dumps the heap of a worker by a signal
# three times meanwhile, and asks the dumps what leaks. Ends with status 0 if nothing failed and the
# answer is right. bin/demo prepares all it needs.

require "fileutils"
require_relative "server"
require_relative "verdict"
require_relative "visitors"

SECONDS = 3 # of visits, without a dump
DUMPS = 3
DIR = File.expand_path("../../tmp/demo", __dir__)
LOG = File.join(DIR, "puma.log")

def count_table(before, after)
  interesting = %w[T_STRING T_HASH T_DATA T_IMEMO] | after["user_types"].keys
  interesting.map do |name|
    old, new = [before, after].map { |c| c["user_types"][name] || c["basic_types"][name] || 0 }
    "  #{name.ljust(16)} #{old.to_s.rjust(7)} → #{new.to_s.rjust(7)}"
  end
end

# The latencies of all visits without a dump, and of those that a dump overlapped.
def latency_table(without, during)
  { "without a dump" => without, "during the dump" => during }.map do |name, visits|
    format("  %-16s %5d visits: p50 %6.1f ms, p99 %6.1f ms, max %6.1f ms",
           name, visits.size, *Visitors.latencies(visits))
  end
end

# Visits without a dump; says what they have left in the heap of the worker.
def visit(app, visitors)
  before = app.counts
  puts "Visits for #{SECONDS} seconds on #{Visitors::CONNECTIONS} connections"
  visits = visitors.come(SECONDS)
  puts "Objects of worker #{app.worker} after a GC, before → after the visits:",
       count_table(before, app.counts), ""
  visits
end

# A dump while visitors go on coming. Returns what was said of it, and the visits meanwhile.
def dump_meanwhile(app, visitors)
  puts "$ kill -USR2 #{app.worker}"
  said = from = to = nil
  visits = visitors.come do
    sleep 0.5
    from = Visitors.now
    said = app.dump
    to = Visitors.now
    sleep 0.5
  end
  [said, visits.select { |visit| visit.from <= to && visit.to >= from }]
end

# Returns the paths of the dumps. Each is taken while visitors come, and some come in between.
def dumps_under_load(app)
  visitors = Visitors.new(app)
  without = visit(app, visitors)
  during = []
  paths = Array.new(DUMPS) do
    said, visits = dump_meanwhile(app, visitors)
    during.concat(visits)
    puts "Dumped #{said[:path]}: #{said[:figures]}", "The worker stood still for #{said[:pause]}."
    said[:path]
  end
  puts "Latencies:", latency_table(without, during), ""
  paths
end

# Writes the same as a page for a browser, and says where it is. Returns whether that went well.
def report(paths)
  page = File.join(DIR, "report.html")
  puts "$ heapdump report #{paths.join(" ")} -o #{page}"
  system(*Verdict::HEAPDUMP, "report", *paths, "-o", page)
end

Dir.chdir(File.expand_path("../..", __dir__))
FileUtils.rm_rf(DIR)
FileUtils.mkdir_p(DIR)
begin
  puts "Starting Puma with examples/leak/config.ru, two workers"
  app = LeakingApp.new(DIR, LOG)
  dumps = dumps_under_load(app)
ensure
  app&.stop
  warn File.read(LOG) if !dumps && File.exist?(LOG)
end
Verdict.tell(*dumps)
abort "The dumps do not name the leak." unless Verdict.right?(*dumps)
puts "", "The dumps name the leak, its holder, and the line that it comes from.",
     "They stay in tmp/demo. To read one: ruby -Ilib exe/heapdump summary #{dumps.last}", ""
abort "No report could be written." unless report(dumps)

# frozen_string_literal: true

# Runs the leaking shop in Puma with two workers, visits it, dumps the heap of a worker by a signal
# meanwhile, and asks the dump who holds the sessions. Ends with status 0 if nothing failed and the
# answer is right. bin/demo prepares all it needs.

require "fileutils"
require "open3"
require "rbconfig"
require_relative "server"
require_relative "visitors"

CLASS_NAME = "Shop::Session"
SECONDS = 3 # of visits, without a dump
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

# Returns the path of the dump.
def dump_under_load(app)
  visitors = Visitors.new(app)
  without = visit(app, visitors)
  said, during = dump_meanwhile(app, visitors)
  puts "Dumped #{said[:path]}: #{said[:figures]}",
       "The worker stood still for #{said[:pause]}. Latencies:", latency_table(without, during), ""
  said[:path]
end

# Asks the dump; returns the answer.
def who_holds(path)
  command = ["examples/who_holds.rb", path, CLASS_NAME]
  puts "$ ruby #{command.join(" ")}"
  answer, = Open3.capture2(RbConfig.ruby, *command)
  puts answer, ""
  answer
end

# What must stand in the answer: the constant and the block that keep the sessions, each with the
# line of the source that it is written in.
def right?(answer)
  app = File.join(__dir__, "app.rb")
  constant, block = [/SUBSCRIBERS =/, /EventBus\.subscribe\(/].map do |pattern|
    Regexp.escape("#{app}:#{File.readlines(app).index { |text| text.match?(pattern) } + 1}")
  end
  [/^\d{2,} are held like/, /constant SUBSCRIBERS at #{constant} /,
   /proc "block in .*visit" #{block}$/, /captured session → #{CLASS_NAME} 0x\h+$/]
    .all? { |pattern| answer.match?(pattern) }
end

Dir.chdir(File.expand_path("../..", __dir__))
FileUtils.rm_rf(DIR)
FileUtils.mkdir_p(DIR)
begin
  puts "Starting Puma with examples/leak/config.ru, two workers"
  app = LeakingApp.new(DIR, LOG)
  dump = dump_under_load(app)
ensure
  app&.stop
  warn File.read(LOG) if !dump && File.exist?(LOG)
end
abort "The dump does not name the holder of the leak." unless right?(who_holds(dump))
puts "The dump names the holder of the leak."

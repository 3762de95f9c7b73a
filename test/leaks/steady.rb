# frozen_string_literal: true

# Called by `rake leaks:steady`, which says what it does. The exit status is 1 if a program was
# judged in two ways, or wrong.

require "tmpdir"
require "heapdump"
require "support/scenarios"

TIMES = Integer(ENV.fetch("TIMES", "20"))
LOAD = Integer(ENV.fetch("LOAD", "8"))
NAMES = ENV["ONLY"]&.split(",") || Scenarios.names

# How often each verdict was given, and what was wrong with it (nil if nothing): by name of the
# program.
def rounds(title)
  verdicts = Hash.new { |hash, name| hash[name] = Hash.new(0) }
  TIMES.times do |round|
    Dir.mktmpdir("heapdump-steady") do |dir|
      Scenarios.run_all(NAMES, dir).each do |outcome|
        verdicts[outcome.name][[outcome.verdict, outcome.complaint]] += 1
      end
    end
    warn "#{title}: #{round + 1} of #{TIMES}"
  end
  verdicts
end

# With so many processes beside it that always have something to do.
def loaded(number)
  busy = Array.new(number) { spawn(RbConfig.ruby, "-e", "loop { Array.new(1000) { |i| i.to_s } }") }
  yield
ensure
  busy&.each do |pid|
    Process.kill(:KILL, pid)
    Process.wait(pid)
  end
end

alone = rounds("alone")
beside = LOAD.positive? ? loaded(LOAD) { rounds("beside a load of #{LOAD}") } : {}

different = wrong = 0
judged = alone.keys | beside.keys
judged.each do |name|
  all = [alone, beside].flat_map { |one| one.fetch(name, {}).keys }.uniq
  complaints = all.filter_map(&:last).uniq
  wrong += 1 if complaints.any?
  different += 1 if all.map(&:first).uniq.size > 1
  next if all.size == 1 && complaints.empty?

  puts name
  all.each do |one|
    times = [alone, beside].map { |each| each.fetch(name, {})[one].to_i }
    puts "  #{times.join(" + ")} times: #{one.first}#{" (#{one.last})" if one.last}"
  end
end
load = LOAD.positive? ? " and as often beside a load of #{LOAD}" : ""
puts "#{judged.size} series of dumps, #{TIMES} times alone#{load}:",
     "#{different} judged in different ways, #{wrong} judged wrong at least once"
exit different.zero? && wrong.zero?

# frozen_string_literal: true

# Programs made at random, dumped and checked: see rakelib/fuzz.rake.

require "support/programs/fuzz"

seed = Integer(ENV.fetch("SEED") { rand(1_000_000_000) })
count = ENV["COUNT"]&.then { |text| Integer(text) }
seconds = ENV.fetch("SECONDS", count ? nil : "30")&.then { |text| Float(text) }
flags = ENV.fetch("FLAGS", "").split
$stdout.sync = true

session = Programs::Session.new(flags: flags)
at_exit { session.close }

if ENV["PROGRAM"]
  outcome = session.outcome(File.read(ENV.fetch("PROGRAM")))
  puts outcome, *outcome.failed
  exit outcome.good?
end

puts "Ruby #{RUBY_VERSION} #{flags.join(" ")}: SEED=#{seed}"
fuzz = Programs::Fuzz.new(session, seed: seed, seconds: seconds, count: count)
fuzz.run { |report| puts report if (report.dumps % 25).zero? }
puts fuzz.report
failures = fuzz.report.failed.map { |text| text[/\A.*?(?= \S*program\d+\.rb:|$)/, 0] }.tally
failures.sort_by { |_, times| -times }.first(30).each { |text, times| puts "  #{times} × #{text}" }
puts fuzz.report.found
exit fuzz.report.found.empty?

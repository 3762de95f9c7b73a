# frozen_string_literal: true

require "tmpdir"
require "support/random_deaths"

# See rakelib/large.rake.
deaths = Integer(ENV.fetch("DEATHS", "200"))
seed = Integer(ENV.fetch("SEED") { Random.rand(1_000_000).to_s })
Dir.mktmpdir("heapdump-deaths") do |directory|
  run = RandomDeaths.new(directory, deaths, seed)
  problems = run.call
  puts "#{deaths} dumps, seed #{seed}"
  run.table.each do |deed, ends|
    puts "#{deed}: #{ends.map { |what, count| "#{what} #{count}" }.join(", ")}"
  end
  abort problems.join("\n") if problems.any?
end

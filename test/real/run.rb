# frozen_string_literal: true

# `rake real`; see rakelib/real.rake.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "tmpdir"
require_relative "program"

NAMES = %w[rails sidekiq irb rubocop].freeze
NAMES.each { |name| require_relative "programs/#{name}" }

$stdout.sync = true
only = ENV.fetch("ONLY", NAMES.join(",")).split(",")
jobs = Integer(ENV.fetch("JOBS", "10000"))
programs = (NAMES & only).filter_map do |name|
  program = Programs.const_get(name.capitalize)
  if (reason = program.unable)
    puts "#{name} SKIPPED: #{reason}"
    next
  end
  puts "#{name}: #{program.what}, Ruby #{RUBY_VERSION}"
  Dir.mktmpdir("heapdump-real") do |directory|
    File.chmod(0o755, directory) # databases run as users of their own
    program.new(directory, File.join(Child::ROOT, "tmp/real", name), jobs).run
  end
end
abort "ONLY: there is no #{(only - NAMES).join(", ")}" unless (only - NAMES).empty?
exit programs.all?(&:fine?) && programs.any?

# frozen_string_literal: true

# `rake test:machines`: processes under other allocators and JITs, of servers and of consoles, are
# dumped over and over, by a signal and from outside, and every dump is verified. Ends with status 1
# if a process died, did not go on, or a dump is missing or not whole.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "tmpdir"
require "support/outside"
require_relative "machines/process"
require_relative "machines/programs"

rounds = Integer(ENV.fetch("ROUNDS", "50"))
only = ENV.fetch("ONLY", "")
way = Outside.unable ? "by signal" : "half by signal, half from outside"
$stdout.sync = true
puts "Ruby #{RUBY_VERSION}, #{rounds} dumps of each, #{way}", Machines::Process::HEADING
fine = Machines.all.select { |program| program.name.start_with?(only) }.map do |program|
  reason = program.missing
  next puts(format("%-24s SKIPPED: %s", program.name, reason)) || true if reason

  Dir.mktmpdir("heapdump-machines") do |directory|
    File.chmod(0o755, directory) # servers have users of their own
    process = Machines::Process.new(program, directory)
    process.run(rounds)
    puts process
    process.fine?
  end
end
exit fine.all?

# frozen_string_literal: true

# The tests that public gems have in their packages, run in rounds as `rake heapdump:loop` does:
#
#   rake test:loops               builder (Minitest) and diff-lcs (RSpec)
#   ONLY=builder rake test:loops  one of them
#
# What came out stands in docs/tests.md. Nothing of these gems is kept here.
module Loops
  GEMS = { "builder" => "test/test_{markupbuilder,eventbuilder,namecollision}.rb",
           "diff-lcs" => "spec/{change,hunk,patch}_spec.rb" }.freeze

  # Runs them in the directory of the gem, with the dumps of those that grow in tmp/heapdump here.
  def self.run(name)
    require_relative "../lib/heapdump/testing/command"
    kept = File.expand_path("tmp/heapdump")
    Dir.chdir(Gem::Specification.find_by_name(name).full_gem_path) do
      command = HeapDump::Testing::Command.new({ "TEST" => GEMS.fetch(name), "DUMPS" => "4" })
      command.lines(:loop).all? do |line|
        system({ **command.environment(:loop), "HEAPDUMP_TESTS_DIR" => kept }, *line)
      end
    end
  end
end

namespace :test do
  desc "Run the tests of public gems in rounds, and say what grows (ONLY)"
  task loops: :compile do
    names = ENV.fetch("ONLY", Loops::GEMS.keys.join(",")).split(",")
    grew = names.reject { |name| Loops.run(name) }
    abort "test:loops: something grows, or fails, in #{grew.join(", ")}" if grew.any?
  end
end

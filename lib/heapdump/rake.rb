# frozen_string_literal: true

require "rake"
require_relative "testing/command"

# Tasks that run the tests of a project for the sake of its memory:
#
#   require "heapdump/rake"   # in a Rakefile
#
#   rake heapdump:loop TEST=test/visit_test.rb             # run tests in rounds, and say what grows
#   rake heapdump:loop TEST="spec/**/*_spec.rb" LOOPS=10 DUMPS=3 WARMUP=2
#   rake heapdump:loop TEST=test/visit_test.rb N=/visits/  # those with such a name
#   rake heapdump:test TEST=…                              # run tests, with heap dumps
#   rake heapdump:baseline TEST=…                          # and write what grows to the baseline
#
# TEST has files or patterns, with blanks between them (default: all of test/ and spec/). Files that
# end with _spec.rb are run by RSpec, unless FRAMEWORK=minitest says otherwise.
namespace :heapdump do
  desc "Run tests in rounds, and say what grows (TEST, N, WARMUP, LOOPS, DUMPS, FRAMEWORK)"
  task(:loop) { HeapDump::Testing::Command.new(ENV).run(:loop) }

  desc "Run tests with HEAPDUMP_TESTS=1 (TEST, N, FRAMEWORK)"
  task(:test) { HeapDump::Testing::Command.new(ENV).run(:test) }

  desc "Run tests with HEAPDUMP_TESTS=1, and write what grows to the baseline (TEST, N, FRAMEWORK)"
  task(:baseline) { HeapDump::Testing::Command.new(ENV).run(:baseline) }
end

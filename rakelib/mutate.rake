# frozen_string_literal: true

# Puts one small fault after the other into the sources, and sees whether a test notices:
#
#   rake mutate                                  all sources, one mutant for every 60 lines
#   FILES="ext/heapgraph/*/*.c" rake mutate      these (patterns with spaces between)
#   LINES=20 SEED=2 rake mutate                  more of them, and others
#   ONLY=survivors rake mutate                   those again that survived the last time
#
# Each mutant is made in a copy of the project under tmp/mutants and tried with the files of tests
# that test/mutants/covering.rb has for its source, on one processor. A run that was interrupted
# goes on where it was. The last results stand in docs/mutation.md.

desc "Look for faults that no test notices (FILES, LINES, SEED, ONLY)"
task :mutate do
  $LOAD_PATH.unshift("test")
  require "mutants/run"
  run = Mutants::Run.new(patterns: ENV.fetch("FILES", "").split, seed: ENV.fetch("SEED", "1"),
                         lines: Integer(ENV.fetch("LINES", "60")), only: ENV.fetch("ONLY", nil))
  abort "mutate: there are survivors" unless run.call
end

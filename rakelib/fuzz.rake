# frozen_string_literal: true

# Mutated lines, files and indexes against the reader, under the sanitizers:
#
#   rake fuzz:reader              half a minute each
#   SECONDS=600 rake fuzz:reader
#
# Random programs against the dumper: each is dumped and checked against the laws.
#
#   rake fuzz:programs                        half a minute of them
#   SEED=1 COUNT=10000 rake fuzz:programs     these
#   FLAGS=--yjit rake fuzz:programs           with these arguments for Ruby
#   PROGRAM=test/fixtures/programs/x.rb rake fuzz:programs     one that was kept
#
# With clang-14 and its libFuzzer (apt-get install clang-14 libclang-rt-14-dev) inputs are led by
# coverage; without, they are mutated at random. What was found new, and inputs that crash, are kept
# in tmp/fuzz.

namespace :fuzz do
  desc "Throw mutated dumps and indexes at the reader (SECONDS each, default 30)"
  task reader: :compile do
    $LOAD_PATH.unshift("test", "lib")
    require "support/fuzzing"
    %w[line source index].each { |target| Fuzzing.new(target).run(ENV.fetch("SECONDS", "30")) }
  end

  desc "Dump programs made at random (SECONDS, SEED, COUNT, FLAGS, PROGRAM)"
  task programs: :compile do
    sh(RbConfig.ruby, "-Ilib", "-Itest", "test/rounds/programs.rb", verbose: false)
  end
end

desc "Both kinds of fuzzing"
task fuzz: %w[fuzz:reader fuzz:programs]

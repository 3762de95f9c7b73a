# frozen_string_literal: true

# Mutated lines and files against the reader, under the sanitizers:
#
#   rake fuzz:reader              half a minute each
#   SECONDS=600 rake fuzz:reader
#
# With clang-14 and its libFuzzer (apt-get install clang-14 libclang-rt-14-dev) inputs are led by
# coverage; without, they are mutated at random. What was found new, and inputs that crash, are kept
# in tmp/fuzz.
namespace :fuzz do
  desc "Throw mutated dumps at the reader (SECONDS each, default 30)"
  task reader: :compile do
    $LOAD_PATH.unshift("test", "lib")
    require "support/fuzzing"
    %w[line source].each { |target| Fuzzing.new(target).run(ENV.fetch("SECONDS", "30")) }
  end
end

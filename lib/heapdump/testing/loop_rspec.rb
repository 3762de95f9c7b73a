# frozen_string_literal: true

# Loaded by `rake heapdump:loop` before the examples: each of them runs in rounds, and fails if
# something grows.

require_relative "../rspec"

HeapDump::RSpec::Again.install(all: true)

# A run does not pass if no example has run in rounds.
HeapDump::Testing::Judged.watch
RSpec.configure do |config|
  config.after(:suite) do
    raise HeapDump::Error, HeapDump::Testing::Judged::NONE unless HeapDump::Testing::Judged.any?
  end
end

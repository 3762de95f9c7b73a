# frozen_string_literal: true

# ROUNDS=10 rake test:machines    that many dumps of each process (default 50)
# ONLY=Puma rake test:machines    those whose names begin so
#
# Gems that the suite does not have (falcon, solid_queue, fluentd) are installed into tmp/machines.

namespace :test do
  desc "Dump processes under other allocators, JITs and servers many times, and verify each dump"
  task machines: :compile do
    sh(RbConfig.ruby, "test/rounds/machines.rb", verbose: false)
  end
end

# frozen_string_literal: true

# N=/pattern/ rake test     only the tests whose names match
# A="--seed 1" rake test    other arguments for minitest
# HEAPDUMP_TEST_FILES       which files (patterns with spaces between) instead of all

require "minitest/test_task"

Minitest::TestTask.create(:test) do |task|
  task.libs = %w[lib test .]
  task.test_globs = ENV.fetch("HEAPDUMP_TEST_FILES", "test/**/test_*.rb").split
  task.warning = true
end

task test: :compile

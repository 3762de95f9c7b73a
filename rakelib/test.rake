# frozen_string_literal: true

# N=/pattern/ rake test     only the tests whose names match
# A="--seed 1" rake test    other arguments for minitest
# HEAPDUMP_TEST_FILES       which files (patterns with spaces between) instead of all
# NCPU=1                    one test at a time, instead of one per processor

require "etc"
require "minitest/test_task"

Minitest::TestTask.create(:test) do |task|
  task.libs = %w[lib test .]
  task.test_globs = ENV.fetch("HEAPDUMP_TEST_FILES", "test/**/test_*.rb").split
  task.warning = true
  # Each class of tests runs in one of so many processes.
  task.test_prelude = 'require "minitest"; require "minitest/parallel_fork"'
end

ENV["NCPU"] ||= [Etc.nprocessors, 4].min.to_s

task test: :compile

# frozen_string_literal: true

# N=/pattern/ rake test     only the tests whose names match
# A="--seed 1" rake test    other arguments for minitest

require "minitest/test_task"

Minitest::TestTask.create(:test) do |task|
  task.libs = %w[lib test .]
  task.test_globs = ["test/**/test_*.rb"]
  task.warning = true
end

task test: :compile

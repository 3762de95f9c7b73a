# frozen_string_literal: true

# N=/pattern/ rake test     only the tests whose names match
# A="--seed 1" rake test    other arguments for minitest
# HEAPDUMP_TEST_FILES       which files (patterns with spaces between) instead of all
# NCPU=1                    one test at a time, instead of one per processor and one more
#
# rake test:long            the same in long forms (test/support/long_form.rb), where there are some
# rake test:failed          those that have failed, once more, one after the other, nothing beside

require "etc"
require "json"
require "minitest/test_task"

Minitest::TestTask.create(:test) do |task|
  task.libs = %w[lib test .]
  patterns = ENV.fetch("HEAPDUMP_TEST_FILES", "test/**/test_*.rb").split
  files = Dir.glob(patterns).uniq.grep_v("test/test_helper.rb")
  task.test_globs = ["test/test_helper.rb"] # each room is loaded in a process of its own
  task.warning = true
  task.test_prelude = 'require "support/rooms_in_turn"; ' \
                      "RoomsInTurn.files = %w[#{files.join(" ")}]"
end

# One more than there are processors: many tests wait for a timeout, a child or a browser.
ENV["NCPU"] ||= [Etc.nprocessors + 1, 5].min.to_s

task test: :compile

desc "Run the tests, in their long forms"
task "test:long" do
  ENV["HEAPDUMP_TEST_LONG"] = "1"
  Rake::Task["test"].invoke
end

# As test/support/failed_tests.rb leaves it.
FAILED_TESTS = "tmp/failed_tests.json"
# More than these do not fail by chance.
MOST_BY_CHANCE = 8

def failed_tests
  unless File.exist?(FAILED_TESTS)
    abort "test:failed: the suite has not come to its end, or it broke contracts"
  end
  failed = JSON.parse(File.read(FAILED_TESTS), symbolize_names: true)
  abort "test:failed: no test has failed" if failed.empty?
  abort "test:failed: #{failed.size} tests have failed, see above" if failed.size > MOST_BY_CHANCE
  failed
end

desc "Run the tests that have failed once more, one after the other"
task "test:failed" => :compile do
  failed = failed_tests
  names = failed.map { |test| "#{test[:class]}##{test[:name]}" }
  puts "Once more: #{names.join(", ")}"
  code = failed.map { |test| "require #{File.expand_path(test[:file]).dump}" }.uniq.join("; ")
  ruby "-Ilib:test:.", "-w", "-e", code, "--", "-n", "/\\A(?:#{Regexp.union(names).source})\\z/"
end

# frozen_string_literal: true

require "minitest"

# Ends the process at the first test that fails, and says which. What its temporary directories and
# children leave goes with the mutant's namespaces.
class FirstFailure < Minitest::AbstractReporter
  def record(result)
    return if result.passed? || result.skipped?

    $stdout.write("CAUGHT #{result.class_name}##{result.name}\n")
    $stdout.flush
    exit!(1)
  end
end

# Minitest's way to be extended.
module Minitest
  def self.plugin_first_failure_init(_options)
    reporter << FirstFailure.new
  end
end
Minitest.extensions << "first_failure"

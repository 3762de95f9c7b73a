# frozen_string_literal: true

require "test_helper"
require "support/scenarios"

# The small programs of test/leaks/scenarios: each is run, dumped and judged, and the verdict is
# compared with what the program says of itself. HEAPDUMP_TEST_SCENARIO=name,… runs some of them and
# shows the verdicts.
class TestLeaksScenarios < HeapDumpTest
  RIGHT = 0.95 # of all that leak must be named right; none that does not may be accused

  def test_verdicts
    some = ENV["HEAPDUMP_TEST_SCENARIO"]&.split(",")
    outcomes = Scenarios.run_all(some || Scenarios.names, scratch)
    wrong = outcomes.select(&:wrong?)
    puts "", (some ? outcomes : wrong).map(&:to_s), score(outcomes)

    assert_none wrong.reject(&:leaks?), "false alarms"
    leaking = outcomes.count(&:leaks?)
    assert_operator leaking - wrong.count(&:leaks?), :>=, (leaking * RIGHT).ceil
  end

  private

  def score(outcomes)
    leaking, others = outcomes.partition(&:leaks?)
    "leaks: #{leaking.count(&:right?)} of #{leaking.size} named right, " \
      "#{others.count(&:wrong?)} of #{others.size} others accused"
  end
end

# frozen_string_literal: true

# Where each query was made, with the places of all callers, from deep within calls.
require_relative "../scenario"

module Profiler # held here
  @queries = []

  def self.note = @queries << caller_locations
end

def deep(left) = left.zero? ? Profiler.note : deep(left - 1)

Scenario.leaks "Thread::Backtrace::Location", "Array", holder: "@queries of Profiler", suspects: 1,
               objspace: "Profiler"
Scenario.rounds { |_round| 50.times { deep(40) } }

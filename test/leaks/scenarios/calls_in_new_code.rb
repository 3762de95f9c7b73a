# frozen_string_literal: true

# The same call with a keyword, each time in new code: before Ruby 3.3 the class of the receiver
# keeps what each of them looked like.
require_relative "../scenario"

module Job
  def self.run(times: 1) = times
end

says = RUBY_VERSION < "3.3" ? "call caches singleton class" : nil
Scenario.clean "the VM alone holds it", says: says, objspace: true
Scenario.rounds { |_round| 4_000.times { eval("Job.run(times: 1)") } }

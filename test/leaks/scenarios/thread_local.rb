# frozen_string_literal: true

# A request's log in Thread#[] of a worker that lives on.
require_relative "../scenario"

Entry = Struct.new(:text)
work = Queue.new
done = Queue.new
Thread.new do
  Thread.current.name = "worker 1"
  while (round = work.pop)
    100.times { |i| (Thread.current[:request_log] ||= []) << Entry.new("#{round}.#{i}") }
    done << true
  end
end

Scenario.leaks "Entry", holder: "request_log"
Scenario.rounds do |round|
  work << round
  done.pop
end

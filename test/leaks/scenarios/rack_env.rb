# frozen_string_literal: true

# Environments of requests on a stack that is never popped.
require_relative "../scenario"

class Stack # held here
  def self.push(env) = (@envs ||= []) << env
end

Scenario.leaks "Hash", holder: ["@envs", "Stack"]
Scenario.rounds do |round|
  40.times { |i|
    Stack.push({ "PATH_INFO" => "/#{round}/#{i}", "rack.session" => { id: i.to_s },
                 "HTTP_HOST" => "h" * 30 })
  }
end

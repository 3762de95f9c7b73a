# frozen_string_literal: true

# A cache whose key is a block: each call makes a new one, so nothing is ever found again.
require_relative "../scenario"

class Validator
  def initialize(check) = @check = check
end

module Rules
  CACHE = {} # held here

  def self.validator(check) = CACHE[check] ||= Validator.new(check)
end

def validate(limit) = Rules.validator(->(value) { value < limit })

Scenario.leaks "Validator", "Proc", holder: "Rules::CACHE", suspects: 1, objspace: "Rules"
Scenario.rounds { |round| 40.times { |i| validate((round * 100) + i) } }

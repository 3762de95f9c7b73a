# frozen_string_literal: true

# Each of a hundred accounts remembers its last login, once there was one.
require_relative "../scenario"

class Login
  def initialize(name) = @name = name
end

class Account
  attr_writer :last_login
end

ACCOUNTS = Array.new(100) { Account.new }

Scenario.clean "variables that were there", dumps: 4
Scenario.rounds do |round|
  30.times { |i| ACCOUNTS[(round * 25) - 25 + i]&.last_login = Login.new("#{round}.#{i}") }
end

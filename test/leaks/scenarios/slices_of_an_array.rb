# frozen_string_literal: true

# The last rows of large tables: each of them keeps the whole table.
require_relative "../scenario"

module Pages
  LAST = [] # held here

  def self.read(number) = LAST << Array.new(20_000) { number }.last(40)
end

Scenario.leaks "Array", holder: "Pages::LAST", suspects: 1,
                        reason: "shares the buffer of an Array of 20,000", objspace: "Pages"
Scenario.rounds { |round| 10.times { |i| Pages.read((round * 100) + i) } }

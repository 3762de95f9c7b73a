# frozen_string_literal: true

# A list of which somebody looks at a part: Ruby lets both share the elements from then on.
require_relative "../scenario"

class Entry
  def initialize(name) = @name = name
end

module Log # held here
  @all = []
  class << self
    attr_reader :all
  end
end

PAGE = []
ADD = ->(round, number) { number.times { |i| Log.all << Entry.new("#{round}.#{i}") } }

ADD.call(0, 60)
Scenario.leaks "Entry", holder: ["@all", "Log"], counts: [60, 90, 120], suspects: 1
Scenario.rounds do |round|
  ADD.call(round, 30)
  PAGE.replace([round.odd? ? Log.all[5..] : nil])
end

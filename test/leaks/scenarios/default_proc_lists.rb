# frozen_string_literal: true

# Lists by topic, made by the default proc: the topics are few, the lists grow.
require_relative "../scenario"

class Notice
  def initialize(text) = @text = text
end

LISTS = Hash.new { |hash, topic| hash[topic] = [] } # held here

Scenario.leaks "Notice", holder: "LISTS"
Scenario.rounds { |round| 60.times { |i| LISTS["topic #{i % 3}"] << Notice.new("#{round}.#{i}") } }

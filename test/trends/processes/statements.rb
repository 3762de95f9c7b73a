# frozen_string_literal: true

require_relative "../rounds"

# Prepared statements, of which there are at most 200.
class Statement
  def initialize(text)
    @text = text
  end
end
STATEMENTS = {}

Rounds.run do |round|
  40.times do |at|
    text = "SELECT * FROM orders WHERE id = #{(round * 40) + at}"
    STATEMENTS[text] = Statement.new(text) if STATEMENTS.size < 200
  end
end

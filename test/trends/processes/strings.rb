# frozen_string_literal: true

require_relative "../rounds"

# Strings leak, and nothing else: there are at most 200 prepared statements.

class Statement
  def initialize(text)
    @text = text
  end
end

module Audit
  LINES = []
end

STATEMENTS = {}

Rounds.run(8) do |round|
  50.times { |at| Audit::LINES << "line #{round} #{at} of the audit, kept for good" }
  60.times do |at|
    text = "SELECT * FROM orders WHERE id = #{(round * 60) + at}"
    STATEMENTS[text] = Statement.new(text) if STATEMENTS.size < 200
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# What dumps are compared by.
class TestGrowth < Minitest::Test
  def test_trails_and_texts
    skip(CProgram.missing) if CProgram.missing

    program = CProgram.new("growth", ["test/heapgraph/growth/growth_test.c"], reader: true)
    output, status = program.run
    assert_predicate(status, :success?, output)
  end
end

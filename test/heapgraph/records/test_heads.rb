# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# What is taken from the heads of lines is what the lines say.
class TestHeads < Minitest::Test
  def test_lines_with_known_heads
    skip(CProgram.missing) if CProgram.missing

    program = CProgram.new("heads_test", ["test/heapgraph/records/heads_test.c"], reader: true)
    output, status = program.run
    assert_predicate(status, :success?, output)
  end
end

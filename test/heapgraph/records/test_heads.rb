# frozen_string_literal: true

require "test_helper"
require "support/reader_tests"

# What is taken from the heads of lines is what the lines say.
class TestHeads < Minitest::Test
  include ReaderTests

  def test_lines_with_known_heads
    assert_program("records/heads_test")
  end
end

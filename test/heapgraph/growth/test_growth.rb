# frozen_string_literal: true

require "test_helper"
require "support/reader_tests"

# What dumps are compared by.
class TestGrowth < Minitest::Test
  include ReaderTests

  def test_trails_and_texts
    assert_program("growth/growth_test")
  end
end

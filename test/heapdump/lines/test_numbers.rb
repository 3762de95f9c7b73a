# frozen_string_literal: true

require "test_helper"

# FLOAT, BIGNUM, RATIONAL and COMPLEX lines.
class TestNumbers < HeapDumpTest
  include Planted

  def test_numbers_are_as_planted
    assert_family "Numbers"
  end

  def test_parts_of_numbers
    dump = Dumps.nasty.dump
    numerator = Dumps.nasty.planted(:rational_big).fetch("numerator")
    assert_equal (1 << 80).to_s, dump[numerator].fetch("value")
    imaginary = Dumps.nasty.planted(:complex_heap).fetch("imaginary")
    assert_equal (1 << 80).to_s, dump[imaginary].fetch("value")
  end
end

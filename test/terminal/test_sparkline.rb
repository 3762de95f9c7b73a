# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"

# Small pictures of numbers.
class TestSparkline < HeapDumpTest
  Sparkline = HeapDump::Terminal::Sparkline

  def draw(*values, **options)
    Sparkline.draw(values, unicode: true, **options)
  end

  def test_from_the_least_to_the_greatest
    assert_equal "▁▂▃▄▅▆▇█", draw(*0..7)
    assert_equal "█▁", draw(-5, -10)
    assert_equal "_.:-=+*#", Sparkline.draw((0..7).to_a, unicode: false)
  end

  def test_gaps_are_gaps
    assert_equal "▁ █", draw(1, nil, 9)
    assert_equal "   ", draw(nil, nil, nil)
    assert_equal "", draw
  end

  def test_what_does_not_move_is_low
    assert_equal "▁▁▁", draw(7, 7, 7)
  end

  def test_many_numbers_are_put_together
    assert_equal "▁▃▆█", draw(*0..99, most: 4)
    assert_equal 24, draw(*0..199).size
    assert_equal "▁ █", draw(1, 1, nil, nil, 9, 9, most: 3)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"

class TerminalUnitsTest < HeapDumpTest
  Units = HeapDump::Terminal::Units

  def test_counts_have_separators
    assert_equal %w[0 999 1,000 31,337 -1,234,567],
                 [0, 999, 1000, 31_337, -1_234_567].map { |number| Units.count(number) }
    assert_equal %w[+1 0 -1], [1, 0, -1].map { |number| Units.count_change(number) }
  end

  def test_bytes_are_in_binary_steps
    {
      0 => "0 B", 1 => "1 B", 1023 => "1,023 B", 1024 => "1.0 KiB", 1536 => "1.5 KiB",
      1_048_524 => "1,023.9 KiB", 1_048_575 => "1.0 MiB", 1 << 30 => "1.0 GiB",
      1 << 50 => "1.0 PiB", 1 << 60 => "1,024.0 PiB", -2048 => "-2.0 KiB"
    }.each { |number, text| assert_equal text, Units.bytes(number) }
    assert_equal "+2.0 KiB", Units.bytes_change(2048)
  end

  def test_percentages
    assert_equal "25.0 %", Units.percent(1, 4)
    assert_equal "<0.1 %", Units.percent(1, 1_000_000)
    assert_equal "0.0 %", Units.percent(0, 10)
    assert_equal "-", Units.percent(0, 0)
  end
end

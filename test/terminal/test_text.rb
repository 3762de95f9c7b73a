# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"

# What a heap holds must not reach a terminal as it is.
class TerminalTextTest < HeapDumpTest
  Text = HeapDump::Terminal::Text

  def test_every_control_character_is_spelled_out
    controls = [*0..0x1F, *0x7F..0x9F, 0x61C, 0x200E, 0x200F, *0x2028..0x202E, *0x2066..0x2069,
                0xFEFF]
    controls.each do |code|
      safe = Text.safe("a#{[code].pack("U")}b")
      assert_match(/\Aa\\[\w{}]+b\z/, safe, format("U+%04X", code))
      assert_predicate safe, :valid_encoding?
    end
  end

  def test_other_text_stays_as_it_is
    ["", "Session", "naïve café", "日本語", "a\\b", "👩‍👩‍👧", "שלום"].each do |text|
      assert_equal text, Text.safe(text)
    end
  end

  def test_any_bytes_become_valid_text
    bytes = (0..255).to_a.pack("C*")
    [bytes, bytes.dup.force_encoding("UTF-8"), bytes.dup.force_encoding("Shift_JIS"),
     "\xFEé".b, "é".encode("ISO-8859-1")].each do |text|
      safe = Text.safe(text)
      assert_equal Encoding::UTF_8, safe.encoding
      assert_predicate safe, :valid_encoding?
      refute_match Text::HARMFUL, safe
    end
  end

  def test_twice_is_once
    text = "\e[2J\u{E0041}\xFF\n"
    assert_equal Text.safe(text), Text.safe(Text.safe(text))
  end

  def test_width_counts_columns
    assert_equal 3, Text.width("abc")
    assert_equal 6, Text.width("日本語")
    assert_equal 4, Text.width("cafe\u0301")
  end

  def test_cut_text_is_never_wider_than_asked
    ["a" * 30, "日本語" * 10, "cafe\u0301" * 8].each do |text|
      (0..30).each do |columns|
        %i[start middle end].each do |keep|
          cut = Text.cut(text, columns, keep: keep)
          assert_operator Text.width(cut), :<=, columns
          assert_equal cut == text, !cut.include?("…") unless cut.empty?
        end
      end
    end
    assert_equal "…/z.rb:12", Text.cut("/app/x/y/z.rb:12", 9, keep: :end)
    assert_equal "Shop…sion", Text.cut("Shop::Registry::Session", 9, keep: :middle)
  end

  # Pieces of it.
  LONG = {
    "ASCII" => "hello world", "UTF-8" => "日本語é", "bytes" => "\xFF\xFE\x00".b,
    "UTF-16" => "日本語".encode("UTF-16LE"), "control characters" => "\e[31m\u202E"
  }.freeze

  # What is not shown is not worked on: this is the time for 40 columns of 8 MB.
  def test_a_long_text_takes_no_longer_than_a_short_one
    LONG.each do |kind, piece|
      text = piece * (8_000_000 / piece.bytesize)
      %i[start middle end].each do |keep|
        shown = nil
        spent = Array.new(5) do # the least: a GC may come between
          before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
          shown = Text.short(text, 40, keep: keep)
          Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
        end.min
        assert_operator spent, :<, 0.05, "#{kind}, #{keep}"
        assert_operator Text.width(shown), :<=, 40
        assert_equal [true, shown], [shown.valid_encoding?, Text.safe(shown)]
      end
    end
  end

  def test_what_is_cut_is_said_to_be
    marks = "a#{"\u0301" * 100_000}"
    assert_match(/\A"a\u0301+…"\z/, Text.quote(marks, 40))
    assert_equal '"abc"', Text.quote("abc", 3)
    assert_equal '"ab…"', Text.quote("abcd", 3)
    assert_equal '"\e[3…"', Text.quote("\e[31m" * 1000, 5)
  end
end

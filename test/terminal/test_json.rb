# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"
require "json"

# JSON of what strangers have written.
class TestJson < HeapDumpTest
  Json = HeapDump::Terminal::Json

  HOSTILE = ["\e[2J", "\u009b31m", "a\u202eb", "\u2028", "\u{E0041}", "\0", "tab\tnew\nline",
             "</script>", "😀"].freeze

  def test_nothing_harmful_is_in_it_and_nothing_is_lost
    HOSTILE.each do |text|
      [Json.compact({ text => [text] }), Json.pretty({ text => [text] })].each do |json|
        refute_match(/(?!\n)#{HeapDump::Terminal::Text::HARMFUL}/o, json)
        assert_equal({ text => [text] }, JSON.parse(json))
      end
    end
  end

  def test_what_is_no_text_is_spelled_out
    assert_equal '{"a\\\\xFF":"\\\\xE4"}', Json.compact({ "a\xFF" => "\xE4".b })
  end

  def test_numbers_that_json_does_not_have
    assert_equal "[null,null,1.5,2]", Json.compact([Float::NAN, Float::INFINITY, 1.5, 2])
  end
end

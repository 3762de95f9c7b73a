# frozen_string_literal: true

require "test_helper"
require "support/nasty_heap"
require "support/nasty_heap/giants"

# STRING and SYMBOL lines.
class TestStrings < HeapDumpTest
  include Planted

  def test_strings_and_symbols_are_as_planted
    assert_family "Strings"
  end

  def test_megabytes_are_whole
    NastyHeap::Giants::KINDS.each do |kind|
      expected = NastyHeap::Giants.string(kind)
      line = Dumps.nasty.planted("giant_#{kind}")
      field = %i[binary broken].include?(kind) ? "value_base64" : "value"
      found = line.fetch(field)
      found = found.unpack1("m0") if field == "value_base64"
      assert_equal expected.b, found.b, kind
      assert_equal expected.bytesize, line.fetch("bytesize")
    end
  end

  def test_content_stands_once
    lines = Dumps.nasty.dump.select("STRING")
    both = lines.select { |line| line.key?("value") && line.key?("value_base64") }
    assert_none both, "strings with both value and value_base64"
    neither = lines.reject { |line| line.key?("value") || line.key?("value_base64") }
    assert_none neither, "strings without content"
    wrong = lines.reject { |line| size_of(line) == line["bytesize"] }
    assert_none wrong, "strings whose content is not bytesize long"
  end

  def test_fstrings_are_the_literals
    line = Dumps.nasty.planted(:string_literal)
    assert_equal "a literal that is planted as an fstring", line.fetch("value")
    assert line.fetch("fstring")
  end

  def test_a_shared_string_names_its_root
    shared, root = %i[string_shared string_shared_root].map { |key| Dumps.nasty.planted(key) }
    assert_equal root["address"], shared["shared_root"]
    assert shared["shared"]
  end

  def test_a_dynamic_symbol_names_its_string
    symbol = Dumps.nasty.planted(:symbol_plain)
    # Ruby has a table of them, and does not mark them from the symbols
    string = Dumps.nasty.dump[symbol["string"] || symbol.fetch("weak").fetch("string")]
    assert_equal ["STRING", symbol["value"]], string.values_at("type", "value")
  end

  private

  def size_of(line)
    line["value"]&.bytesize || line["value_base64"].unpack1("m0").bytesize
  end
end

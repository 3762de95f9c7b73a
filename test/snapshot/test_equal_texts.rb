# frozen_string_literal: true

require "test_helper"
require "support/made_dump"

# What is in a string never looks like a field of its line.
class TestEqualTexts < HeapDumpTest
  TEXTS = ['"value":"x"', '\"value\":\"x\"', 'value":"x', '{"bytesize":3,"encoding":"UTF-8"}',
           '"bytesize":', 'what ":"', "what :", ":::::", "what \\", "\\\\:", '\\":"',
           'what "', 'what ",', 'a":1,"b',
           '"value_base64":"YQ=="', '"value_hash":"00"', "a:b:c:" * 2000,
           '{"address":"0x7f9a0019b3c8","type":"ARRAY"', "\n:\"\n", "\u0000\":\"",
           "\u2028\":\"ä"].freeze
  KINDS = [Encoding::UTF_8, Encoding::BINARY, Encoding::ISO_8859_1].freeze

  # So many copies of each text in each encoding that each has its own number. In UTF-8 there is
  # one more, in TEXTS, and a buffer that a long text shares.
  def strings
    @strings ||= TEXTS.each_with_index.to_h do |text, i|
      [text, KINDS.each_with_index.flat_map do |encoding, k|
        Array.new(2 + i + (100 * k)) { text.dup.force_encoding(encoding) }
      end]
    end
  end

  def test_copies
    %i[heapdump objspace].each do |format|
      found = found_in(format)
      TEXTS.each_with_index do |text, i|
        next if format == :objspace && !text.ascii_only? # which has no content of such

        few, *more = found.fetch(text.b, []).sort.last(3)
        assert_includes [3 + i, 4 + i], few, "#{text[0, 30].inspect} as #{format}"
        assert_equal [102 + i, 202 + i], more, "#{text[0, 30].inspect} as #{format}"
      end
    end
  end

  # Of each text the numbers of copies, by encoding.
  def found_in(format)
    path = File.join(scratch, "#{format}.json")
    strings
    HeapDump.dump(path, format: format)
    all = HeapDump::Snapshot.open(path).duplicate_strings(limit: 100_000)
    all.group_by { |one| one.value&.b }.transform_values { |same| same.map(&:copies) }
  end

  def test_texts_with
    path = File.join(scratch, "texts.json")
    strings
    HeapDump.dump(path)
    snapshot = HeapDump::Snapshot.open(path)
    (TEXTS - ["\u2028\":\"ä"]).each_with_index do |text, i|
      found = snapshot.find(type: "STRING", value: text, limit: 100_000)
      assert_operator found.total, :>=, 2 + i + 102 + i, text[0, 30].inspect
    end
  end

  # C code can give a variable any name, also one with a quote.
  def test_a_name_that_ends_like_a_field
    path = MadeDump.write(File.join(scratch, "names.json"), 0) do |made|
      2.times do |i|
        string = made.string("ab")
        made.change(string, value: nil, ivars: { 'a"value' => "0x1000" })
        made.constant("STRING_#{i}", string)
      end
    end
    snapshot = HeapDump::Snapshot.open(path)
    assert_empty snapshot.duplicate_strings.to_a
    assert_empty snapshot.find(type: "STRING", value: "0x").to_a
  end
end

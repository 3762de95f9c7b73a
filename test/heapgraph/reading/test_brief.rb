# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"

# A line as far as it is worth showing, against the whole line.
class TestBrief < HeapDumpTest
  TEXT = 4096 # bytes that are left of a text, as it stands in the dump
  LIST = 256  # items that are left of a list

  # The brief forms of lines (Hashes, or JSON that they are made of).
  def briefs(*lines)
    path = File.join(scratch, "heap.json")
    texts = lines.each_with_index.map do |line, i|
      head = %({"address":"0x#{(0x1000 + (i * 8)).to_s(16)}","type":"STRING",)
      head + (line.is_a?(String) ? line : JSON.generate(line)).delete_prefix("{")
    end
    File.write(path, texts.map { |text| "#{text}\n" }.join)
    snapshot = HeapDump::Snapshot.open(path)
    texts.each_index.map { |i| snapshot.graph.brief(i) }
  end

  def brief(line)
    JSON.parse(briefs(line).first)
  end

  def test_short_lines_stay_as_they_are
    line = { "value" => "x" * 1000, "elements" => [1, [2, "\"]"], nil] * 30, "memsize" => 40 }
    assert_equal line, brief(line).except("address", "type")
  end

  def test_long_texts_are_cut_and_marked
    line = { "value" => "ab" * 1_000_000, "class_name" => "x" * 9999, "memsize" => 40 }
    found = brief(line)
    assert_equal "#{"ab" * (TEXT / 2)}…", found["value"]
    assert_equal "#{"x" * TEXT}…", found["class_name"]
    assert_equal 40, found["memsize"]
  end

  # Wherever in a text the cut falls.
  def test_no_character_or_escape_is_torn
    ["日本語", "é", "😀", "\\\\", '\\"', '\\u001b', '\\ud83d\\ude00', '\\\\\\"',
     '\\n😀\\\\'].each do |unit|
      lines = (0..13).map { |i| %({"value":"#{"x" * i}#{unit * 4000}","memsize":7}) }
      briefs(*lines).zip(lines).each do |text, line|
        found = JSON.parse(text)
        whole = JSON.parse(line)["value"]
        assert_predicate found["value"], :valid_encoding?
        assert found["value"].end_with?("…")
        begun = found["value"].delete_suffix("…")
        assert whole.start_with?(begun), "#{unit}: #{begun[-9..]}"
        assert_operator text.bytesize, :>, TEXT
        assert_operator text.bytesize, :<, TEXT + 120
        assert_equal 7, found["memsize"]
      end
    end
  end

  def test_long_lists_are_cut_but_for_frames
    long = (1..9999).to_a
    pairs = long.map { |i| [":k#{i}", "v]#{"," * 9}\"#{i}"] }
    frames = long.map { |i| { "label" => "frame #{i}", "locals" => { "a" => [1, 2] } } }
    line = { "elements" => long, "entries" => pairs, "frames" => frames, "memsize" => 7,
             "ivars" => { "@a" => long }, "weak" => [], "references" => ["0x1"] * 9999 }
    found = brief(line)
    %w[elements entries references].each { |name| assert_equal line[name].first(LIST), found[name] }
    %w[frames memsize ivars weak].each { |name| assert_equal line[name], found[name] }
  end

  def test_a_text_in_a_list_is_cut
    found = brief("elements" => ["x" * 9999, "y"], "memsize" => 1)
    assert_equal ["#{"x" * TEXT}…", "y"], found["elements"]
    assert_equal 1, found["memsize"]
  end

  # The same of everything that a program can hold.
  def test_a_whole_dump
    snapshot = HeapDump::Snapshot.open(Dumps.nasty.path)
    cut = snapshot.objects.times.count do |number|
      text = snapshot.graph.line(number) or next
      brief = snapshot.graph.brief(number)
      next if brief == text

      assert_operator brief.bytesize, :<, text.bytesize
      whole = JSON.parse(text, max_nesting: false)
      JSON.parse(brief, max_nesting: false).each { |name, value| assert_cut(whole[name], value) }
    end
    assert_operator cut, :>, 0
  end

  def assert_cut(whole, value)
    case value
    when String then assert whole.start_with?(value.delete_suffix("…")) if whole != value
    when Array then assert_equal [LIST, whole.size].min, value.size unless whole == value
    else assert_equal whole, value unless value.is_a?(Hash)
    end
  end
end

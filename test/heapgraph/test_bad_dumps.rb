# frozen_string_literal: true

require "test_helper"
require "support/reader_program"

# Files that are cut off, broken or something else: numbers and a status, never a crash.
class TestBadDumps < HeapDumpTest
  HEADER = %({"type":"HEADER","format":1}\n)
  OBJECT = %({"address":"0x1000","type":"OBJECT","references":["0x1008"],"memsize":40}\n)
  STRING = %({"address":"0x1008","type":"STRING","memsize":40}\n)
  ROOT = %({"type":"ROOT","root":"vm","references":["0x1000"]}\n)
  FOOTER = %({"type":"FOOTER","objects":2,"complete":true}\n)
  WHOLE = [HEADER, ROOT, OBJECT, STRING, FOOTER].join

  def setup
    super
    skip(CProgram.missing) if CProgram.missing
  end

  def test_cut_off_anywhere
    0.upto(WHOLE.bytesize) do |size|
      graph = load(WHOLE.byteslice(0, size))
      if size < HEADER.bytesize - 1
        assert_equal :not_a_dump, graph.status
        next
      end
      figures = graph.figures
      assert_equal size == WHOLE.bytesize ? 1 : 0, figures[:whole], "#{size} bytes"
      assert_equal size, figures[:bytes]
      assert_operator figures[:bad_lines], :<=, 1
    end
  end

  def test_a_cut_dump_keeps_what_is_referred_to
    graph = load(HEADER + OBJECT)
    assert_equal [2, 1, 1, 0], graph.figures.values_at(:objects, :missing, :edges, :whole)
    assert_match(/\A0x1008\tMISSING/, graph.nodes["0x1008"])
  end

  def test_bad_lines_are_counted_and_located
    bad = "{\"address\":\"0x1010\",nonsense}\n"
    graph = load(HEADER + OBJECT + bad + bad + STRING + FOOTER)
    assert_equal [2, 3, 2, 6], graph.figures.values_at(:bad_lines, :bad_line, :objects, :lines)
    start = HEADER.bytesize + OBJECT.bytesize
    assert_includes start...(start + bad.bytesize), graph.figures[:bad_byte]
  end

  # The line's number is known though several threads read what lies before it.
  def test_bad_lines_in_large_files
    line = %({"address":"0x%x","type":"OBJECT","name":"#{"x" * 200}"}\n)
    lines = (1..20_000).map { |i| format(line, 4096 + (i * 40)) }
    lines.insert(15_000, "broken\n")
    assert_equal [1, 15_001], load(lines.join, "-t", "3").figures.values_at(:bad_lines, :bad_line)
  end

  def test_strict
    graph = load("#{HEADER}#{OBJECT}broken\n", "-s")
    assert_equal :bad_line, graph.status
    assert_match(/line 3 is no line of a heap dump \(byte \d+\)/, graph.err)
    assert_equal :ok, load(WHOLE, "-s").status
  end

  def test_what_is_no_dump
    ["", "\n", "\0" * 1000, "hello\n" * 1000, "{}\n", "[1,2]\n", %({"type":1}\n),
     %({"some":"json"}\n) * 100, "\xff\xfe{".b].each do |text|
      assert_equal :not_a_dump, load(text).status, text.inspect
    end
    ["\x1f\x8b".b, "\x28\xb5\x2f\xfd".b].each { |text| assert_equal :corrupt, load(text).status }
  end

  # A text about dumps has lines of dumps in it.
  def test_a_text_with_lines_of_dumps
    text = "about dumps\n" * 70
    ["#{text}#{OBJECT}#{text}", "#{text}#{OBJECT}#{STRING}#{FOOTER}#{text}",
     "#{text}#{WHOLE}#{text}"].each do |one|
      graph = load(one)
      assert_equal :not_a_dump, graph.status
      assert_match(/is no heap dump: 140 of its 14\d lines are no lines of one/, graph.err)
    end
  end

  # What is left of a dump is read, however little it is.
  def test_what_is_left_of_a_dump
    broken = "{\"address\":\n" * 1000
    ["#{HEADER}#{broken}", "#{broken}#{FOOTER}", "#{HEADER}#{OBJECT}#{broken}",
     "#{broken}#{OBJECT * 60}", "broken\n#{OBJECT}"].each do |text|
      assert_equal :ok, load(text).status
    end
  end

  def test_names_and_contents
    { ["x.json", ""] => /x.json is empty/, ["x.json.zst", ""] => /x.json.zst is empty/,
      ["x.json.zst", "hello\n"] => /x.json.zst is no heap dump: its name says zstd, but its/,
      ["x.gz", "hello\n"] => /its name says gzip, but its content is not gzip/,
      ["x.json", "hello\n"] => /no line of a heap dump in/ }.each do |(name, text), words|
      path = File.join(scratch, name)
      File.write(path, text)
      graph = ReaderProgram.print_graph.run(path)
      assert_equal :not_a_dump, graph.status
      assert_match words, graph.err
      File.write(path, WHOLE)
      assert_equal :ok, ReaderProgram.print_graph.run(path).status, "names do not matter"
    end
  end

  def test_what_cannot_be_read
    missing = ReaderProgram.print_graph.run(File.join(scratch, "missing"))
    assert_equal :io, missing.status
    assert_match(/no such file or directory: .*missing$/, missing.err)
    assert_equal :io, ReaderProgram.print_graph.run(scratch).status
  end

  # All of it is read, whatever is said of its being whole.
  def test_line_ends
    { WHOLE.gsub("\n", "\r\n") => 0, WHOLE.chomp => 0, "\xEF\xBB\xBF".b + WHOLE => 0,
      WHOLE.gsub("\n", "\n\n\r\n") => 0,
      WHOLE.gsub(",\"", " ,\t\"").gsub("{", " { ") => 1 }.each do |text, whole|
      figures = load(text, "-l").figures
      assert_equal [0, 2, 0], figures.values_at(:bad_lines, :objects, :missing)
      assert_equal [1, whole], figures.values_at(:check_promised_objects, :whole), text
    end
  end

  def test_a_second_line_of_an_object_is_not_used
    second = %({"address":"0x1000","type":"ARRAY","elements":["0x1000"],"memsize":80}\n)
    filler = STRING * 20_000 # so that another thread reads it
    [1, 4].each do |threads|
      graph = load(HEADER + OBJECT + filler + second, "-t", threads)
      assert_equal 20_000, graph.figures[:duplicates]
      assert_match(/\A0x1000\tOBJECT\t.*memsize=40\t.*\tREFERENCE 0x1008\z/, graph.nodes["0x1000"])
    end
  end

  def test_extremes
    deep = "[" * 100_000
    lines = [
      %({"address":"0x1010","type":"ARRAY","elements":#{deep}#{"]" * 100_000}}), # too deep
      %({"address":"0x1018","type":"ARRAY","elements":#{deep}), # no end
      %({"address":"0x1020","type":"OBJECT","memsize":#{"9" * 400}}),
      %({"address":"0xffffffffffffffff","type":"OBJECT"}), # no object lies there
      %({"address":"0x0","type":"OBJECT"}),
      %({"address":"0x123456789abcdef01","type":"OBJECT"}),
      %({"address":"0xfffffffffffffff8","type":"OBJECT","references":["0x3","0x0","0x8"]}),
      %({"address":"0x1028","type":"NOVELTY","memsize":5000000000}),
      %({"address":"0x1030","type":"OBJECT","class":"0x1031","memsize":-5,"line":1e9}),
      %({"address":"0x1038","type":"OBJECT","a":"\\u0000\\ud83d\\ude00\\ud800","file":"\\u00e9"})
    ]
    graph = load("#{HEADER}#{lines.join("\n")}\n")
    assert_equal :ok, graph.status
    figures = graph.figures
    assert_equal [5, 1, 2], figures.values_at(:bad_lines, :unknown_types, :bad_references)
    assert_match(/memsize=5000000000\t/, graph.nodes["0x1028"])
    assert_match(/memsize=#{(2**64) - 1}\t/, graph.nodes["0x1020"])
    assert_match(/\tREFERENCE 0x8\z/, graph.nodes["0xfffffffffffffff8"])
    assert_match(/at=é/, graph.nodes["0x1038"])
  end

  def test_a_line_of_megabytes
    count = 1_000_000
    addresses = Array.new(count) { |i| format('"0x%x"', 0x10000 + (8 * i)) }
    line = %({"address":"0x1000","type":"ARRAY","elements":[#{addresses.join(",")}]}\n)
    graph = load(HEADER + line + OBJECT.sub("0x1000", "0x1010"), "-q", "-t", "2")
    assert_equal [count + 3, count + 1], graph.figures.values_at(:objects, :edges)
  end

  def test_flipped_bits
    text = File.binread(Dumps.small.path, 300_000)
    random = Random.new(1)
    20.times do
      broken = text.dup
      200.times do
        at = random.rand(text.bytesize)
        broken.setbyte(at, broken.getbyte(at) ^ (1 << random.rand(8)))
      end
      graph = load(broken, "-l", "-q")
      assert_equal :ok, graph.status
      assert_operator graph.figures[:bad_lines], :>, 10
    end
  end

  def test_broken_compression
    text = File.binread(Dumps.small.path)
    %w[gzip zstd].each do |tool|
      packed = IO.popen([tool, "-qc", Dumps.small.path], "rb", &:read)
      cut = load(packed.byteslice(0, packed.bytesize / 2), "-l")
      assert_equal [:ok, 1, 0], [cut.status, *cut.figures.values_at(:damaged, :whole)]
      assert_operator cut.figures[:bytes], :>, text.bytesize / 4
      strict = load(packed.byteslice(0, packed.bytesize / 2), "-s")
      assert_equal :bad_line, strict.status # its last line is cut off as well
    end
  end

  # A frame of zstd is taken as a whole or not at all; of gzip there is text, right or wrong, until
  # no more can be made of it, and the sum at its end tells.
  def test_a_changed_byte
    { "gzip" => [:ok, 1, 0], "zstd" => [:corrupt, nil, nil] }.each do |tool, expected|
      packed = IO.popen([tool, "-qc", Dumps.small.path], "rb", &:read)
      at = packed.bytesize / 2
      packed.setbyte(at, packed.getbyte(at) ^ 0x55)
      graph = load(packed, "-l", "-q")
      assert_equal expected, [graph.status, *graph.figures.values_at(:damaged, :whole)], tool
    end
  end

  # One frame of many is lost: the others are there.
  def test_a_broken_frame
    text = File.binread(Dumps.small.path)
    frames = (0...text.bytesize).step(100_000).map do |at|
      File.binwrite(File.join(scratch, "part"), text.byteslice(at, 100_000))
      IO.popen(["zstd", "-qc", File.join(scratch, "part")], "rb", &:read)
    end
    frames[5].setbyte(20, frames[5].getbyte(20) ^ 0xff)
    frames[5].setbyte(frames[5].bytesize / 2, 0xff)
    graph = load(frames.join, "-l", "-q")
    assert_equal :ok, graph.status
    assert_operator graph.figures[:bytes], :>, text.bytesize - 200_000
    at = frames[0, 5].sum(&:bytesize)
    assert_equal [1, at], graph.figures.values_at(:damaged, :damaged_byte)
  end

  private

  def load(text, *options)
    path = File.join(scratch, "dump")
    File.binwrite(path, text)
    ReaderProgram.print_graph.run(*options, path)
  end
end

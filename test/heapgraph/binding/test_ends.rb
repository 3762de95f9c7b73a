# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "zlib"

# The first and the last line of a file, whatever its size and compression.
class TestEnds < HeapDumpTest
  # Sizes around those of pieces (1 MiB) and frames.
  SIZES = [1, 2, 1000, 40_000, 70_000].freeze

  def ends(path)
    HeapDump::Graph.ends(path)
  end

  def lines(number)
    Array.new(number) { |i| "{\"line\":#{i},\"text\":\"#{"x" * (i % 90)}\"}" }
  end

  def write(name, bytes)
    File.join(scratch, name).tap { |path| File.binwrite(path, bytes) }
  end

  # Several members, as writers that work side by side make them.
  def members(text)
    text.lines.each_slice(9000).map { |part| Zlib.gzip(part.join) }.join
  end

  def zstd(path)
    skip "zstd is not installed" unless system("which", "zstd", out: File::NULL)
    system("zstd", "-q", "-f", path, exception: true)
    "#{path}.zst"
  end

  def test_plain_and_compressed
    SIZES.each do |size|
      text = lines(size)
      plain = write("a.json", "#{text.join("\n")}\n")
      packed = [write("a.gz", Zlib.gzip(File.read(plain))),
                write("b.gz", members(File.read(plain))), zstd(plain)]
      [plain, *packed].each do |path|
        assert_equal [text.first, text.last], ends(path), [size, path].inspect
      end
    end
  end

  def test_what_the_dumper_writes
    %w[heap.json heap.json.gz heap.json.zst].each do |name|
      path = File.join(scratch, name)
      HeapDump.dump(path)
      first, last = ends(path).map { |line| JSON.parse(line) }
      assert_equal [Process.pid, "HEADER"], first.values_at("pid", "type"), name
      assert_equal [true, "FOOTER"], last.values_at("complete", "type"), name
    end
  end

  def test_without_an_end
    plain = "#{lines(40_000).join("\n")}\n"
    path = zstd(write("a.json", plain))
    whole = File.binread(path)
    [write("cut.json", plain[0..-2]), write("cut.gz", Zlib.gzip(plain)[0..-20]),
     write("cut.zst", whole[0..-20])].each do |cut|
      assert_equal [lines(1).first, nil], ends(cut), cut
    end
    bad = whole.dup.tap { |bytes| bytes[whole.size / 2, 9] = "\0" * 9 }
    assert_nil ends(write("bad.zst", bad)).last
    assert_equal [nil, nil], ends(write("one.json", "{"))
  end

  def test_long_lines_are_not_kept
    path = write("long.json", "a\n#{"b" * (5 << 20)}\n")
    assert_equal ["a", nil], ends(path)
    assert_equal %w[a c], ends(write("c.json", "a\n#{"b" * (5 << 20)}\nc\n"))
  end

  def test_nothing
    assert_equal [nil, nil], ends(write("empty.json", ""))
    assert_equal ["", ""], ends(write("newline.json", "\n"))
    assert_raises(HeapDump::ReadError) { ends(File.join(scratch, "missing")) }
    assert_raises(TypeError) { ends(nil) }
    assert_raises(ArgumentError) { ends("a\0b") }
  end
end

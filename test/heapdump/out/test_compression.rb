# frozen_string_literal: true

require "test_helper"
require "open3"
require "zlib"

# .zst and .gz, by extension or as told.
class TestCompression < HeapDumpTest
  MAGIC = { zstd: "\x28\xB5\x2F\xFD".b, gzip: "\x1F\x8B".b, false => "{\"".b }.freeze

  def test_by_extension
    { "heap.json.zst" => :zstd, "heap.json.gz" => :gzip, "heap.json" => false,
      "heap.ZST" => false, "gz" => false }.each do |name, kind|
      assert_kind kind, HeapDump.dump(File.join(scratch, name)).path
    end
  end

  def test_as_told
    %i[zstd gzip].each do |kind|
      assert_kind kind, HeapDump.dump(File.join(scratch, "heap.json"), compress: kind).path
    end
    plain = HeapDump.dump(File.join(scratch, "heap.json.zst"), compress: false).path
    assert_kind false, plain
  end

  def test_a_name_that_promises_another_compression
    path = File.join(scratch, "heap.json.xz")
    error = assert_raises(ArgumentError) { HeapDump.dump(path) }
    assert_match(/heap.json.xz would not be compressed as its name says; name it/, error.message)
    refute_path_exists path
    assert_kind false, HeapDump.dump(path, compress: false).path
  end

  # Each frame has a checksum, each member a CRC.
  def test_a_damaged_byte_is_noticed
    %w[zst gz].each do |ending|
      path = HeapDump.dump(File.join(scratch, "heap.json.#{ending}"), gc: false).path
      bytes = File.binread(path)
      5.times do |i|
        at = bytes.bytesize * (i + 1) / 7
        File.binwrite(path, bytes.dup.tap { |copy| copy.setbyte(at, copy.getbyte(at) ^ 1) })
        _, status = Open3.capture2e(ending == "zst" ? "zstd" : "gzip", "-tq", path)
        refute_predicate status, :success?, "#{ending}: byte #{at}"
      end
    end
  end

  def test_compressed_dumps_are_whole
    %w[zst gz].each do |extension|
      path = File.join(scratch, "heap.json.#{extension}")
      result = HeapDump.dump(path)
      dump = assert_whole Dump.skim(path)
      assert_equal dump.size, result.objects
      assert_equal File.size(path), result.bytes
      assert_operator File.size(path), :<, dump.bytes_before_footer / 4
    end
  end

  # Frames of their own, so that each can be read without those before it.
  def test_zstd_is_a_chain_of_frames
    path = large_dump("heap.json.zst")
    assert_operator File.binread(path).scan(MAGIC[:zstd]).size, :>, 1
    assert_whole Dump.skim(path)
  end

  # Many readers stop behind the first member, and say nothing.
  def test_gzip_is_one_member_for_every_reader
    path = large_dump("heap.json.gz")
    text = IO.popen(["gzip", "-dc", path], &:read)
    assert_includes text.lines.last, '"complete":true'
    assert_equal text, Zlib::GzipReader.open(path, &:read)
    assert_equal text.b, Zlib.gunzip(File.binread(path)).b
    assert_equal text.b, Zlib::Inflate.new(15 + 32).inflate(File.binread(path)).b
    assert_equal 1, members(path)
    assert system("gzip", "-t", path)
  end

  def test_gzip_to_a_pipe_and_in_process
    fork_to_pipe = File.join(scratch, "pipe.gz")
    in_process = File.join(scratch, "here.gz")
    IO.popen(["dd", "of=#{fork_to_pipe}", "status=none"], "wb") do |io|
      HeapDump.dump(io, compress: :gzip)
    end
    HeapDump.dump(in_process, fork: false)
    [fork_to_pipe, in_process].each do |path|
      assert_equal 1, members(path)
      assert_includes Zlib::GzipReader.open(path, &:read).lines.last, '"complete":true'
    end
  end

  def test_to_an_io
    %i[zstd gzip].each do |kind|
      path = File.join(scratch, "io.json.#{kind == :zstd ? "zst" : "gz"}")
      File.open(path, "wb") { |file| HeapDump.dump(file, compress: kind) }
      assert_whole Dump.skim(path)
    end
  end

  def test_a_cut_stream_has_no_footer
    path = HeapDump.dump(File.join(scratch, "heap.json.gz")).path
    File.truncate(path, File.size(path) / 2)
    reader = Dump.skim(path)
    refute_predicate reader, :complete?
  end

  private

  # Of several processes, many blocks, and a line that is longer than a block.
  def large_dump(name)
    path = File.join(scratch, name)
    code = 'require "heapdump"; KEPT = Array.new(100_000) { |i| "string #{i}" * 5 }' \
           "\nLONG = Array.new(3) { |i| i.to_s * 1_000_000 }" \
           "\nARGV.each { |path| HeapDump.dump(path, processes: 3) }"
    Child.ruby!(code, path)
    path
  end

  def assert_kind(kind, path)
    magic = MAGIC.fetch(kind)
    assert_equal magic, File.binread(path, magic.bytesize), "#{path} is no #{kind}"
  end

  def members(path)
    count = 0
    File.open(path, "rb") do |file|
      until file.eof?
        reader = Zlib::GzipReader.new(file)
        reader.read
        unused = reader.unused
        reader.finish
        file.pos -= unused.bytesize if unused
        count += 1
      end
    end
    count
  end
end

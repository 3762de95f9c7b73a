# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/made_dump"

# Finding the dumps in a directory, whatever else is in it.
class TestDirectory < HeapDumpTest
  def dump(name, number = 0, directory: scratch)
    MadeDump.write(File.join(directory.b, name.b), number) do |made|
      made.constant("LIST", made.array([]))
    end
  end

  # Their names, as bytes.
  def found(directory = scratch)
    HeapDump::Snapshot::Directory.dumps(directory).map { |path| File.basename(path).b }
  end

  # What a watch dumps into has a directory for each process.
  def test_series
    4.times do |i|
      path = File.join(scratch, "series-web-1-4#{i}-abc")
      Dir.mkdir(path)
      File.utime(i, i, path)
    end
    error = assert_raises(HeapDump::Error) { HeapDump::Snapshot::Directory.dumps(scratch) }
    words = "no dump in the directory #{scratch}; each process has one of its own there: give "
    assert_includes error.message, words
    assert_equal %w[43 42 41], error.message.scan(/-(\d+)-abc/).flatten
  end

  def test_names_that_are_no_text
    dump("b.json", 0)
    dump("\xFF\xFE.json", 1)
    dump("\u00e9.json", 2)
    File.write(File.join(scratch, "\xFF.txt".b), "no dump")
    assert_equal ["b.json", "\xFF\xFE.json", "\u00e9.json"].map(&:b), found
    HeapDump::Snapshot::Directory.dumps(scratch).each do |path|
      assert_predicate path, :valid_encoding?
      assert_equal 7, HeapDump::Snapshot.open(path).header["pid"]
    end
  end

  def test_a_directory_whose_name_is_no_text
    ["d\xFF", "d\xFF".b, "d\u00e9", "d\u00e9".b].each do |name|
      directory = File.join(scratch.b, name.b).force_encoding(name.encoding)
      FileUtils.mkdir_p(directory)
      dump("\u00e9.json", 0, directory: directory)
      dump("\xFF.json", 1, directory: directory)
      assert_equal ["\u00e9.json", "\xFF.json"].map(&:b), found(directory), name.inspect
    end
    error = assert_raises(HeapDump::ReadError) do
      HeapDump::Snapshot::Directory.expand([File.join(scratch, "\xFF*")])
    end
    assert_match(/no such file/, Text.valid(error.message))
  end

  # One file that cannot be read hides no other.
  def test_files_that_cannot_be_read
    dump("a.json", 0)
    dump("gone.json", 1)
    read = File.method(:binread)
    File.stub(:binread, lambda { |path, *rest|
      path.end_with?("gone.json") ? raise(Errno::ENOENT) : read.call(path, *rest)
    }) { assert_equal %w[a.json], found }
    lines = File.readlines(dump("late", 2))
    File.write(File.join(scratch, "no_header"), lines[1..].join)
    File.stub(:mtime, ->(_) { raise Errno::EIO }) { assert_equal %w[a.json gone.json late], found }
  end

  def test_what_is_no_file
    dump("a.json")
    File.mkfifo(File.join(scratch, "fifo"))
    { "loop" => "loop", "nowhere" => "/nowhere", "zero" => "/dev/zero", "link.json" => "a.json" }
      .each { |name, target| File.symlink(target, File.join(scratch, name)) }
    Dir.mkdir(File.join(scratch, "directory.json"))
    assert_equal %w[a.json link.json], found
  end

  Text = HeapDump::Terminal::Text
end

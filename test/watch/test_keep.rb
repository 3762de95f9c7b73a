# frozen_string_literal: true

require "test_helper"
require "support/watching"
require "heapdump/watch/life"

# Which dumps are removed when there are too many.
class TestKeep < HeapDumpTest
  NOW = Time.utc(2026, 11, 29)
  RULES = { files: 100, bytes: 1 << 40, for: 14 * 86_400 }.freeze

  def directory
    @directory ||= HeapDump::Watch::Directory.new(scratch)
  end

  # A dump of so many bytes, some hours old.
  def dump(series, number, hours, bytes: 10)
    directory.series("series-#{series}")
    path = File.join(scratch, "series-#{series}", "#{number}.json.zst")
    File.write(path, "x" * bytes)
    File.utime(NOW - (hours * 3600), NOW - (hours * 3600), path)
  end

  def keep(own, coming: 0, new: 0, **rules)
    HeapDump::Watch::Keep.new(directory, RULES.merge(rules))
                         .call("series-#{own}", NOW, files: new, coming: coming)
    left
  end

  def left
    Dir.glob("series-*/*.zst", base: scratch).map do |path|
      path.delete_prefix("series-").delete_suffix(".json.zst")
    end.sort
  end

  def test_enough_room
    3.times { |i| dump("a", i, 30 - i) }
    assert_equal %w[a/0 a/1 a/2], keep("a", files: 3)
  end

  # Whole series: one of which the beginning is gone says nothing.
  def test_the_oldest_series_go_first
    { "a" => 50, "b" => 40, "c" => 30 }.each { |name, age| 3.times { |i| dump(name, i, age - i) } }
    assert_equal %w[b/0 b/1 b/2 c/0 c/1 c/2], keep("c", files: 8)
    refute_path_exists File.join(scratch, "series-a")
    assert_equal %w[c/0 c/1 c/2], keep("c", files: 6, new: 1)
  end

  # What is left of the own series: its first and its last.
  def test_a_series_keeps_its_ends
    6.times { |i| dump("a", i, 30 - i) }
    assert_equal %w[a/0 a/4 a/5], keep("a", files: 3)
    assert_equal %w[a/0 a/5], keep("a", files: 1)
    dump("a", 6, 1)
    assert_equal %w[a/0], keep("a", files: 2, new: 1)
  end

  def test_bytes
    dump("a", 0, 50, bytes: 500)
    dump("b", 0, 40, bytes: 500)
    dump("c", 0, 30, bytes: 500)
    assert_equal %w[a/0 b/0 c/0], keep("c", bytes: 1500)
    assert_equal %w[b/0 c/0], keep("c", bytes: 1500, new: 1, coming: 1)
  end

  # By the last dump of a series.
  def test_age
    dump("a", 0, 24 * 20)
    dump("a", 1, 24 * 13)
    dump("b", 0, 24 * 15)
    dump("own", 0, 24 * 30)
    assert_equal %w[a/0 a/1 own/0], keep("own")
  end

  def test_what_processes_have_left
    dump("a", 0, 10)
    old = File.join(scratch, "series-a", "1.json.zst.partial-7")
    young = File.join(scratch, "series-a", "1.json.zst.partial-8")
    [old, young].each { |path| File.write(path, "") }
    File.utime(NOW - 90_000, NOW - 90_000, old)
    File.utime(NOW - 60, NOW - 60, young)
    empty, new = %w[empty new].map { |name| directory.series("series-#{name}") }
    File.utime(NOW - 90_000, NOW - 90_000, empty)
    File.utime(NOW, NOW, new)
    keep("a")
    assert_equal [false, true, false, true], [old, young, empty, new].map { |path|
      File.exist?(path)
    }
  end

  def test_what_belongs_to_a_dump_goes_with_it
    3.times { |i| dump("a", i, 30 - i) }
    %w[.manifest.json .hdidx .shipped .failed].each do |ending|
      File.write("#{scratch}/series-a/1.json.zst#{ending}", "")
    end
    keep("a", files: 2)
    assert_equal %w[0.json.zst 2.json.zst], Dir.children(File.join(scratch, "series-a")).sort
  end

  # Marks and what is not written yet are no dumps, so they are not counted as such.
  def test_what_is_beside_a_dump_is_no_dump
    dump("a", 0, 30)
    %w[.manifest.json .manifest.json.41 .hdidx .shipped .shipped.7 .failed .failed.99
       .partial-7].each do |ending|
      File.write("#{scratch}/series-a/0.json.zst#{ending}", "")
    end
    %w[ship.lock ship.log].each { |name| File.write(File.join(scratch, name), "") }
    assert_equal %w[0.json.zst], directory.dumps.map { |one| File.basename(one.path) }
    life = HeapDump::Watch::Life.new(HeapDump::Watch::NoteFiles::Entry.new(scratch, "notes", "a"))
    life.file.define_singleton_method(:dumps_directory) { File.join(directory, "series-a") }
    assert_equal directory.dumps.map(&:path), life.dumps
  end

  def mark(name, ending)
    path = File.join(scratch, "series-#{name}.json.zst")
    HeapDump::Ship::Marks.write(path, ending, File.lstat(path), {})
  end

  # What is in another place goes first, even if it is of the process itself or younger; what could
  # not be brought there goes last.
  def test_what_was_shipped_goes_first
    { "a" => 50, "b" => 40, "c" => 30, "own" => 20 }.each do |name, age|
      4.times { |i| dump(name, i, age - i) }
    end
    %w[a/1 own/2].each { |name| mark(name, ".failed") }
    ["own/1", *(0..3).map { |i| "c/#{i}" }, "b/0"].each { |name| mark(name, ".shipped") }
    all = %w[a/0 a/1 a/2 a/3 b/0 b/1 b/2 b/3 own/0 own/1 own/2 own/3]
    assert_equal all, keep("own", files: 12)
    assert_equal all -= %w[own/1], keep("own", files: 11)
    assert_equal all -= %w[b/0 b/1 b/2 b/3], keep("own", files: 10)
    assert_equal all -= %w[a/0 a/1 a/2 a/3], keep("own", files: 6)
    assert_equal all - %w[own/2], keep("own", files: 2)
  end

  # A mark that is of another file of that name says nothing.
  def test_a_mark_of_an_earlier_dump
    { "a" => 50, "b" => 40 }.each { |name, age| dump(name, 0, age) }
    mark("b/0", ".shipped")
    dump("b", 0, 30)
    assert_equal %w[b/0], keep("own", files: 1)
  end

  # Nothing else is touched, whatever it is called.
  def test_other_files
    outside = File.join(scratch, "outside")
    FileUtils.mkdir_p([outside, File.join(scratch, "series-sub", "directory")])
    File.write(File.join(outside, "kept.json"), "")
    File.write(File.join(scratch, "series-file"), "")
    File.write(File.join(scratch, "seriesx"), "")
    File.symlink(outside, File.join(scratch, "series-link"))
    File.symlink(File.join(outside, "kept.json"), File.join(scratch, "series-sub", "link.json"))
    dump("sub", 0, 24 * 100)
    dump("own", 0, 1)
    keep("own", files: 1)
    assert_equal %w[own/0], left
    assert_path_exists File.join(outside, "kept.json")
    %w[series-file seriesx series-link series-sub/directory].each do |name|
      assert_path_exists File.join(scratch, name)
    end
  end

  # Another process removes the same at the same time.
  def test_nothing_is_there_any_more
    assert_empty HeapDump::Watch::Directory.new(File.join(scratch, "gone")).dumps
    dump("a", 0, 24 * 100)
    one = directory.dumps.first
    FileUtils.rm_rf(File.join(scratch, "series-a"))
    directory.remove(one)
    directory.remove_series("series-a")
    assert_empty directory.dumps_of("series-a")
  end
end

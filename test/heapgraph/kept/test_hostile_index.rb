# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/made_dump"

# Indexes in places where somebody else may write too.
class TestHostileIndex < HeapDumpTest
  OTHER = 65_534

  def setup
    super
    @cache = ENV.fetch("XDG_CACHE_HOME", nil)
    ENV["XDG_CACHE_HOME"] = File.join(scratch, "cache")
    @dump = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      made.constant("KEPT", made.object("Session"))
    end
    @index = "#{@dump}.hdidx"
    @precious = File.join(scratch, "precious")
    File.write(@precious, "precious")
  end

  def teardown
    ENV["XDG_CACHE_HOME"] = @cache
    super
  end

  # It answers, with an index or without.
  def assert_answers(index: true)
    snapshot = HeapDump::Snapshot.open(@dump, index: index)
    assert_equal 1, snapshot.histogram(by: :class)["Session"].objects
    assert_operator snapshot.retained_size(snapshot.find(class: "Session").first), :>, 0
    snapshot
  end

  def assert_precious
    assert_equal "precious", File.read(@precious)
    assert_equal 1, File.stat(@precious).nlink
  end

  def indexes
    Dir.glob(File.join(scratch, "**", "*hdidx*"), File::FNM_DOTMATCH)
  end

  def test_it_is_for_its_owner_alone
    old = File.umask(0)
    assert_answers
    assert_equal [@index], indexes
    assert_equal 0o600, File.stat(@index).mode & 0o7777
  ensure
    File.umask(old)
  end

  # What could not be written is not said to be kept, however often that is asked.
  def test_an_index_that_could_not_be_written_is_not_kept
    [[true, true], [false, true], [false, false]].each do |flags|
      graph = HeapDump::Graph.new.load(@dump, *flags)
      later = Time.now + 10
      File.utime(later, later, @dump) # the dump is another one than that which was loaded
      assert_equal [false, false], [graph.save_index, graph.save_index]
      assert_empty indexes
    end
  end

  # A small dump whose last bytes alone are others, in the same second.
  def test_an_index_of_a_dump_with_another_end_is_not_taken
    text = File.read(@dump)
    time = File.stat(@dump).mtime
    refute_equal 0, text.bytesize % 64
    assert_answers
    File.write(@dump, text.sub(/\}(?=\s*\z)/, " ")) # as long, and damaged
    File.utime(time, time, @dump)
    refute_empty HeapDump::Snapshot.open(@dump, index: true).warnings
  end

  # Under the name of the index, and under that which it has until it is whole.
  def test_what_is_there_already_is_not_written_to
    ["", ".partial-#{Process.pid}"].each do |ending|
      [->(name) { File.symlink(@precious, name) }, ->(name) { File.mkfifo(name) },
       ->(name) { File.write(name, "x" * 5000) }].each do |make|
        make.call(@index + ending)
        assert_answers
        assert_precious
        FileUtils.rm_f([@index, @index + ending])
      end
      Dir.mkdir(@index + ending)
      assert_answers
      assert_answers(index: :auto)
      assert_empty Dir.children(@index + ending)
      assert File.directory?(@index + ending)
      FileUtils.rm_rf([@index, @index + ending])
    end
    assert_precious
  end

  # What fits the dump, but is not ours, may say anything.
  def test_an_index_of_somebody_else_is_not_believed
    skip "SKIPPED: needs root" unless Process.euid.zero?
    assert_answers
    spoilt = File.binread(@index)
    File.chown(OTHER, OTHER, @index)
    before = File.stat(@index)
    assert_answers(index: :auto)
    assert_equal [spoilt, before.mtime, OTHER],
                 [File.binread(@index), File.stat(@index).mtime, File.stat(@index).uid]
  end

  # Who owns the dump may own the directory.
  def test_beside_a_dump_of_somebody_else_nothing_is_written
    skip "SKIPPED: needs root" unless Process.euid.zero?
    File.chown(OTHER, OTHER, @dump)
    assert_answers
    assert_equal 1, indexes.size
    assert indexes.first.start_with?(ENV.fetch("XDG_CACHE_HOME")), indexes.first
    assert_equal [0o600, 0], [File.stat(indexes.first).mode & 0o7777, File.stat(indexes.first).uid]
    assert_equal 0o700, File.stat(File.dirname(indexes.first)).mode & 0o7777
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/made_extract"

# What is judged does not depend on the order in which dumps are imported.
class TestFleetOrder < HeapDumpTest
  Fleet = HeapDump::Fleet
  # In each dump: objects of 40 bytes, of classes and of ways. All but the first one have fewer than
  # get a row by themselves, now and then or for good.
  COUNTS = {
    "Grows" => [100, 200, 300, 400, 500, 600, 700, 800],
    "Hovers" => [120, 90, 130, 80, 110, 70, 60, 150],
    "Released" => [5000, 4000, 40, 30, 20, 10, 0, 0],
    "Comes and goes" => [0, 500, 0, 0, 500, 3, 0, 500],
    "Small" => [5, 6, 7, 8, 9, 10, 11, 12]
  }.freeze
  DUMPS = 8
  EXTRACT = lambda do |path|
    at = Integer(File.basename(path, ".json"), 10)
    counts = COUNTS.transform_values { |all| all[at] }.select { |_, objects| objects.positive? }
    MadeExtract.make(at, classes: counts, ways: counts.transform_keys { |name| "way #{name}" })
  end

  def setup
    super
    setup_files
  end

  def test_any_order
    expected = stored(@files)
    seen = expected[:classes]
    assert_equal COUNTS["Hovers"], seen["Hovers"]
    assert_equal [*COUNTS["Released"].first(7), nil], seen["Released"]
    assert_equal [nil, 500, 0, nil, 500, 3, 0, 500], seen["Comes and goes"]
    refute_includes seen, "Small"
    random = Random.new(7)
    [@files.reverse, *Array.new(12) { @files.shuffle(random: random) }].each do |files|
      assert_equal expected, stored(files), files.inspect
    end
  end

  # A dump that has gone is left as it is, and so is one that another one has replaced.
  def test_what_is_not_at_hand
    [[->(_path) {}, 0], [->(path) { File.unlink(path) }, nil],
     [->(path) { File.write(path, "another") }, nil]].each do |change, expected|
      found = stored(@files.values_at(0, 2, 3, 4, 5, 6, 7, 1)) { change.call(@files[2]) }
      assert_equal [nil, 500, expected, nil, 500, 3, 0, 500], found[:classes]["Comes and goes"]
      setup_files
    end
  end

  private

  def setup_files
    @files = Array.new(DUMPS) do |at|
      File.join(scratch, "#{at}.json").tap do |path|
        File.write(path, "{\"type\":\"HEADER\"}\n#{" " * at}")
      end
    end
  end

  # What is known of each class and way in each dump, and the verdicts, of a store into which these
  # are imported one by one. The block runs before the last one.
  def stored(files)
    @number = @number.to_i + 1
    store = Fleet.open("sqlite:#{File.join(scratch, "#{@number}.db")}")
    importer = Fleet::Importer.new(store, extract: EXTRACT)
    files.each do |path|
      yield if block_given? && path == files.last
      assert_equal :imported, importer.import(Fleet::Source.files([path]).first).state
    end
    Fleet::Judging.new(store).run
    { **known(store), verdicts: store.query("SELECT * FROM verdict ORDER BY kind, name") }
  ensure
    store&.close
  end

  def known(store)
    extracts = Fleet::StoredExtracts.new(store, store.number("SELECT id FROM process")).judged
    %i[classes ways].to_h do |kind|
      all = extracts.map { |_, extract| extract.public_send(kind) }
      names = all.flat_map(&:keys).uniq.sort
      [kind, names.to_h { |name| [name, all.map { |sums| sums[name]&.objects }] }]
    end
  end
end

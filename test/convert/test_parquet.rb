# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/engines"
require "support/hostile_tables"
require "support/shop"

# The tables of dumps as files of Parquet: the same as in SQLite, read by DuckDB where that is, and
# by Polars.
class TestParquet < HeapDumpTest
  include CommandLine
  include HostileTables

  TABLES = %w[objects edges threads frames dump].freeze

  def setup
    super
    scratch # so that it is the same one in all processes
    skip "SKIPPED: no gem polars-df here" if Gem::Specification.stubs_for("polars-df").none?
  end

  # What the block returns, called in a process of its own: that of other tests, which fork, must
  # not have the threads of Polars (see test_killed_stores.rb).
  def with_polars
    result, write = IO.pipe(binmode: true)
    pid = fork do
      require "set"
      require "polars"
      write << Marshal.dump(yield)
      write.close
    rescue Exception => e # rubocop:disable Lint/RescueException -- what a test asserts is one, too
      warn e.full_message
    ensure
      exit!
    end
    write.close
    Marshal.load(result) # rubocop:disable Security/MarshalLoad -- of our own process
  ensure
    result.close
    Process.wait(pid)
  end

  def directory
    File.join(scratch, "lake")
  end

  def import(dump, *options)
    with_polars { heapdump("convert", dump, "--to", "parquet", "-o", directory, *options) }
  end

  def files(table = "*")
    Dir["#{directory}/#{table}/*/*/*/*.parquet"]
  end

  def by_polars(table)
    rows = with_polars do
      frames = files(table).map { |file| Polars.read_parquet(file) }
      frames.flat_map { |frame| frame.rows(named: true) }
    end
    Engines.rows(rows.map { |row| row.transform_keys(&:to_s) })
  end

  def sqlite(dump, *options)
    skip "SKIPPED: #{Engines::Sqlite.missing}" if Engines::Sqlite.missing
    path = File.join(scratch, "#{File.basename(dump)}.db")
    heapdump!("convert", dump, "--to", "sqlite", "-o", path, "--force", *options)
    Engines::Sqlite.new(path)
  end

  def test_tables_are_those_of_sqlite
    dump = hostile_dump(File.join(scratch, "hostile.json"))
    assert_equal [0, ""], import(dump, "--values").to_a.values_at(0, 2)
    db = sqlite(dump, "--values")
    TABLES.each { |table| assert_equal db.rows(table), by_polars(table), table }
    skip "SKIPPED: #{Engines::DuckDb.missing}" if Engines::DuckDb.missing
    duck = Engines::DuckDb.new(directory)
    TABLES.each { |table| assert_equal db.rows(table), duck.rows(table), table }
  end

  def test_sums_of_a_real_dump
    assert_equal [0, ""], import(Shop.dump).to_a.values_at(0, 2)
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    rows = by_polars("objects")
    assert_equal snapshot.graph.nodes - 1, rows.size
    assert_equal snapshot.each.sum(&:memsize), rows.sum { |row| row["memsize"] }
    assert_equal snapshot.each.map(&:retained_size), rows.first(snapshot.objects).map { |row|
      row["retained_size"]
    }
    assert_equal sqlite(Shop.dump).query("SELECT count(*) AS n FROM edges").first["n"],
                 by_polars("edges").size
  end

  def test_where_files_are
    import(Shop.dump)
    assert_equal TABLES.size, files.size
    date = HeapDump::Snapshot.open(Shop.dump).header["time"][0, 10]
    files.each do |file|
      assert_match(%r{/\w+/app=[\w.-]+/date=#{date}/dump=\h{12}/00000\.parquet\z}, file)
      assert_equal 0o600, File.stat(file).mode & 0o777
    end
    assert_empty Dir.glob("#{directory}/**/.*partial*", File::FNM_DOTMATCH)
  end

  def test_the_same_dump_again
    import(Shop.dump)
    before = files.map { |file| File.stat(file).ino }
    answer = import(Shop.dump)
    assert_equal 0, answer.status
    assert_match(/lake has this dump already/, answer.err)
    assert_equal before, files.map { |file| File.stat(file).ino }
    assert_equal [0, ""], import(Shop.dump, "--force").to_a.values_at(0, 2)
    assert_equal TABLES.size, files.size
    import(hostile_dump(File.join(scratch, "hostile.json")))
    assert_equal 2 * TABLES.size, files.size
  end

  def test_what_cannot_be_written
    File.write(directory, "precious")
    assert_match(/lake is no directory/, import(Shop.dump).err)
    assert_equal "precious", File.read(directory)
    File.delete(directory)
    tables = HeapDump::Convert.module_eval { const_get(:Tables) }
    whole = tables.instance_method(:rows)
    tables.define_method(:rows) do |table|
      table == "dump" ? raise(Errno::ENOSPC) : whole.bind_call(self, table)
    end
    assert_match(/lake cannot be written: the disk is full/, import(Shop.dump).err)
    assert_empty files
    assert_empty Dir.glob("#{directory}/**/*.parquet", File::FNM_DOTMATCH)
  ensure
    tables&.define_method(:rows, whole)
  end

  # As Polars itself tells it.
  def test_a_full_disk_leaves_nothing
    answer = with_polars do
      trap("XFSZ", "IGNORE")
      Process.setrlimit(Process::RLIMIT_FSIZE, 1 << 12)
      heapdump("convert", Shop.dump, "--to", "parquet", "-o", directory)
    end
    assert_equal 1, answer.status
    assert_match(/lake cannot be written: the file would be larger than/, answer.err)
    assert_empty Dir.glob("#{directory}/**/*.parquet", File::FNM_DOTMATCH)
  end

  def test_a_batch_can_be_taken_once
    graph = HeapDump::Snapshot.open(Shop.dump).graph
    batch, rows, node, edge = graph.rows(1, false).batch(0, 0, 0, 100)
    assert_equal [100, 100, 0], [rows, node, edge]
    said = with_polars do
      [Polars::DataFrame.new(batch).height, assert_raises(ArgumentError) { batch.arrow_c_stream }]
    end
    assert_equal [100, "somebody has taken this batch already"], [said[0], said[1].message]
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/engines"
require "support/hostile_tables"
require "support/postgres"
require "support/shop"

# The tables of dumps in a PostgreSQL server: the same as in SQLite, all of a dump or nothing.
class TestConvertPostgres < HeapDumpTest
  include CommandLine
  include HostileTables

  def setup
    super
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    require "pg"
    skip "SKIPPED: #{Engines::Sqlite.missing}" if Engines::Sqlite.missing
    File.chmod(0o755, scratch) # the server runs as a user of its own
    @server = Postgres.new("#{scratch}/postgres")
  end

  # Yields the engine while the server runs.
  def serving
    @server.run do
      @engine = nil
      yield
    ensure
      @engine&.close
    end
  end

  def engine
    @engine ||= Engines::PostgreSql.new(@server.url)
  end

  def import(dump, *options)
    heapdump("convert", dump, "--to", "postgres", "-o", @server.url, *options)
  end

  def sqlite(dump, *options)
    path = File.join(scratch, "#{File.basename(dump)}.db")
    heapdump!("convert", dump, "--to", "sqlite", "-o", path, "--force", *options)
    Engines::Sqlite.new(path)
  end

  TABLES = %w[objects edges threads frames dump].freeze

  def same_as_sqlite(dump, *options)
    expected = sqlite(dump, *options)
    id = expected.rows("dump").first["dump_id"]
    TABLES.each do |table|
      rows = engine.rows(table).select { |row| row["dump_id"] == id }
      assert_equal [], (expected.rows(table) - rows).first(3), table
      assert_equal expected.rows(table).size, rows.size, table
    end
  end

  # One server for all of it: to start one takes longer than the rest.
  def test_tables
    hostile = hostile_dump(File.join(scratch, "hostile.json"))
    serving do
      [[Shop.dump], [hostile, "--values"]].each do |dump, *options|
        assert_equal [0, ""], import(dump, *options).to_a.values_at(0, 2)
        same_as_sqlite(dump, *options)
      end
      again_changes_nothing
      other_dumps_stay(hostile)
      torn_imports_leave_nothing
    end
  end

  def again_changes_nothing
    before = engine.query("SELECT count(*) AS n, max(xmin::text) AS x FROM objects")
    answer = import(Shop.dump)
    assert_equal 0, answer.status
    assert_match(/has this dump already; --force replaces it/, answer.err)
    assert_equal before, engine.query("SELECT count(*) AS n, max(xmin::text) AS x FROM objects")
  end

  def other_dumps_stay(hostile)
    assert_equal [0, ""], import(hostile, "--force").to_a.values_at(0, 2)
    assert_equal 2, engine.rows("dump").size
    same_as_sqlite(hostile) # without values this time
  end

  # The connection breaks in the middle, as it does if the importer is killed.
  def torn_imports_leave_nothing
    counts = TABLES.map { |table| engine.query("SELECT count(*) AS n FROM #{table}") }
    store = HeapDump::Convert.store("postgres", @server.url, force: true)
    breaks = ->(*) { store.send(:connection).socket_io.close }
    tables = HeapDump::Convert.module_eval { const_get(:Tables) }
    broken = tables.instance_method(:rows)
    tables.define_method(:rows) do |table|
      table == "frames" ? breaks.call : broken.bind_call(self, table)
    end
    assert_raises(HeapDump::Error, IOError) { store.write(HeapDump::Snapshot.open(Shop.dump)) }
    assert_equal(counts, TABLES.map { |table| engine.query("SELECT count(*) AS n FROM #{table}") })
  ensure
    tables.define_method(:rows, broken)
  end

  def test_a_server_that_is_not_there
    answer = heapdump("convert", Shop.dump, "--to", "postgres", "-o", "postgres://me@localhost:1/x")
    assert_equal 1, answer.status
    assert_match(%r{postgres://localhost:1/x: .*refused}, answer.err)
    answer = heapdump("convert", Shop.dump, "--to", "postgres", "-o", "mysql://x")
    assert_match(%r{-o needs postgres://}, answer.err)
  end

  def test_passwords_are_in_no_message
    ENV["HEAPDUMP_STORE"] = "postgres://me:hunter2@localhost:1/x"
    answer = heapdump("convert", Shop.dump, "--to", "postgres", "-o", "env:HEAPDUMP_STORE")
    assert_equal 1, answer.status
    refute_match(/hunter2/, answer.err)
    ENV["HEAPDUMP_STORE"] = "postgres://me:hun@ter2@localhost:1/x"
    answer = heapdump("convert", Shop.dump, "--to", "postgres", "-o", "env:HEAPDUMP_STORE")
    refute_match(/hun|ter2/, answer.err)
  ensure
    ENV.delete("HEAPDUMP_STORE")
  end
end

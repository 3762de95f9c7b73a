# frozen_string_literal: true

require "test_helper"
require "heapdump/click_house_server"
require "heapdump/convert"
require "support/clickhouse"
require "support/hostile_tables"
require "support/killed"
require "support/postgres"

# A conversion to Parquet, PostgreSQL or ClickHouse that is killed at any step: what "dump" names is
# whole, and the next conversion does all of it.
class TestConvertKilledStores < HeapDumpTest
  include HostileTables
  include Killed

  TABLES = %w[objects edges threads frames dump].freeze

  attr_reader :steps_counted

  def snapshot
    @snapshot ||= HeapDump::Snapshot.open(hostile_dump("#{scratch}/dump.json"), index: false)
  end

  # Polars is loaded in the processes that are killed alone: its threads survive no fork.
  def test_parquet
    skip "SKIPPED: no gem polars-df here" unless Gem::Specification.stubs_for("polars-df").any?
    lake = File.join(scratch, "lake")
    @steps_counted = { File.singleton_class => %i[rename open] }
    work = -> { HeapDump::Convert.store("parquet", lake, force: true).write(snapshot) }
    assert_whole(work, -> { tables_in(lake) }) do |left|
      left.none? { |file| file.include?("/dump/app=") }
    end
  end

  # What engines see of it.
  def tables_in(lake)
    Dir["#{lake}/*/*/*/dump=*/*.parquet"]
  end

  def test_postgres
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    require "pg"
    @steps_counted = { PG::Connection => %i[exec exec_params copy_data put_copy_data] }
    serve(Postgres) do |url|
      assert_store("postgres", url) do |table|
        connection = PG.connect(url)
        Integer(connection.exec("SELECT count(*) FROM heapdump_objects.#{table}").getvalue(0, 0))
      ensure
        connection&.close
      end
    end
  end

  def test_clickhouse
    skip "SKIPPED: no ClickHouse here (apt-get install clickhouse-server)" unless Clickhouse.program
    @steps_counted = { HeapDump::ClickHouseServer => %i[ask] }
    serve(Clickhouse) do |url|
      address = HeapDump::ClickHouseServer.address(url, "default")
      assert_store("clickhouse", url) do |table|
        HeapDump::ClickHouseServer.new(address).ask("SELECT count() FROM #{table}").to_i
      end
    end
  end

  def serve(engine)
    File.chmod(0o755, scratch)
    server = engine.new("#{scratch}/server")
    server.run { yield server.url }
  end

  def assert_store(engine, url, &count)
    work = -> { HeapDump::Convert.store(engine, url, force: true).write(snapshot) }
    assert_whole(work, -> { TABLES.map(&count) }) { |left| left.last.zero? }
  end

  # +seen+ returns what engines see. The block says whether that is no dump at all.
  def assert_whole(work, seen)
    snapshot
    whole(work)
    expected = seen.call
    assert_equal TABLES.size, expected.size
    killed(work) do |kill, at|
      assert_nil kill.call, at
      left = seen.call
      assert_equal expected, left, at unless yield(left)
    end
    whole(work)
    assert_equal expected, seen.call
  end
end

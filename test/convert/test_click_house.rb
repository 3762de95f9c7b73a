# frozen_string_literal: true

require "test_helper"
require "support/clickhouse"
require "support/command_line"
require "support/engines"
require "support/hostile_tables"

# The tables of dumps in a ClickHouse server: the same as in SQLite.
class TestConvertClickHouse < HeapDumpTest
  include CommandLine
  include HostileTables

  TABLES = %w[objects edges threads frames dump].freeze

  def sqlite(dump)
    path = File.join(scratch, "tables.db")
    heapdump!("convert", dump, "--to", "sqlite", "-o", path, "--force", "--values")
    Engines::Sqlite.new(path)
  end

  def import(dump, url, *options)
    heapdump("convert", dump, "--to", "clickhouse", "-o", url, "--values", *options)
  end

  def rows(url, table)
    uri = URI(url.sub("clickhouse", "http"))
    uri.path = "/"
    uri.query = URI.encode_www_form(query: "SELECT * FROM heapdump_objects.#{table} FORMAT JSON",
                                    output_format_json_quote_64bit_integers: 0)
    Engines.rows(JSON.parse(Net::HTTP.get(uri).force_encoding("UTF-8")).fetch("data"))
  end

  def test_tables
    skip "SKIPPED: no ClickHouse here (apt-get install clickhouse-server)" unless Clickhouse.program
    skip "SKIPPED: #{Engines::Sqlite.missing}" if Engines::Sqlite.missing
    File.chmod(0o755, scratch) # the server runs as a user of its own
    dump = hostile_dump(File.join(scratch, "hostile.json"))
    server = Clickhouse.new("#{scratch}/clickhouse")
    server.run do
      url = server.url.sub("/default", "/heapdump_objects")
      assert_equal [0, ""], import(dump, url).to_a.values_at(0, 2)
      same(dump, url)
      assert_match(/has this dump already/, import(dump, url).err)
      assert_equal [0, ""], import(dump, url, "--force").to_a.values_at(0, 2)
      same(dump, url)
      assert_match(/clickhouse:.*HTTP (?:40[13]|500)/, import(dump, url.sub("//", "//nobody@")).err)
    end
  end

  def same(dump, url)
    db = sqlite(dump)
    TABLES.each do |table|
      expected = db.rows(table)
      found = rows(url, table)
      assert_equal [expected.size, [], []],
                   [found.size, (expected - found).first(2), (found - expected).first(2)], table
    end
  end

  def test_addresses
    ["clickhouse://", "http://x", "clickhouse://me:hunter2@h/a;b",
     "clickhouse://u:hun ter2@h"].each do |url|
      error = assert_raises(HeapDump::Error) { HeapDump::Convert.store("clickhouse", url) }
      assert_match(/-o needs clickhouse:/, error.message)
      refute_match(/hun/, error.message)
    end
    store = HeapDump::Convert.store("clickhouse", "clickhouse://me:hunter2@localhost:1")
    assert_equal "clickhouse://localhost:1/heapdump_objects", store.name
    error = assert_raises(HeapDump::Error) { store.check("x") }
    refute_match(/hunter2/, error.message)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/click_house_server"

# The addresses that stores and converters have for ClickHouse, which are the same.
class TestClickHouseServer < HeapDumpTest
  Server = HeapDump::ClickHouseServer

  def test_addresses
    { "clickhouse://db" => ["clickhouse://db:8123/heaps", false],
      "clickhouses://u:geheim@db/x-1" => ["clickhouses://db:8443/x-1", true],
      "clickhouse://u@[::1]:81/x" => ["clickhouse://[::1]:81/x", false] }.each do |text, expected|
      name, secret = expected
      address = Server.address(text, "heaps")
      assert_equal [name, name, secret], [address.name, address.inspect, address.secret?]
    end
  end

  def test_what_is_no_address
    ["clickhouse+https://db/x", "http://db/x", "clickhouse:db", "clickhouse:///x",
     "clickhouse://db/x;DROP", "clickhouse://db/`x", "clickhouse://u:ge heim@db/x",
     "clickhouse://u:geheim%0a@db/x"].each do |text|
      assert_raises(URI::InvalidURIError, text) { Server.address(text, "heaps") }
    end
    require "heapdump/fleet"
    [-> { HeapDump::Fleet.open("clickhouse+https://u:geheim@db/x") },
     -> { HeapDump::Convert.store("clickhouse", "clickhouse+https://u:geheim@h/x") }].each do |call|
      refute_includes assert_raises(HeapDump::Error, &call).message, "geheim"
    end
  end

  # The password of a user who has none in the address is in a variable.
  def test_the_password_in_the_environment
    before = ENV.fetch("CLICKHOUSE_PASSWORD", nil)
    ENV["CLICKHOUSE_PASSWORD"] = "geheim"
    keys = ["clickhouse://u@db", "clickhouse://u:other@db", "clickhouse://db"].map do |text|
      server = Server.new(Server.address(text, "x"))
      server.send(:request, "SELECT 1", nil, nil)["X-ClickHouse-Key"]
    end
    assert_equal ["geheim", "other", nil], keys
  ensure
    ENV["CLICKHOUSE_PASSWORD"] = before
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/fleet"
require "socket"

# Addresses of stores, and servers that are none.
class TestFleetAddress < HeapDumpTest
  Fleet = HeapDump::Fleet
  # What libpq would quote a part of, or what no header of HTTP takes.
  MALFORMED = ["postgres://u:geheim%00@127.0.0.1:1/db", "postgres://u:p@h:1/db?geheim",
               "postgres://u@127.0.0.1:1/db?password=geheim%00",
               "clickhouse://u:geheim%0A@127.0.0.1:1/db", "clickhouse://u:ge/heim@h/db"].freeze

  def test_no_part_of_a_password_is_told
    MALFORMED.each do |address|
      error = assert_raises(HeapDump::Error, address) { Fleet.open(address) }
      assert_match(/malformed/, error.message, address)
      refute_match(/geheim|heim/, error.message, address)
    end
  end

  def test_a_question_mark_in_a_password
    ["", "?schema=s", "?schema=s&sslmode=disable", "?sslmode=disable&schema=s"].each do |more|
      address = "postgres://u:1?geheim@127.0.0.1:1/db#{more}"
      error = assert_raises(Fleet::StoreError) { Fleet.open(address) }
      assert_match(%r{\Apostgres://127.0.0.1:1/db: .*refused}, error.message)
    end
  end

  def test_answers_of_others
    { "220 smtp.example.org\r\n" => /speaks no HTTP; give the HTTP port/,
      "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>" => /no ClickHouse; give its HTTP port/,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]" => /no ClickHouse; give its HTTP port/,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" => /no ClickHouse; give its HTTP port/,
      "" => /end of file|reset/ }.each do |answer, message|
      error = assert_raises(Fleet::StoreError) { asked(answer, "u:geheim") }
      assert_match message, error.message
      refute_includes error.message, "geheim"
    end
  end

  def test_a_plus_in_a_password_is_one
    assert_raises(Fleet::StoreError) { asked("", "u:a+b%2B") }
    assert_match(/^x-clickhouse-key: a\+b\+\r$/i, @request)
  end

  private

  # Opens a store at a server that answers with this text.
  def asked(answer, user)
    server = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new do
      client = server.accept
      @request = client.readpartial(10_000)
      client.write(answer)
      client.close
    end
    Fleet.open("clickhouse://#{user}@127.0.0.1:#{server.addr[1]}/db")
  ensure
    thread&.join(5)
    server&.close
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shop"

# `top --by way`: the same as Snapshot#ways, on the screen and for programs.
class TestTopWays < HeapDumpTest
  include CommandLine

  def shop
    Shop.dump({ gc: false })
  end

  def test_on_the_screen
    out = heapdump!("top", shop, "--by", "way", "--limit", "1000").out
    assert_match(/^ retained +share +objects +size +class +held by$/, out)
    assert_match(
      /KiB +\d+\.\d % +80 +[\d.]+ KiB +Session +constant Registry::CACHE \(.*shop.rb:\d+\)$/, out
    )
    assert_match(/^besides: code and the VM's own \d/, out)
    assert_empty out.scan(HeapDump::Terminal::Text::HARMFUL) - ["\n"]
  end

  def test_for_programs
    json = heapdump!("top", shop, "--by", "way", "--limit", "7", "--json").json
    ways = HeapDump::Snapshot.open(shop).ways
    assert_equal ways.first(7).map(&:signature), json["rows"].map { |row| row["signature"] }
    assert_equal ways.size, json["total"]
    sums = [*json["rows"], json["rest"], json["hidden"]]
    assert_equal HeapDump::Snapshot.open(shop).graph.totals.first(2),
                 %w[objects bytes].map { |name| sums.sum { |sum| sum[name] } }
    assert_equal %w[signature class objects bytes retained holder location gem path example].sort,
                 json["rows"].first.keys.sort
  end

  def test_the_whole_dump_alone
    address = heapdump!("find", shop, "--class", "Session", "--json").json["objects"][0]["address"]
    result = heapdump("top", shop, address, "--by", "way")
    assert_equal 64, result.status
    assert_match(/--by way is about the whole dump/, result.err)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"
require "support/grown_dumps"
require "support/web_client"

# The question how processes developed: it says what HeapDump::Trends says, in parts.
class TestWebTrends < HeapDumpTest
  include GrownDumps

  # Dumps of a process, one for each minute, but where +minutes+ says otherwise.
  def dumps(*counts, minutes: counts.each_index.to_a, **header)
    counts.zip(minutes).map do |count, minute|
      dump(minute, **header) { |made| sessions(made, count) }
    end
  end

  def client(*paths)
    WebClient.new(paths, index: false)
  end

  def test_it_says_what_trends_say
    paths = dumps(100, 200, 300, 400, 500)
    answer = client(*paths).ask!("trends")
    trends = HeapDump::Trends.of(*paths)
    series = trends.first
    assert_equal [true, 5], answer.values_at("judged", "total_dumps")
    assert_equal 1, answer["processes"].size
    assert_equal(series.leaks.map(&:class_name), answer["leaks"].map { |leak| leak["class"] })
    assert_match(/\A1 leak in 5 dumps over 4 minutes: Session \(\+6,000 objects per hour\)/,
                 answer["sentence"])
    first = answer["items"].first
    assert_equal ["leak", [100, 200, 300, 400, 500]], first.values_at("verdict", "values")
    assert_equal series.lines.count { |line| line.kind != :process }, answer["total"]
  end

  def test_pages_and_kinds
    client = client(*dumps(100, 200, 300, 400))
    all = client.ask!("trends", limit: 200)["items"]
    assert_equal all[1..2], client.ask!("trends", offset: 1, limit: 2)["items"]
    ways = client.ask!("trends", kind: "way")["items"]
    assert_equal all.select { |one| one["kind"] == "way" }, ways
    refute_empty ways
  end

  def test_other_processes_and_gaps_are_not_joined
    paths = dumps(10, 20, 30, 40, minutes: [0, 1, 2, 30]) +
            dumps(10, 20, 30, 40, minutes: [40, 41, 42, 43], pid: 77)
    answer = client(*paths).ask!("trends")
    assert_equal [3], answer["gaps"]
    assert_equal 10, answer["account"]["at"].size # 8 dumps and 2 gaps
    held = answer["account"]["lines"].find { |line| line["name"] == "held" }["values"]
    assert_equal([3, 5], held.each_index.select { |at| held[at].nil? })
    assert_equal(["process 77"], answer["account"]["marks"].map { |mark| mark["words"] })
    assert_equal answer["account"]["at"], answer["account"]["at"].sort
    assert_equal 404, client(*paths).ask("trends", process: 2).status
  end

  def test_many_dumps_have_a_limited_number_of_points
    size = 1_000
    points = HeapDump::Web::Timeline.points(size)
    assert_equal [200, 0, size - 1], [points.uniq.size, points.first, points.last]
    (0..201).each { |n| assert_equal [n, 200].min, HeapDump::Web::Timeline.points(n).uniq.size }
  end

  def test_names_of_hosts_and_programs_are_values
    paths = dumps(1, 2, 3, 4, host: "secret-host", program: "secret-program --token x")
    client = client(*paths)
    refute_match(/secret-/, client.ask("trends").body)
    assert_match(/secret-host/, client.ask("trends", values: 1).body)
  end

  def test_what_cannot_be_read_is_told
    broken = File.join(scratch, "broken.json")
    File.write(broken, "no dump\n")
    answer = client(broken, *dumps(1, 2, 3, 4)).ask!("trends")
    assert_match(/broken.json is left out/, answer["warnings"].first)
    refused = client(broken).ask("trends")
    assert_equal [422, "no_answer"], [refused.status, refused.code]
  end

  # With --no-index nothing is written beside dumps, and what is there is not used.
  def test_no_file_is_written_without_an_index
    paths = dumps(1, 2)
    client(*paths).ask!("trends")
    assert_equal paths.map { |path| File.basename(path) }.sort, Dir.children(scratch).sort
    WebClient.new(paths).ask!("trends")
    assert_equal 2, Dir.children(scratch).grep(/hdextract\z/).size
  end

  def test_two_dumps_have_lines_and_no_verdict
    answer = client(*dumps(1, 2)).ask!("trends")
    refute answer["judged"]
    assert_match(/\AToo few dumps/, answer["sentence"])
    assert_equal 2, answer["dumps"].size
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shippable"

# heapdump ship, as it is typed.
class TestShipCommand < HeapDumpTest
  include CommandLine
  include Shippable

  # Of a process of its own; that of somebody else keeps its priority.
  def test_the_priority
    dump("a.json")
    own = Process.getpriority(Process::PRIO_PROCESS, 0)
    heapdump!("ship", from, "--to", to, "--once")
    assert_equal own, Process.getpriority(Process::PRIO_PROCESS, 0)
    dump("b.json")
    place = "exec:nice > #{scratch}/nice; cat > /dev/null"
    outcome = heapdump_process("ship", from, "--to", place, "--once")
    assert_equal [0, "#{[own, 10].max}\n"], [outcome.status, File.read("#{scratch}/nice")]
  end

  def test_once_and_status
    path = dump("a.json")
    dump("cut.json", footer: nil)
    answer = heapdump!("ship", from, "--to", to, "--once")
    assert_match(%r{\Aa\.json: shipped to #{to}/a\.json \(2\.\d KiB, \d+\.\d s\)\n\z}, answer.out)
    assert_equal "There is nothing to ship in #{from}.\n",
                 heapdump!("ship", from, "--to", to, "--once").out
    assert_empty heapdump!("ship", from, "--to", to, "--once", "--json").out
    status = heapdump!("ship", from, "--status")
    assert_match(%r{^ *2\.\d KiB +a\.json +shipped to #{to}/a\.json$}, status.out)
    assert_match(/ cut\.json +not whole$/, status.out)
    assert_includes status.lines, "No process ships them now."
    json = heapdump!("ship", from, "--status", "--json").json
    assert_equal [1, from, nil], json.values_at("schema_version", "directory", "process")
    assert_equal [["a.json", "shipped", File.size(path), sha256(path), "#{to}/a.json"],
                  ["cut.json", "partial", File.size("#{from}/cut.json"), nil, nil]],
                 (json["dumps"].map do |one|
                   one.values_at("file", "state", "bytes", "sha256", "address")
                 end)
  end

  def test_without_an_address
    with_env("HEAPDUMP_TO" => nil) do
      answer = heapdump("ship", from)
      assert_equal 64, answer.status
      assert_match(/give --to ADDRESS, or set HEAPDUMP_TO; usage: /, answer.err)
      assert_match(/There is no dump/, heapdump!("ship", from, "--status").out)
    end
  end

  def test_a_wrong_option
    answer = heapdump("ship", from, "--statsu")
    assert_equal 64, answer.status
    assert_match(/invalid option: --statsu \(did you mean --status\?\); usage/, answer.err)
  end

  def test_status_of_what_keeps_failing
    path = dump("a.json")
    stat = File.lstat(path)
    HeapDump::Ship::Marks.write(path, ".failed", stat,
                                { "tries" => 3, "error" => "no",
                                  "again" => "2026-11-29T12:56:30Z" })
    answer = heapdump("ship", from, "--status")
    assert_equal 1, answer.status
    assert_match(/ failing, try 4 at 2026-11-29T12:56:30Z: no$/, answer.out)
    answer = heapdump("ship", from, "--status", "--json")
    assert_equal [["failing", 3, "no", "2026-11-29T12:56:30Z"]],
                 JSON.parse(answer.out)["dumps"].map { |one|
                   one.values_at("state", "tries", "error", "again")
                 }
    heapdump!("ship", from, "--to", to, "--once") # it is tried, without --retry
    assert_path_exists "#{to}/a.json"
    refute_path_exists "#{path}.failed"
  end

  def test_status_of_nothing
    assert_equal ["There is no dump.", "No process ships them now."],
                 heapdump!("ship", from, "--status").lines
  end

  def test_json
    path = dump("a.json")
    lines = heapdump!("ship", from, "--to", to, "--once", "--json").lines
    event = JSON.parse(lines.fetch(0))
    assert_equal [1, "shipped", "a.json", sha256(path), "#{to}/a.json"],
                 event.values_at("schema_version", "event", "file", "sha256", "address")
    assert_equal 1, lines.size
  end

  def test_delete_and_keep
    dump("a.json")
    heapdump!("ship", from, "--to", to, "--once", "--delete")
    assert_empty files(from)
    3.times { |i| dump("#{i}.json", age: 100 - i) }
    answer = heapdump!("ship", from, "--to", to, "--once", "--keep", "1")
    assert_includes answer.lines, "0.json: removed, there were too many"
    assert_equal ["2.json"], files(from).grep(/\.json\z/).grep_v(/manifest/)
  end

  def test_the_address_of_the_environment
    dump("a.json")
    with_env("HEAPDUMP_TO" => to) { heapdump!("ship", from, "--once") }
    assert_path_exists "#{to}/a.json"
  end

  def test_what_is_refused
    dump("a.json")
    { ["--to", "https://x/?X-Amz-Signature=topsecret"] => /--to env:HEAPDUMP_TO/,
      ["--to", "https://u:topsecret@x/"] => /user or password/,
      ["--to", "http://127.0.0.1/one"] => /one object/, ["--to", from] => /the directory itself/,
      ["--to", "http://example.com/x/"] => /--plain-http/ }.each do |arguments, message|
      answer = heapdump("ship", from, *arguments, "--once")
      assert_equal 1, answer.status
      assert_match message, answer.err
      refute_includes answer.err, "topsecret"
      assert_equal 1, answer.err.lines.size
    end
    assert_match(/no directory/, heapdump("ship", "#{from}/missing", "--to", to).err)
    assert_match(/is empty/, heapdump("ship", "", "--to", to).err) # "$DIRECTORY" of nothing
    assert_equal 64, heapdump("ship").status
    assert_equal 64, heapdump("ship", from, "--keep", "-1").status
  end

  # A process that dumps loads nothing of this.
  def test_it_is_not_loaded
    outcome = Child.ruby!("require 'heapdump'; HeapDump.dump(ARGV[0]); puts $LOADED_FEATURES",
                          File.join(scratch, "x.json"))
    assert_empty(outcome.out.lines.grep(%r{heapdump/ship|net/http|aws|openssl|digest}))
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/fleet"

# `heapdump ask`: what it puts on the bus, what it shows, and when it ends.
class TestAskCommand < HeapDumpTest
  include CommandLine
  include Fleet

  def setup
    super
    @before = ENV.delete("HEAPDUMP_ASK")
  end

  def teardown
    ENV["HEAPDUMP_ASK"] = @before
    super
  end

  # Runs the command while the processes look, as they would by themselves.
  def ask_while(members, *arguments)
    looking = Thread.new do
      loop do
        look_all(members, 10)
        sleep 0.05
      end
    end
    heapdump("ask", "--store", store, *arguments)
  ensure
    looking.kill.join
  end

  def test_a_request
    members = [member(41, host: "web-1", dry: true), member(42, host: "web-2")]
    answer = ask_while(members, "--dumps", "2", "--every", "1s", "--payload", "incident 7")
    assert_equal [0, ""], [answer.status, answer.err]
    id = bus.all.first.id
    app = HeapDump::Watch::Names.app
    assert_equal "request #{id}: 2 dumps, each 1 s of 1 process (any)", answer.lines.first
    path = members[1].begun.first.path
    figures = "3 objects, 1,000 B, pause 10.0 ms"
    assert_includes answer.lines, "#{app} web-2 pid 42: accepted"
    assert_includes answer.lines, "#{app} web-2 pid 42: 1 of 2 taken: #{path}, #{figures}"
    assert_equal "2 of 2 taken", answer.lines.last[/\d of \d taken/]
    assert_equal "incident 7", bus.all.first.payload
  end

  def test_a_refusal_is_shown
    answer = ask_while([member(41, dry: true)], "--until", "1s")
    assert_equal 1, answer.status
    assert_match(/ web-1 pid 41: refused: this is a dry run$/, answer.out)
    assert_match(/^nobody begins with it any more: 0 of 1 dumps taken, 1 refused$/, answer.out)
  end

  def test_json
    answer = ask_while([member(41)], "--json", "--app", "*", "--count", "1")
    assert_equal 0, answer.status
    told = answer.json["request"]
    assert_equal ["*", 1, "done", 1, 0], told.values_at("app", "count", "state", "taken", "refused")
    assert_equal %w[accepted taken], told["steps"].map { |step| step["state"] }
  end

  def test_without_waiting_then_list_and_cancel
    heapdump!("ask", "--store", store, "--no-wait", "--host", "db-*", "--pid", "7")
    asked = bus.all.first
    list = heapdump!("ask", "--list", "--store", address).lines
    assert_equal %w[taken of refused state id made for], list.first.split
    assert_equal ["0", "1", "0", "open", asked.id], list[1].split.first(5)
    assert_match(/host db-\*, pid 7\z/, list[1])
    heapdump!("ask", "--cancel", asked.id, "--store", store)
    assert_match(/ cancelled /, heapdump!("ask", "--list", "--store", store).out)
    told = heapdump!("ask", "--list", "--store", store, "--json").json["requests"]
    assert_equal [[asked.id, "cancelled"]], told.map { |one| one.values_at("id", "state") }
    answer = heapdump("ask", "--cancel", "../../x", "--store", store)
    assert_equal 1, answer.status
    assert_includes answer.err, "there is no request \"../../x\"; `heapdump ask --list` shows"
  end

  def test_nothing_was_asked_for
    assert_equal "nothing was asked for by #{address}\n",
                 heapdump!("ask", "--list", "--store", store).out
  end

  WRONG = {
    %w[--count 0] => /invalid argument: --count 0.*of so many processes/,
    %w[--dumps 21] => /--dumps 21/,
    %w[--every x] => /--every: must be a number of seconds/,
    %w[--trace 2h] => /--trace: must be a whole number from 1 to 3600/,
    %w[--strings some] => /--strings: cannot be "some"/,
    %w[--pid 0] => /--pid 0/,
    ["--payload", "\xFF".b] => /--payload: cannot be "\\xFF"$/,
    ["--payload", "\xFF"] => /--payload: cannot be "\\xFF"$/,
    ["--host", "x" * 1_000_000] => /\A.{0,40}--host: cannot be "x{20,60}…"$/
  }.freeze

  def test_wrong_arguments
    WRONG.each do |arguments, words|
      answer = heapdump("ask", "--store", store, *arguments)
      assert_equal 64, answer.status, arguments
      assert_match words, answer.err
    end
    assert_empty bus.all
  end

  def test_addresses
    answer = heapdump("ask", "--list")
    assert_equal 64, answer.status
    assert_match(/give --store ADDRESS, or HEAPDUMP_ASK/, answer.err)
    ENV["HEAPDUMP_ASK"] = address
    assert_equal 0, heapdump("ask", "--list").status
    answer = heapdump("ask", "--store", "postgres://user:secret@host/x")
    assert_equal 64, answer.status
    assert_match(/everybody on this machine can read a password in an argument/, answer.err)
    refute_match(/secret/, answer.err)
    ENV["HEAPDUMP_ASK"] = "ftp://user:secret@host/x"
    answer = heapdump("ask", "--list")
    assert_equal 64, answer.status
    assert_match(/HEAPDUMP_ASK must be .*not "ftp"/, answer.err)
    refute_match(/secret/, answer.err)
  end
end

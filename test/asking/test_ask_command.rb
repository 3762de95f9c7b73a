# frozen_string_literal: true

require "objspace"
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

  # The command in a thread, and its output.
  def in_a_thread(*arguments)
    out = StringIO.new
    err = StringIO.new
    line = ["ask", "--store", store, *arguments]
    [Thread.new { HeapDump::CLI.run(line, out: out, err: err) }, out, err]
  end

  def test_a_request
    members = [member(41, host: "web-1", dry: true), member(42, host: "web-2")]
    answer = ask_while(members, "--dumps", "2", "--every", "1s", "--payload", "incident 7")
    assert_equal [0, ""], [answer.status, answer.err]
    id = bus.all.first.id
    app = HeapDump::Watch::Names.app
    assert_equal "request #{id}: 2 dumps, 1 s apart, of 1 process (any)", answer.lines.first
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

  def test_tracing_is_shown
    answer = ask_while([member(41)], "--trace", "1s")
    assert_match(/ pid 41: accepted, and traces allocations for 1 s before it dumps$/, answer.out)
  ensure
    ObjectSpace.trace_object_allocations_clear
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
    assert_includes answer.err, "there is no request \"../../x\"; `heapdump ask --store #{store} " \
                                "--list` shows"
  end

  # One request with all that has become of it.
  def test_the_steps_of_a_request
    heapdump!("ask", "--store", store, "--no-wait", "--app", "*")
    members = [member(41, dry: true), member(42)]
    3.times { look_all(members, 10) } # the request is there before any of them looks
    asked = bus.all.first
    lines = heapdump!("ask", "--list", asked.id, "--store", store).lines
    assert_equal "request #{asked.id}: 1 dump of 1 process (app *)", lines.first
    assert_equal "done: 1 of 1 dump taken, 1 refused", lines.last
    steps = lines[1..-2].map { |line| line[/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  \S+ web-1 (.*)/, 1] }
    assert_equal ["pid 41: accepted", "pid 41: refused: this is a dry run", "pid 42: accepted"],
                 steps.first(3)
    assert_match(/\Apid 42: 1 of 1 taken: \S+, 3 objects, 1,000 B/, steps.last)
    told = heapdump!("ask", "--list", asked.id, "--json", "--store", store).json["request"]
    assert_equal [asked.id, 4], [told["id"], told["steps"].size]
    open = request
    assert_match(/^open until \S+Z: 0 of 1 dump taken/,
                 heapdump!("ask", "--list", open.id, "--store", store).out)
    assert_match(/there is no request "abcdef0"; /,
                 heapdump("ask", "--list", "abcdef0", "--store", store).err)
  end

  # What has ended cannot be cancelled, and is not said to be.
  def test_to_cancel_what_has_ended
    ask_while([member(41)])
    id = bus.all.first.id
    assert_equal "request #{id} is done already\n",
                 heapdump!("ask", "--store", store, "--cancel", id).out
    refute bus.cancelled?(id)
    open = request
    2.times do
      told = heapdump!("ask", "--store", store, "--cancel", open.id, "--json").json
      assert_equal [open.id, "cancelled"], told.values_at("id", "state")
    end
  end

  def test_no_such_directory
    [[], %w[--list], %w[--cancel tp9u0c6e5235]].each do |arguments|
      answer = heapdump("ask", "--store", "#{store}x", *arguments)
      assert_equal [1, "heapdump: file:#{store}x: there is no such directory\n"],
                   [answer.status, answer.err]
    end
    refute_path_exists "#{store}x"
  end

  def test_nobody_answers
    answer = heapdump("ask", "--store", store, "--until", "1s", "--app", "shop*")
    assert_equal 1, answer.status
    assert_equal "heapdump: no process has answered yet: either none watches with #{address} " \
                 "(ask: of HeapDump.watch, or HEAPDUMP_ASK), or none of those fits app shop*\n",
                 answer.err
  end

  # The request is still there, and who has waited learns how to end it.
  def test_to_interrupt
    command, out, err = in_a_thread("--until", "2m")
    wait_until("it waits") { out.string.match?(/^request/) }
    command.raise(Interrupt, "")
    assert_equal 130, command.value
    asked = bus.all.first
    assert_equal "heapdump: request #{asked.id} goes on without this command, and processes may " \
                 "begin with it until #{Time.at(asked.until).utc.strftime("%T UTC")}; to end it: " \
                 "heapdump ask --store #{store} --cancel #{asked.id}\n", err.string
    assert_equal "open", progress(asked).state(Time.now)
  end

  # It is told once, and the command goes on when the bus is there again.
  def test_a_bus_that_is_down_meanwhile
    one = member(41)
    command, out, err = in_a_thread
    wait_until("it waits") { out.string.match?(/^request/) }
    File.rename(store, "#{store}-away")
    File.write(store, "")
    wait_until("it is told") { err.string.include?("tried again") }
    File.unlink(store)
    File.rename("#{store}-away", store)
    look_all([one])
    assert_equal 0, command.value
    id = bus.all.first.id
    assert_equal ["heapdump: file:#{store}: #{store}/asks/#{id}: a part of its path " \
                  "is no directory; it is tried again, and the request goes on",
                  "heapdump: file:#{store} is there again"], err.string.lines(chomp: true)
  end

  # As long as it waits, and never in what is printed.
  def test_progress_on_a_terminal
    err = StringIO.new
    def err.tty? = true
    out = StringIO.new
    status = HeapDump::CLI.run(["ask", "--store", store, "--until", "1s"], out: out, err: err)
    assert_equal 1, status
    line = "\r\e[Kwaiting: 0 of 1 dumps, 0 refused (Ctrl-C leaves the request alone) …"
    assert_operator err.string, :start_with?, line
    assert_match(/\r\e\[Kheapdump: no process has answered yet[^\r]*\z/, err.string)
    refute_match(/waiting/, out.string)
  end

  def test_nothing_was_asked_for
    assert_equal "nothing was asked for by #{address}\n",
                 heapdump!("ask", "--list", "--store", store).out
  end

  WRONG = {
    %w[--count 0] => /invalid argument: --count 0.*of so many processes, 1 to 100/,
    %w[--dumps 21] => /--dumps 21.*so many of each, 1 to 20/,
    %w[--every x] => /--every: must be a number of seconds/,
    %w[--trace 2h] => /--trace: must be a whole number from 1 to 3600/,
    %w[--strings some] => /--strings: must be none, hash, full or a number of bytes, not "some"/,
    ["--payload", "p" * 1001] => /--payload: must be a text in UTF-8 of at most 1000 characters$/,
    %w[--pid 0] => /--pid 0/,
    ["--payload", "\xFF".b] => /--payload: must be a text in UTF-8/,
    ["--payload", "\xFF"] => /--payload: must be a text in UTF-8/,
    ["--host", "x" * 1_000_000] => /--host: must be a text in UTF-8 of at most 1000 characters$/
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

# frozen_string_literal: true

require "test_helper"
require "support/attach_target"

# The program that calls functions in another process (ext/attach), on a process that looks whether
# it was disturbed.
class TestAttach < HeapDumpTest
  def setup
    super
    reason = AttachTarget.missing
    skip "SKIPPED: #{reason}" if reason
  end

  # What a call says, and that nothing has happened to the process.
  def test_arguments_and_results
    AttachTarget.run("count") do |target|
      answer = target.attach("call a #{target.function(:add)} 1 2 3 4 5 6",
                             "call b #{target.function(:add)} $a 0 0 0 0 0",
                             "call c #{target.function(:add)} $b+ff")
      assert_equal ["done", nil], [answer.outcome, answer.words]
      assert_equal({ "a" => 654_321, "b" => 654_321, "c" => 654_576 }, answer.variables)
      assert_equal "fine", target.finish
    end
  end

  def test_conditions
    AttachTarget.run("count") do |target|
      add = target.function(:add)
      answer = target.attach("set a 5", "when a 5 6 call b #{add} 1", "when a 6 9 call c #{add} 1",
                             "when a 0 5 set d 1", "when a 5 6 when b 2 3 set e 1",
                             "set f ffffffff00000001", "low f")
      assert_equal({ "a" => 5, "b" => 1, "f" => 1 }, answer.variables)
      assert_equal "fine", target.finish
    end
  end

  # Vectors, the red zone and the flags are used all the time; a call overwrites all of them.
  def test_registers_stay
    AttachTarget.run("count") do |target|
      steps = ["call a #{target.function(:overwrite)}"] * 10
      20.times { assert_equal 4711, target.attach(steps).variables["a"] }
      assert_equal 0, target.blocked_signals
      assert_equal "fine", target.finish
    end
  end

  # In the middle of a call it is killed. The call then goes on, and the process after it.
  def test_a_kill_in_the_middle_of_a_call
    AttachTarget.run("count") do |target|
      3.times do
        target.attach_and_wait { |program| Process.kill(:KILL, program) }
        refute_equal 0, target.blocked_signals
        target.write
        target.wait_until { target.blocked_signals.zero? }
      end
      assert_equal "fine", target.finish
    end
  end

  # At any moment, in or between calls.
  def test_kills_at_random
    AttachTarget.run("count") do |target|
      plan = target.plan(["call a #{target.function(:overwrite)}"] * 30)
      killed = 0
      40.times do
        program = IO.popen([HeapDump::Outside::Attach.find], "r+")
        program.write(plan)
        program.close_write
        sleep rand * 0.004
        Process.kill(:KILL, program.pid)
        killed += 1 unless program.read.include?("done")
        program.close
      end
      assert_operator killed, :>, 0
      target.wait_until { target.blocked_signals.zero? }
      assert_equal "fine", target.finish
    end
  end

  # While a call waits, signals come: they are all there afterwards, in their order.
  def test_signals_that_come_meanwhile
    AttachTarget.run("numbered") do |target|
      send_numbers(target, 0, 20)
      out = target.attach_and_wait do
        send_numbers(target, 20, 200)
        refute_equal 0, target.blocked_signals, "they wait"
        target.write
      end
      assert_match(/^done$/, out)
      send_numbers(target, 200, 220)
      assert_equal "220 signals", target.finish
    end
  end

  # The same where the program is killed before it lets the process go.
  def test_signals_that_come_before_a_kill
    AttachTarget.run("numbered") do |target|
      target.attach_and_wait do |program|
        send_numbers(target, 0, 100)
        Process.kill(:KILL, program)
      end
      target.write
      target.wait_until { target.blocked_signals.zero? }
      send_numbers(target, 100, 110)
      assert_equal "110 signals", target.finish
    end
  end

  def send_numbers(target, from, to)
    out = IO.popen([AttachTarget.program, "send", *[target.pid, from, to].map(&:to_s)], &:read)
    assert_match(/^fine$/, out)
  end

  # System calls begin anew, with what was left of their time, and none says EINTR.
  CALLS = {
    "x86_64" => { "read" => [0], "nanosleep" => [35, 230], "poll" => [7], "pselect" => [270],
                  "futex" => [202], "accept" => [43], "sigsuspend" => [130] },
    "aarch64" => { "read" => [63], "poll" => [73], "pselect" => [72], "futex" => [98],
                   "accept" => [202], "sigsuspend" => [133] }
  }.freeze

  CALLS.fetch(RUBY_PLATFORM[/\A\w+?(?=-)/], {}).each do |name, numbers|
    define_method("test_a_thread_in_#{name}") do
      AttachTarget.run(name) do |target|
        target.wait_until { target.in?(numbers) }
        3.times do
          answer = target.attach(["call a #{target.function(:overwrite)}"] * 3)
          assert_equal ["done", 4711], [answer.outcome, answer.variables["a"]]
        end
        end_of(target, name)
      end
    end
  end

  def end_of(target, name)
    case name
    when "accept" # it goes on waiting, with no answer but its end by a signal
      target.signal(:USR1)
      assert_nil target.line
    when "sigsuspend" then assert_equal "fine", target.finish
    else
      name == "read" ? target.write : target.write_third
      assert_equal "fine", target.line
    end
  end

  # A thread that waits and is then left alone: what does not depend on a time begins anew too.
  def test_a_kill_while_it_waits
    AttachTarget.run("accept") do |target|
      target.attach_and_wait { |program| Process.kill(:KILL, program) }
      target.write
      target.wait_until { target.in?(CALLS.values.map { |calls| calls["accept"] }.flatten) }
      target.signal(:USR1)
      assert_nil target.line
    end
  end

  def test_a_signal_for_which_it_waits
    AttachTarget.run("sigsuspend") do |target|
      out = target.attach_and_wait do
        target.signal(:USR1)
        target.write
      end
      assert_match(/^done$/, out)
      assert_equal "fine", target.line
    end
  end

  def test_a_process_that_is_stopped
    AttachTarget.run("count") do |target|
      target.signal(:STOP)
      target.wait_until { target.about.state == "T" }
      answer = target.attach("call a #{target.function(:add)} 1")
      assert_equal ["cannot", "it is stopped; kill -CONT #{target.pid} lets it go on"],
                   [answer.outcome, answer.words]
      assert_equal "T", target.about.state
      target.signal(:CONT)
      assert_equal "fine", target.finish
    end
  end

  # The call comes to its end, and then the process is stopped.
  def test_a_stop_in_the_middle_of_a_call
    AttachTarget.run("count") do |target|
      out = target.attach_and_wait do
        target.signal(:STOP)
        target.write
      end
      assert_match(/^done$/, out)
      target.wait_until { target.about.state == "T" }
      target.signal(:CONT)
      assert_equal "fine", target.finish
    end
  end

  def test_a_stop_that_is_over_before_the_call_is
    AttachTarget.run("count") do |target|
      out = target.attach_and_wait do
        target.signal(:STOP)
        target.signal(:CONT)
        target.write
      end
      assert_match(/^done$/, out)
      assert_equal "fine", target.finish
    end
  end

  # A signal that cannot be blocked here runs its handler, or ends the process, at once.
  def test_a_fatal_signal_in_the_middle_of_a_call
    AttachTarget.run("count") do |target|
      out = target.attach_and_wait { target.signal(:SEGV) }
      assert_match(/^failed the process has ended, or runs another program now$/, out)
      assert_nil target.line
    end
  end

  def test_a_process_that_ends
    AttachTarget.run("count") do |target|
      out = target.attach_and_wait { target.signal(:KILL) }
      assert_match(/^failed the process has ended/, out)
    end
  end

  def test_a_process_that_runs_another_program
    AttachTarget.run("exec") do |target|
      out = target.attach_and_wait { target.write_third }
      assert_match(/^failed the process has ended, or runs another program now$/, out)
      assert_equal "another", target.line
    end
  end

  def test_a_function_that_crashes
    AttachTarget.run("count") do |target|
      answer = target.attach("call a #{target.function(:crash)}", "set b 1")
      assert_equal ["failed", "a function got signal 11 (Segmentation fault)", {}], answer.to_a
      assert_equal 0, target.blocked_signals
      assert_equal "fine", target.finish
    end
  end

  # It waits where no signal wakes it.
  def test_a_thread_that_cannot_be_stopped
    AttachTarget.run("vfork") do |target|
      target.wait_until { target.about.state == "D" }
      answer = target.attach("call a #{target.function(:add)} 1")
      assert_equal ["later", {}], [answer.outcome, answer.variables]
      assert_match(/its thread #{target.pid} did not stop within 2 s; is it in an uninter/,
                   answer.words)
      target.about.children.each { |child| Process.kill(:KILL, child) }
      assert_equal "fine", target.line
    end
  end

  # One that ends the process at each system call but the few that it knows.
  def test_a_filter_of_system_calls
    AttachTarget.run("filtered") do |target|
      skip "SKIPPED: no filters of system calls here" unless target.line == "filtered"
      answer = target.attach(["call a #{target.function(:overwrite)}"] * 3)
      assert_equal ["done", { "a" => 4711 }], answer.to_a.values_at(0, 2)
      assert_equal "fine", target.finish
    end
  end

  def test_another_who_traces_it
    AttachTarget.run("count") do |target|
      out = target.attach_and_wait do
        answer = target.attach("call a #{target.function(:add)} 1")
        assert_equal ["cannot", "ptrace is forbidden: Operation not permitted", {}], answer.to_a
        target.write
      end
      assert_match(/^done$/, out)
      assert_equal "fine", target.finish
    end
  end

  # Each piece of code that looks as if it kept the result does keep it.
  def test_each_code_that_keeps_a_result
    skip "SKIPPED: only x86-64 needs it" unless RUBY_PLATFORM.start_with?("x86_64")
    AttachTarget.run("count") do |target|
      found = savers_of(target)
      assert_operator found.size, :>, 5
      found.each do |address|
        target.way = HeapDump::Outside::WayBack.new(target.way.restorer, address)
        answer = target.attach("call a #{target.function(:add)} 1 2 3",
                               "call b #{target.function(:overwrite)}")
        assert_equal ["done", { "a" => 321, "b" => 4711 }],
                     answer.to_a.values_at(0, 2), address.to_s(16)
      end
      assert_equal "fine", target.finish
    end
  end

  # In the C library.
  def savers_of(target)
    code = target.about.mappings.find do |one|
      one.path.match?(%r{/libc[.-]}) && one.permissions.include?("x")
    end
    bytes = target.about.memory(code.from, code.to - code.from).b
    places = bytes.enum_for(:scan, HeapDump::Outside::WayBack::SAVER).map do
      Regexp.last_match.begin(0)
    end
    places.map { |place| code.from + place }
  end

  # A way back that leads elsewhere is refused before anything is changed.
  def test_code_that_is_no_way_back
    AttachTarget.run("count") do |target|
      text = target.plan("call a #{target.function(:add)} 1")
                   .sub(/^way \h+/, "way #{target.function(:add)}")
      answer = HeapDump::Outside::Attach.new.run(text)
      assert_equal ["cannot", "the code of the way back is another", {}], answer.to_a
      assert_equal "fine", target.finish
    end
  end

  # What is wrong is said, and no process is touched.
  def test_plans_that_are_wrong
    way = "process 1 1\nway 1 0\n"
    {
      "" => "the plan has no end", "end\n" => "the plan names no process",
      "#{way}call a 1" => "the plan has no end", "set a 1\n" => "line 1 of the plan is wrong",
      "process 0 1\n" => "line 1 of the plan is wrong", "process 1 x\n" => "line 1 of",
      "process 1 1\nway g 0\n" => "line 2 of", "process 1 1\nset a 1\n" => "line 2 of",
      "#{way}\n" => "line 3 of", "#{way}frob a\n" => "line 3 of", "#{way}set A 1\n" => "line 3",
      "#{way}set a $ab\n" => "line 3", "#{way}set a 1 2\n" => "line 3",
      "#{way}set a -1\n" => "line 3", "#{way}set a 11111111111111111\n" => "line 3",
      "#{way}store 1 abc\n" => "line 3", "#{way}store 1 xy\n" => "line 3",
      "#{way}call a 1 2 3 4 5 6 7 8\n" => "line 3", "#{way}when a 1\n" => "line 3",
      "#{way}#{"when a 0 1 " * 5}set a 1\n" => "line 3", "#{way}low a 1\n" => "line 3",
      "#{way}#{"set a 1\n" * 200}set a 1\n" => "line 203 of"
    }.each do |text, words|
      answer = HeapDump::Outside::Attach.new.run(text)
      assert_equal "cannot", answer.outcome, text
      assert answer.words.start_with?(words), "#{text}: #{answer.words}"
    end
  end
end

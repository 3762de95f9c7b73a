# frozen_string_literal: true

require "test_helper"

# What the processes of a dump are while they write: last in line for the processor, first to go
# when memory runs out, without anything of the application's, and never without the one that has
# forked them.
class TestChildren < HeapDumpTest
  PROCESSES = 3 # a coordinator, a leader, a worker

  def path
    File.join(scratch, "heap.json")
  end

  # Runs code in an application with some heap; returns the lines that it prints.
  def app(code, *arguments, **options)
    prelude = "require 'support/faults'; Faults.begin(ARGV[0])\n"
    Child.ruby!(prelude + code, path, *arguments, timeout: 120, **options).out.lines(chomp: true)
  end

  # The same, with `pids` in the middle of a dump.
  def midway(code, before: "", **options)
    app(<<~RUBY, **options)
      #{before}
      pending = Faults.dump_async
      Faults.midway(pending) do |pids|
        #{code}
      end
      puts Faults.outcome(pending)
    RUBY
  end

  def test_they_are_as_many_as_are_wanted
    assert_equal [PROCESSES.to_s, "whole"], midway("puts pids.size")
  end

  def test_they_are_nicer_than_the_application
    out = midway("puts pids.map { |pid| Process.getpriority(Process::PRIO_PROCESS, pid) }",
                 before: "Process.setpriority(Process::PRIO_PROCESS, 0, 3)")
    assert_equal [*["8"] * PROCESSES, "whole"], out
  end

  def test_the_application_is_as_nice_as_before
    out = midway("puts Process.getpriority(Process::PRIO_PROCESS, 0)",
                 before: "Process.setpriority(Process::PRIO_PROCESS, 0, 3)")
    assert_equal %w[3 whole], out
  end

  # Anybody may become a better victim of the kernel's.
  def test_they_die_first_when_memory_runs_out
    skip "SKIPPED: no /proc here" unless File.exist?("/proc/self/oom_score_adj")
    out = midway('puts [$$, *pids].map { |pid| File.read("/proc/#{pid}/oom_score_adj") }',
                 before: 'File.write("/proc/self/oom_score_adj", "7")')
    assert_equal ["7", *["1000"] * PROCESSES, "whole"], out
  end

  # Neither those that are to be closed in a program that is run, nor those that are not. A pipe of
  # its own tells the coordinator's end, and one of theirs that of the workers.
  def test_they_hold_nothing_that_the_application_has_open
    before = <<~'RUBY'
      require "socket"
      open = [File.open("#{ARGV[0]}.log", "w"), *IO.pipe, *UNIXSocket.pair, TCPServer.new(0)]
      open.first.close_on_exec = false
      far = IO.for_fd(open.first.fcntl(Fcntl::F_DUPFD, 300)) # and many closed ones in between
      HELD = [*open, far].map { |io| File.readlink("/proc/self/fd/#{io.fileno}") }
    RUBY
    out = midway(<<~'RUBY', before: "require 'fcntl'\n#{before}")
      pids.each do |pid|
        links = Dir["/proc/#{pid}/fd/*"].map { |fd| File.readlink(fd) }
        puts (links & HELD).size, links.include?(File.readlink("/proc/self/fd/0"))
        puts links.count { |link| link.start_with?("socket:") }
        puts links.count { |link| link.start_with?(ARGV[0]) }
        puts [0, 1, 2].map { |fd| File.readlink("/proc/#{pid}/fd/#{fd}") }.uniq
      end
    RUBY
    assert_equal [*%w[0 false 0 1 /dev/null] * PROCESSES, "whole"], out
  end

  # The file that is written, or the pipe over which the end is told, may be one of the first three.
  def test_an_application_without_its_first_three_descriptors
    skip "SKIPPED: Linux only" unless RUBY_PLATFORM.match?(/(x86_64|aarch64)-linux/)
    code = <<~'RUBY'
      require "heapdump"
      close = RUBY_PLATFORM.match?(/aarch64/) ? 57 : 3 # IO#close spares these three
      [0, 1, 2].each { |fd| syscall(close, fd) }
      kept = File.open("#{ARGV[0]}.log", "w")
      kept.write("kept")
      results = [HeapDump.dump(ARGV[0]), HeapDump.dump(ARGV[0], processes: 3)]
      kept.puts results.map(&:class), kept.fileno
      kept.close
      exit!(0)
    RUBY
    Child.ruby!(code, path)
    assert_whole Dump.skim(path)
    text = File.read("#{path}.log")
    assert_match(/\Akept(HeapDump::Result\n){2}[012]\n\z/, text)
  end

  # To whatever descriptor it goes.
  def test_to_the_standard_output
    out = Child.ruby!('require "heapdump"; $stderr.puts HeapDump.dump($stdout).bytes', path)
    assert_equal out.err.to_i, out.out.bytesize
    File.binwrite(path, out.out)
    assert_whole Dump.skim(path)
  end

  # What a C extension or MRI itself writes to stderr in a child is not the application's.
  def test_they_write_nothing_to_the_application_s_streams
    outcome = Child.ruby!("require 'support/faults'; Faults.begin(ARGV[0])\n#{<<~'RUBY'}", path)
      pending = Faults.dump_async
      Faults.midway(pending) { |pids| Faults.kill(:SEGV, *pids[1..]) }
      Faults.wait("the end") { pending.done? }
    RUBY
    assert_equal ["", ""], [outcome.out, outcome.err]
  end

  # Whoever is killed takes along those whom he has forked.
  { "coordinator" => 0, "leader" => 1 }.each do |name, place|
    define_method("test_none_is_left_without_its_#{name}") do
      out = app(<<~'RUBY', place.to_s)
        pending = Faults.dump_async
        pids = []
        Faults.midway(pending) do |stopped|
          pids = stopped
          Faults.kill(:KILL, pids[ARGV[1].to_i])
          Faults.kill(:CONT, *pids)
          Faults.wait("the others to end") { pids.all? { |pid| Faults.gone?(pid) } }
        end
        puts Faults.outcome(pending)[/\w+: /], Faults.partials.size, File.exist?(ARGV[0])
      RUBY
      assert_equal ["ChildDied: ", "0", "false"], out
    end
  end

  # The application's end ends nobody: see TestFaults.
  def test_the_coordinator_has_a_name_of_its_own
    out = midway('puts pids.map { |pid| File.read("/proc/#{pid}/comm") }')
    assert_equal [*["heapdump"] * PROCESSES, "whole"], out
  end
end

# With several Ractors, a process that has crashed or hangs may have met what another Ractor was in
# the middle of: then the dump is tried again.
class TestTriedAgain < HeapDumpTest
  def setup
    super
    skip "no Ractor here" unless defined?(Ractor)
  end

  def path
    File.join(scratch, "heap.json")
  end

  # What comes of it when the leaders of so many dumps are hit by the signal as soon as they are
  # there, and how many were.
  def hit(signal, times, ractors: 1, code: "HeapDump.dump(ARGV[0], gc: false)")
    Child.ruby!(<<~RUBY, path, signal, times.to_s, timeout: 120).out.lines(chomp: true)
      require "support/faults"
      require "support/leaders"
      Faults.begin(ARGV[0])
      others = Array.new(#{ractors}) { Ractor.new { Ractor.receive } }
      hunter = Leaders.hunt(ARGV[0], ARGV[1], ARGV[2].to_i)
      begin
        #{code}
        puts "whole"
      rescue HeapDump::Error => e
        puts e.class, e.message, e.respond_to?(:errno) && e.errno == Errno::EDEADLK::Errno
      end
      puts Leaders.hit(hunter), Faults.partials.size
    RUBY
  end

  def test_after_a_crash
    %w[SEGV BUS ABRT ILL].each do |signal|
      assert_equal %w[whole 1 0], hit(signal, 1), signal
      assert_whole Dump.skim(path)
      File.unlink(path)
    end
  end

  def test_not_for_ever
    attempts = HeapDump.const_get(:ATTEMPTS)
    outcome = hit("SEGV", attempts)
    assert_equal "HeapDump::WriteError", outcome[0]
    assert_match(/#{path}: .*another Ractor.*try again/, outcome[1])
    assert_equal ["true", attempts.to_s, "0"], outcome[2..]
    refute_path_exists path
  end

  # A crash is a crash where no other Ractor can be the cause, and so is any other death.
  def test_not_without_cause
    [["SEGV", 0], ["KILL", 1], ["TERM", 1]].each do |signal, ractors|
      outcome = hit(signal, 1, ractors: ractors)
      assert_equal "HeapDump::ChildDied", outcome[0], signal
      assert_match(/SIG#{signal}/, outcome[1])
      assert_equal %w[1 0], outcome[3..], signal
      refute_path_exists path
    end
  end

  # What has been read of a pipe cannot be written again.
  def test_not_to_a_pipe
    outcome = hit("SEGV", 1, code: <<~'RUBY')
      reader, writer = IO.pipe
      Thread.new { reader.read }
      HeapDump.dump(writer, gc: false)
    RUBY
    assert_equal "HeapDump::WriteError", outcome[0]
    assert_equal %w[true 1 0], outcome[2..]
  end

  # It waits for a lock that another Ractor held: nothing comes of it for a while, and the clock
  # says so. Without another Ractor nothing is said before the timeout.
  def test_after_a_standstill
    alone = Thread.new do
      hit("STOP", 1, ractors: 0, code: "HeapDump.dump(ARGV[0] + '.alone', gc: false, timeout: 30)")
    end
    assert_equal %w[whole 1 0], hit("STOP", 1, code: "HeapDump.dump(ARGV[0], timeout: 60)")
    assert_whole Dump.skim(path)
    assert_match(/longer than timeout: allows/, alone.value[1])
  end
end

# frozen_string_literal: true

require "test_helper"
require "open3"

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
      Faults.midway(pending, processes: #{PROCESSES}) do |pids|
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

  # They read and write when nobody else does.
  def test_they_are_idle_for_the_disk
    get = { "x86_64" => 252, "aarch64" => 31 }[RUBY_PLATFORM[/\A\w+?(?=-linux)/]]
    skip "SKIPPED: ioprio_get has another number here" unless get
    out = midway("puts [0, *pids].map { |pid| syscall(#{get}, 1, pid) >> 13 }")
    assert_equal ["3"] * PROCESSES, out[1...-1]
    refute_equal "3", out.first, "the application"
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
      Faults.midway(pending, processes: 3) { |pids| Faults.kill(:SEGV, *pids[1..]) }
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
        Faults.midway(pending, processes: 3) do |stopped|
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
# the middle of: then the dump is tried again. support/crash/crash.c does it to the leader.
class TestTriedAgain < HeapDumpTest
  SOURCE = File.expand_path("../../support/crash/crash.c", __dir__)
  FLAGS = %w[-std=gnu11 -O1 -Wall -Wextra -Werror -shared -fPIC].freeze

  def setup
    super
    skip "no Ractor here" unless defined?(Ractor)
    skip "nothing is preloaded beside the sanitizers" if ENV["LD_PRELOAD"]
    @library = File.join(scratch, "crash.so")
    compiler = RbConfig::CONFIG.fetch("CC")[/\S+/]
    output, status = Open3.capture2e(compiler, *FLAGS, SOURCE, "-o", @library)
    assert_predicate status, :success?, output
    @path = File.join(Dir.mktmpdir(nil, scratch), "heap.json")
  end

  attr_reader :path

  DUMP = "HeapDump.dump(ARGV[0], gc: false)"

  # What comes of a dump whose first leaders get the signal, and how many were there for it.
  def hit(signal, times = 1, at: "pipe2", ractors: 1, code: DUMP)
    file = File.join(Dir.mktmpdir(nil, scratch), "hits")
    env = { "LD_PRELOAD" => @library, "CRASH_AT" => at, "CRASH_FILE" => file,
            "CRASH_SIGNAL" => Signal.list.fetch(signal).to_s, "CRASH_TIMES" => times.to_s }
    out = Child.ruby!(<<~RUBY, path, env: env, timeout: 120).out
      require "heapdump"
      others = Array.new(#{ractors}) { Ractor.new { Ractor.receive } }
      begin
        #{code}
        puts "whole"
      rescue HeapDump::Error => e
        puts e.class.name[/\\w+\\z/], e.message, e.respond_to?(:errno) ? e.errno : "no number"
      end
    RUBY
    [*out.lines(chomp: true), File.size(file)]
  end

  def assert_nothing_left
    assert_empty Dir.children(File.dirname(path)) - ["heap.json"]
  end

  def test_after_a_crash
    %w[SEGV BUS ABRT ILL FPE].product(%w[prctl pipe2]).each do |signal, place|
      assert_equal ["whole", 1], hit(signal, at: place), "#{signal} in #{place}"
      assert_whole Dump.skim(path)
      File.unlink(path)
      assert_nothing_left
    end
  end

  def test_not_for_ever
    attempts = HeapDump::Run.const_get(:ATTEMPTS)
    assert_equal ["whole", attempts - 1], hit("SEGV", attempts - 1)
    File.unlink(path)
    kind, message, *rest = hit("SEGV", attempts)
    assert_equal ["WriteError", Errno::EDEADLK::Errno.to_s, attempts], [kind, *rest]
    assert_match(/#{path}: .*another Ractor.*try again/, message)
    refute_path_exists path
    assert_nothing_left
  end

  # A crash is a crash where no other Ractor can be the cause, and so is any other death.
  def test_not_without_cause
    [["SEGV", 0], ["KILL", 1], ["TERM", 1]].each do |signal, ractors|
      kind, message, *rest = hit(signal, at: "prctl", ractors: ractors)
      assert_equal ["ChildDied", "no number", 1], [kind, *rest], signal
      assert_match(/SIG#{signal}/, message)
      refute_path_exists path
      assert_nothing_left
    end
  end

  # Where it was caught.
  def test_a_crash_outside_of_all_objects
    kind, message, *rest = hit("SEGV", ractors: 0)
    assert_equal ["WriteError", Errno::EFAULT::Errno.to_s, 1], [kind, *rest]
    assert_match(/#{path}: what is outside of objects could not be read/, message)
    assert_nothing_left
  end

  # What has been read of a pipe cannot be written again.
  def test_not_to_a_pipe
    kind, _, *rest = hit("SEGV", at: "prctl", code: <<~'RUBY')
      reader, writer = IO.pipe
      Thread.new { reader.read }
      HeapDump.dump(writer, gc: false)
    RUBY
    assert_equal ["WriteError", Errno::EDEADLK::Errno.to_s, 1], [kind, *rest]
  end

  # It waits for a lock that another Ractor held: nothing comes of it for a while, and the clock
  # says so. Without another Ractor nothing is said before the timeout.
  def test_after_a_standstill
    alone = Thread.new do
      hit("STOP", ractors: 0, code: "HeapDump.dump(ARGV[0] + '.alone', gc: false, timeout: 30)")
    end
    assert_equal ["whole", 1], hit("STOP", code: "HeapDump.dump(ARGV[0], timeout: 60)")
    assert_whole Dump.skim(path)
    assert_match(/longer than timeout: allows/, alone.value[1])
    assert_nothing_left
  end
end

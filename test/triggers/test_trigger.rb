# frozen_string_literal: true

require "test_helper"
require "support/trigger_programs"

# HeapDump.on_signal, in child processes.
class TestTrigger < HeapDumpTest
  include TriggerPrograms

  def heap(name = "heap.json")
    assert_whole Dump.skim(File.join(scratch, name))
  end

  def test_dumps_and_says_so
    outcome = run_child(<<~'RUBY')
      HeapDump.on_signal("USR2", path: "#{DIR}/heap.json", strings: :none)
      kept = "a secret string of this program"
      signal
      wait_for_dumps(1)
      print Process.pid
    RUBY
    assert_equal ["heapdump: SIGUSR2: dumping the heap of process #{outcome.out} to DIR/heap.json",
                  "heapdump: SIGUSR2: dumped DIR/heap.json: … the process stood still for …"],
                 told(outcome)
    dump = assert_whole Dump.load(File.join(scratch, "heap.json"))
    assert_equal outcome.out.to_i, dump.header["pid"]
    assert_equal [false, "none"], dump.header.values_at("gc_ran", "strings")
    refute_includes File.binread(dump.path), "a secret string"
    assert_equal 0o600, File.stat(dump.path).mode & 0o777
  end

  def test_patterns
    names = out_of(<<~'RUBY').split
      require "socket"
      HeapDump.on_signal(path: "#{DIR}/%{count}-%{pid}-%{time}-%{host}-%x%{count}", processes: 1)
      2.times do |i|
        signal
        wait_for_dumps(i + 1)
      end
      puts Process.pid, Socket.gethostname, dumped
    RUBY
    pid, host, *dumped = names
    assert_equal 2, dumped.size
    dumped.each.with_index(1) do |name, i|
      assert_match(/\A#{i}-#{pid}-\d{8}T\d{6}\.\d{3}Z-#{Regexp.escape(host)}-%x#{i}\z/, name)
    end
  end

  def test_any_bytes_may_be_a_path
    out_of(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/\xFF-%{count}.json")
      signal
      wait_until("a dump") { Dir.children(DIR).any? { |name| name.b.end_with?(".json") } && idle? }
    RUBY
    assert_equal ["\xFF-1.json".b], Dir.children(scratch).map(&:b)
  end

  # A handler may run while another thread loads a file: to load a converter it would wait for that.
  def test_a_path_in_any_encoding_loads_nothing_in_the_handler
    names = { "ISO-8859-1" => "\xFC", "EUC-JP" => "\xA4\xA2", "EUC-TW" => "\xA4\xA4",
              "Shift_JIS" => "\x82\xA0", "Windows-1252" => "\x80", "UTF-8" => "\xFF" }
    names.each do |encoding, bytes|
      outcome = run_child(<<~RUBY)
        def libraries = File.binread("/proc/self/maps").scan(%r{/enc/[^\n]+}n).uniq

        name = #{bytes.b.inspect}.dup.force_encoding("#{encoding}")
        HeapDump.on_signal(path: "\#{DIR.dup.force_encoding(name.encoding)}/\#{name}")
        HeapDump.on_signal("URG", path: "\#{DIR.dup.force_encoding(name.encoding)}/no/\#{name}")
        loaded = [libraries, $LOADED_FEATURES.dup]
        signal
        wait_until("a dump") { Dir.children(DIR).map(&:b) == [name.b] && idle? }
        signal("URG")
        wait_until("the end") { idle? }
        p loaded == [libraries, $LOADED_FEATURES]
      RUBY
      File.delete(*Dir.children(scratch).map { |name| File.join(scratch, name) })
      assert_equal ["true\n", 4], [outcome.out, outcome.err.lines.size], "#{encoding}: #{outcome}"
      assert_includes outcome.err, bytes.unpack("C*").map { |byte| format("\\x%02X", byte) }.join
      assert_predicate outcome.err, :valid_encoding?
    end
  end

  def test_lines_on_stderr_are_safe_to_show
    lines = told(run_child(<<~'RUBY', flags: []))
      HeapDump.on_signal(path: "#{DIR}/a\n\e[31m/heap.json")
      signal
      wait_until("the end") { idle? }
    RUBY
    assert_equal 3, lines.size
    lines.each { |line| assert_includes line, 'DIR/a\\n\\e[31m' }
  end

  def test_a_relative_path_is_of_now
    out_of(<<~'RUBY')
      Dir.chdir(DIR)
      trigger = HeapDump.on_signal(:USR2, path: "heap.json")
      raise trigger.path unless trigger.path == "#{File.realpath(DIR)}/heap.json"
      Dir.chdir("/")
      signal
      wait_for_dumps(1)
    RUBY
    heap
  end

  def test_wrong_arguments_are_refused_at_once
    path = File.join(scratch, "heap.json")
    {
      ["USR2", { path: "/tmp/%{name}" }] => /unknown pattern %\{name\}; there are %\{pid\}/,
      ["USR2", { path: "/tmp/%{pid" }] => /unknown pattern %\{pid;/,
      ["USR2", { path: 1 }] => /path: must be a path, not 1/,
      ["USR2", { path: "" }] => /path: must name a file, not ""/,
      ["USR2", { path: "new/" }] => %r{path: must name a file, not "new/"},
      ["USR2", { path: "new/." }] => %r{path: must name a file, not "new/."},
      ["USR2", { path: ".." }] => /path: must name a file, not ".."/,
      ["USR2", { path: "%{a\e\n}" }] => /unknown pattern %\{a\\e\\n\};/,
      ["USR2", { path: path, string: :none }] => /unknown keyword: :string/,
      ["USR2", { path: path, strings: :some }] => /strings: must be/,
      ["USR2", { path: path, fork: false }] => /fork: must be true here/,
      ["SOMETHING", { path: path }] => /"SOMETHING" is no signal/,
      ["EXIT", { path: path }] => /"EXIT" is no signal that can be caught/,
      ["CHLD", { path: path }] => /"CHLD" comes whenever a child process ends/,
      ["KILL", { path: path }] => /"KILL" is no signal that can be caught/,
      [999, { path: path }] => /is no signal/,
      ["SEGV", { path: path }] => /reserved signal/
    }.each do |(signal, options), complaint|
      error = assert_raises(ArgumentError, signal.to_s) { HeapDump.on_signal(signal, **options) }
      assert_match complaint, error.message
    end
    assert_empty HeapDump::Trigger.installed
  end

  def test_signals_by_any_name
    out = out_of(<<~'RUBY')
      names = ["USR2", :USR2, "SIGUSR2", :SIGUSR2, Signal.list["USR2"]]
      puts(names.map { |name| HeapDump.on_signal(name, path: "#{DIR}/heap.json").signal })
    RUBY
    assert_equal ["USR2"], out.split.uniq
  end

  def test_a_missing_directory_is_warned_of_and_may_come_later
    outcome = run_child(<<~'RUBY', flags: [])
      HeapDump.on_signal(path: "#{DIR}/later/heap.json")
      HeapDump.on_signal("URG", path: "#{DIR}/%{count}/heap.json")
      signal
      wait_until("the end") { idle? }
      Dir.mkdir("#{DIR}/later")
      signal
      wait_until("a dump") { idle? }
    RUBY
    heap("later/heap.json")
    lines = told(outcome)
    assert_equal "heapdump: DIR/later is no directory; SIGUSR2 will dump nothing until it is",
                 lines[0]
    assert_match(%r{no dump of process \d+: cannot dump the heap to DIR/later/heap.json: a dir},
                 lines[2])
    assert_equal 5, lines.size
  end

  def test_a_path_that_is_a_directory_is_warned_of
    outcome = run_child(<<~'RUBY', flags: [])
      Dir.mkdir("#{DIR}/heap.json")
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      HeapDump.on_signal(path: "#{DIR}/%{count}/heap.json")
    RUBY
    assert_equal ["heapdump: DIR/heap.json is a directory; SIGUSR2 will dump nothing while it is"],
                 told(outcome)
  end

  def test_chains_the_handler_before
    assert_equal "12\n1\n12\n", out_of(<<~'RUBY')
      trap("USR2") { |number| puts number }
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      signal
      wait_for_dumps(1)
      trigger.remove
      puts dumped.size
      signal
    RUBY
  end

  def test_an_exception_of_the_handler_before_comes_through
    assert_equal "its own\n", out_of(<<~'RUBY')
      trap("USR2") { raise IOError, "its own" }
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      begin
        signal
        sleep 1
      rescue IOError => e
        puts e.message
      end
      wait_for_dumps(1)
    RUBY
    heap
  end

  def test_what_is_no_handler_is_not_called_but_put_back
    out = out_of(<<~'RUBY')
      ["DEFAULT", "SIG_DFL", "SYSTEM_DEFAULT", "IGNORE", "SIG_IGN", nil, "EXIT", "raise"].each do |it|
        trap("USR2", it)
        before = trap("USR2", it)
        trigger = HeapDump.on_signal(path: "#{DIR}/%{time}.json", processes: 1)
        signal
        wait_until("the end") { idle? }
        trigger.remove
        after = trap("USR2", "IGNORE")
        puts "#{it}: #{before.inspect}, then #{after.inspect}" unless before == after
      end
      puts dumped.size
    RUBY
    assert_equal "8\n", out
  end

  def test_a_handler_that_came_after_stays
    assert_equal "later\nlater\nfirst\n0\n", out_of(<<~'RUBY')
      trap("USR2") { puts "first" }
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      ours = trap("USR2") { puts "later" }
      signal
      trigger.remove
      signal
      ours.call(12) # as a handler does that chains: all it does now is to hand on
      puts dumped.size
    RUBY
  end

  def test_again_replaces_and_does_not_chain_itself
    out = out_of(<<~'RUBY')
      trap("USR2") { puts "before" }
      first = HeapDump.on_signal(path: "#{DIR}/first.json")
      second = HeapDump.on_signal(path: "#{DIR}/second.json")
      signal
      wait_for_dumps(1)
      puts dumped, [first, second].map(&:installed?).inspect, markers.size
      first.remove
      puts markers
      second.remove
      signal
      puts dumped.size, markers.size
    RUBY
    assert_equal ["before", "second.json", "[false, true]", "1",
                  "heapdump:USR2:#{scratch}/second.json", "before", "1", "0"], out.split("\n")
  end

  def test_children_have_it_and_may_choose_anew
    out = out_of(<<~'RUBY')
      $stdout.sync = true
      HeapDump.on_signal(path: "#{DIR}/%{pid}.json")
      children = [nil, "#{DIR}/own-%{pid}.json"].map do |path|
        fork do
          HeapDump.on_signal(path: path) if path
          signal
          wait_until("a dump") { File.exist?((path || "#{DIR}/%{pid}.json") % { pid: $$ }) && idle? }
          puts markers
        end
      end
      children.each { |pid| Process.wait(pid); raise unless $?.success? }
      p dumped == ["#{children[0]}.json", "own-#{children[1]}.json"], markers.size
    RUBY
    assert_equal ["1", "heapdump:USR2:#{scratch}/%{pid}.json",
                  "heapdump:USR2:#{scratch}/own-%{pid}.json", "true"], out.split("\n").sort
  end

  def test_a_second_signal_during_a_dump_is_dropped
    outcome = run_child(<<~'RUBY')
      GATE = Queue.new
      class HeapDump::Pending
        prepend(Module.new { def result = GATE.pop && super })
      end
      HeapDump.on_signal("USR2", path: "#{DIR}/%{count}.json")
      HeapDump.on_signal("URG", path: "#{DIR}/other-%{count}.json")
      signal
      signal("URG")
      signal
      GATE << true
      wait_for_dumps(1)
      GATE << true
      signal("URG")
      wait_for_dumps(2)
      puts dumped
    RUBY
    assert_equal %w[1.json other-1.json], outcome.out.split
    dropped = told(outcome).grep(/dropped/)
    assert_equal ["heapdump: SIGURG: a dump is already under way, this signal is dropped",
                  "heapdump: SIGUSR2: a dump is already under way, this signal is dropped"], dropped
    assert_equal 6, told(outcome).size
  end

  def test_beside_a_dump_of_the_program_itself
    outcome = run_child(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/signal.json")
      kept = Array.new(50_000) { |i| i.to_s }
      pending = HeapDump.dump_async("#{DIR}/own.json")
      Process.kill(:STOP, pending.pid)
      signal
      Process.kill(:CONT, pending.pid)
      p pending.result.objects > 50_000
      signal
      wait_until("a dump") { File.exist?("#{DIR}/signal.json") && idle? }
    RUBY
    assert_equal "true\n", outcome.out
    assert_match(/no dump of process.*already running/, told(outcome)[1])
    %w[own.json signal.json].each { |name| heap(name) }
  end

  # In a handler Mutex#lock raises, so nothing on the way may use one.
  def test_while_the_program_holds_locks
    assert_equal "true\n", out_of(<<~'RUBY')
      require "logger"
      require "monitor"
      HeapDump.on_signal(path: "#{DIR}/%{count}.json", processes: 1)
      device = Object.new
      def device.write(_) = sleep(0.002) # in the logger's lock
      def device.close = nil
      logger = Logger.new(device)
      monitor = Monitor.new
      ended = false
      sender = Thread.new { 10.times { |i| signal; wait_for_dumps(i + 1) }; ended = true }
      count = 0
      monitor.synchronize { logger.info { count += 1 } } until ended
      sender.join
      p count > 10
    RUBY
    assert_equal 10, Dir.children(scratch).size
  end

  def test_wherever_the_main_thread_waits
    ["sleep", "Queue.new.pop", "IO.select(nil)", "PIPE[0].read", "Thread.new { sleep }.join",
     "Mutex.new.tap { |m| Thread.new { m.lock; sleep }; sleep 0.1; m.lock }", "Thread.stop",
     "Process.wait(spawn('cat', in: PIPE[0]))", "loop { }"].each_with_index do |wait, i|
      out = out_of(<<~RUBY)
        PIPE = IO.pipe
        HeapDump.on_signal(path: "\#{DIR}/#{i}.json", processes: 1)
        Thread.new do
          sleep 0.2 # by then it waits
          signal
          wait_until("a dump") { File.exist?("\#{DIR}/#{i}.json") && idle? }
          puts "dumped"
          exit!(true)
        end
        #{wait}
      RUBY
      assert_equal "dumped\n", out, wait
    end
  end

  # What another thread raises in the main thread arrives, handler or not.
  def test_exceptions_of_other_threads_are_not_lost
    assert_equal "30\n", out_of(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/%{time}.json", processes: 1)
      main = Thread.current
      arrived = 0
      30.times do
        Thread.new { main.raise(IOError, "from outside") }
        signal
        sleep 5
      rescue IOError
        arrived += 1
      end
      wait_until("the end") { idle? }
      puts arrived
    RUBY
  end

  def test_a_gc_before_it_where_wanted
    out_of(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/heap.json", gc: true)
      signal
      wait_for_dumps(1)
    RUBY
    assert_equal true, heap.header["gc_ran"]
  end

  # A handler that waited through the scheduler would go on in another fiber.
  def test_under_a_fiber_scheduler
    assert_equal "[:fiber]\n", out_of(<<~'RUBY')
      class Recorder
        def initialize = @calls = []
        attr_reader :calls

        %i[block unblock kernel_sleep io_wait io_read io_write process_wait].each do |name|
          define_method(name) { |*| @calls << name }
        end

        def fiber(&block)
          @calls << :fiber
          Fiber.new(blocking: false, &block).tap(&:resume)
        end

        def close = nil
      end
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      recorder = Recorder.new
      Fiber.set_scheduler(recorder)
      Fiber.schedule { signal }
      called = recorder.calls.dup
      Fiber.set_scheduler(nil)
      wait_for_dumps(1)
      p called
    RUBY
    heap
  end

  def test_the_program_ends_meanwhile
    out_of(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      signal
      exit
    RUBY
    wait_until("a dump") { Dir.children(scratch) == ["heap.json"] }
    heap
  end

  def test_leaves_no_thread_and_no_descriptor
    assert_equal "true\n1\n", out_of(<<~'RUBY')
      HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      signal
      wait_for_dumps(1)
      before = Dir.children("/proc/self/fd").size
      5.times { |i| signal; wait_for_dumps(i + 2) }
      p Dir.children("/proc/self/fd").size == before
      p Thread.list.size
    RUBY
  end

  def test_failures_stay_inside
    outcome = run_child(<<~'RUBY')
      Thread.abort_on_exception = true
      Dir.mkdir("#{DIR}/heap.json")
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      signal
      wait_until("the end") { idle? }
      HeapDump.on_signal(path: "#{DIR}/big.json")
      Process.setrlimit(:FSIZE, 1 << 20)
      signal
      wait_until("the end") { idle? }
      puts Dir.children(DIR)
    RUBY
    assert_equal "heap.json\n", outcome.out
    lines = told(outcome)
    failed = "no dump of process \\d+: cannot dump the heap to DIR"
    assert_match(%r{#{failed}/heap.json: it is a directory}, lines[1])
    assert_match(%r{#{failed}/big.json: File too large}, lines[3])
  end

  # It would stand still for all of the dump.
  def test_no_process_to_be_had
    File.chmod(0o777, scratch)
    outcome = run_child(<<~'RUBY')
      Process::UID.change_privilege(65_534) if Process.uid.zero?
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      Process.setrlimit(:NPROC, 1)
      signal
      wait_until("the end") { idle? }
      puts Dir.children(DIR).size
    RUBY
    assert_equal "0\n", outcome.out
    assert_match(/no dump of process \d+: cannot fork \(Resource temporarily unavailable\)/,
                 told(outcome)[1])
  end

  def test_stderr_closed_or_gone
    ["STDERR.close", "$stderr = Object.new.tap { |io| def io.write(*) = raise }",
     "r, w = IO.pipe; STDERR.reopen(w); w.close; r.close",
     "STDERR.reopen('/dev/full')"].each.with_index(1) do |change, i|
      out_of(<<~RUBY)
        #{change}
        HeapDump.on_signal(path: "\#{DIR}/#{i}.json", processes: 1)
        signal
        wait_for_dumps(#{i})
      RUBY
    end
    assert_equal 4, Dir.children(scratch).size
  end

  # A full pipe that nobody reads: the line is lost, the program does not wait, and the pipe is not
  # switched to O_NONBLOCK for all who share it.
  def test_stderr_that_nobody_reads
    assert_equal "true\n", out_of(<<~'RUBY')
      require "fcntl"
      reader, writer = IO.pipe
      loop { break if writer.write_nonblock("x" * 4096, exception: false) == :wait_writable }
      writer.fcntl(Fcntl::F_SETFL, writer.fcntl(Fcntl::F_GETFL) & ~Fcntl::O_NONBLOCK)
      STDERR.reopen(writer)
      HeapDump.on_signal(path: "#{DIR}/heap.json")
      signal
      wait_for_dumps(1)
      p (STDERR.fcntl(Fcntl::F_GETFL) & Fcntl::O_NONBLOCK).zero?
      exit!(true)
    RUBY
    heap
  end

  # Some systems (vm.memfd_noexec) insist on that.
  def test_a_marker_can_never_be_executed
    kernel = Etc.uname[:release].scan(/\d+/).first(2).map(&:to_i)
    skip "before Linux 6.3" if (kernel <=> [6, 3]).negative?
    out = out_of(<<~'RUBY')
      HeapDump.on_signal("USR2", path: "/var/tmp/heap.json")
      page = File.foreach("/proc/self/maps").find { |line| line.include?("/memfd:heapdump") }
      begin
        puts File.stat("/proc/self/map_files/#{page[/\S+/]}").mode & 0o111
      rescue Errno::EPERM, Errno::EACCES
        puts "only root may look"
      end
    RUBY
    skip out if out.start_with?("only")
    assert_equal "0\n", out
  end

  # Whoever calls the handler from elsewhere, what comes meanwhile for the program is its own.
  def test_what_the_program_is_to_do_is_not_taken_for_a_failure
    outcome = Child.ruby(PRELUDE + <<~'RUBY', scratch)
      trigger = HeapDump.on_signal(path: "#{DIR}/heap.json")
      HeapDump.singleton_class.prepend(Module.new { def dump_async(...) = exit(7) })
      trigger.handler.call(12)
    RUBY
    assert_equal 7, outcome.status.exitstatus, outcome.to_s
  end

  # Numbers that are no signals have no page.
  def test_a_marker_belongs_to_a_signal
    out = out_of(<<~'RUBY')
      numbers = [-1, 0, `getconf RTSIG_MAX`.to_i + 33, 1 << 20]
      puts numbers.map { |number| HeapDump.send(:mark, number, "heapdump:#{number}") }
      puts [1, 64].map { |number| HeapDump.send(:mark, number, "heapdump:#{number}") }, markers.size
    RUBY
    assert_equal %w[false false false false true true 2], out.split
  end

  def test_marker
    out = out_of(<<~'RUBY')
      long = HeapDump.on_signal("URG", path: "/tmp/#{"x" * 240}")
      trigger = HeapDump.on_signal("USR2", path: "/var/tmp/heap-%{pid}-%{time}.json")
      puts markers, Dir.glob("/proc/self/fd/*").grep(/memfd/).size
      fork { puts markers.size; trigger.remove; puts markers.size }
      Process.wait
      puts markers.size
      trigger.remove
      trigger.remove
      puts markers
      exec(RbConfig.ruby, "-e", 'puts File.read("/proc/self/maps").scan("heapdump:").size')
    RUBY
    assert_equal ["heapdump:URG:", "heapdump:USR2:/var/tmp/heap-%{pid}-%{time}.json"],
                 out.split.first(2).sort
    assert_equal %w[0 2 1 2 heapdump:URG: 0], out.split.drop(2)
  end
end

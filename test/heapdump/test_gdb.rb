# frozen_string_literal: true

require "test_helper"
require "support/extension"
require "support/outside"

# The functions that a debugger calls, in processes that have loaded heapdump.
class TestGdb < HeapDumpTest
  EXTENSION = File.expand_path("../../lib/heapdump/heapdump.so", __dir__)
  OK = 0
  NOT_READY = 1
  IN_GC = 2
  NO_LOCK = 3
  BUSY = 4
  FAILED = 5
  NO_LOCK_MESSAGE = "heapdump: this thread does not hold the VM's lock; choose another thread; " \
                    "in an idle process none holds it: use heapdump-dump of heapdump.gdb, " \
                    "or `heapdump take`\n"

  def path
    File.join(scratch, "heap.json")
  end

  # Calls made with and without the VM's lock, in a process of its own.
  CALLS = <<~'RUBY'
    require "heapdump"
    require "fiddle"
    module Space; class Kept; end; end
    KEPT = Array.new(3) { Space::Kept.new }
    library = Fiddle.dlopen(ARGV[0])
    functions = Hash.new do |hash, (name, locked)|
      result = name.end_with?("return") ? Fiddle::TYPE_VOIDP : Fiddle::TYPE_INT
      hash[[name, locked]] = Fiddle::Function.new(library[name], [Fiddle::TYPE_VOIDP] * 2, result,
                                                  need_gvl: locked)
    end
    call = ->(name, *rest, locked: true) { functions[[name, locked]].call(*rest, nil) }
  RUBY

  # What is dumped without a name goes to a directory of its own.
  def directory
    @directory ||= Dir.mktmpdir("heapdump-test")
  end

  def teardown
    FileUtils.rm_rf(@directory) if @directory
    super
  end

  def run_calls(code, *arguments)
    skip "SKIPPED: no fiddle here" unless Child.ruby("require 'fiddle'").success?
    Child.ruby!("#{CALLS}\n#{code}", EXTENSION, *arguments, chdir: directory)
  end

  def test_a_dump
    outcome = run_calls(<<~'RUBY', path)
      p call.("heapdump_dump", ARGV[1])
      sleep 0.01 until File.exist?(ARGV[1])
      p Process.pid, (Process.wait rescue $!.class)
      sleep 0.3
    RUBY
    status, pid, waited = outcome.out.lines.map(&:chomp)
    assert_equal [OK.to_s, "Errno::ECHILD"], [status, waited]
    dump = assert_whole(Dump.load(path))
    assert_equal pid.to_i, dump.header["pid"]
    assert_equal 3, dump.instances_of("Space::Kept").size
    assert_equal({ "allocated_objects" => 0, "gc_runs" => 0 },
                 dump.footer.slice("allocated_objects", "gc_runs"))
    assert_equal "heapdump: wrote #{path}: #{dump.size} objects, #{File.size(path)} bytes",
                 outcome.err[/.*bytes/]
  end

  # MRI has told the thread to give the lock to another one, which the copy does not have. Nothing
  # looks at that between the two calls.
  def test_where_other_threads_wait_for_the_lock
    outcome = run_calls(<<~'RUBY', path)
      usleep = Fiddle::Function.new(Fiddle::Handle::DEFAULT["usleep"], [Fiddle::TYPE_INT],
                                    Fiddle::TYPE_INT, need_gvl: true)
      dump = functions[["heapdump_dump", true]]
      count = functions[["heapdump_count_objects_return", true]]
      3.times { Thread.new { loop { "x" * 10 } } }
      usleep.call(300_000); dump.call(ARGV[1], nil)
      usleep.call(300_000); counts = count.call(nil, nil)
      sleep 0.01 until File.exist?(ARGV[1])
      puts counts
    RUBY
    assert_match(/"T_STRING":\d+/, outcome.out)
    assert_equal 4, assert_whole(Dump.load(path)).instances_of("Thread").size
  end

  # As in the process's own dumps; none if the program is in the way.
  def test_contents_of_strings
    handler = "HeapDump.on_signal('USR2', path: 'x', strings: :hash)"
    { "" => "full", handler => "hash", "ENV['HEAPDUMP_STRINGS'] = '3'" => 3,
      "ENV['HEAPDUMP_STRINGS'] = 'nome'" => "none",
      "require 'heapdump/integrations/environment'" => "none",
      "def (HeapDump::Trigger).installed = raise" => "none" }.each do |code, expected|
      run_calls(<<~RUBY, path)
        #{code}
        call.("heapdump_dump", ARGV[1])
        sleep 0.01 until File.exist?(ARGV[1])
      RUBY
      assert_equal expected, Dump.load(path).header["strings"], code
      File.unlink(path)
    end
  end

  def test_a_dump_that_fails
    outcome = run_calls(<<~'RUBY', "/nowhere/heap.json")
      p call.("heapdump_dump", ARGV[1])
      sleep 1
    RUBY
    assert_equal "#{OK}\n", outcome.out
    assert_match(%r{\Aheapdump: cannot dump the heap to /nowhere/heap.json: a directory of},
                 outcome.err)
  end

  # Before it looks at the heap the second process ends a sweep that has begun. A function that
  # frees an object may call exit() there, which must not do what the application has left for its
  # end.
  def test_a_free_function_that_ends_the_process
    skip "SKIPPED: no fiddle here" unless Child.ruby("require 'fiddle'").success?
    outcome = Child.ruby(<<~RUBY, EXTENSION, Extension.new("hostile").compile)
      #{CALLS}
      require ARGV[1]
      puts_in_c = Fiddle::Handle::DEFAULT["puts"]
      Fiddle::Function.new(puts_in_c, [Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT).call("at the end")
      print_counts = functions[["heapdump_count_objects_print", true]]
      def litter(depth) = depth.zero? ? 20_000.times { Hostile.new([]) } : litter(depth - 1)
      Hostile.arm("exit_0", "free", nil)
      begin # again if one has begun by itself, which would be swept by now
        GC.disable
        litter(50)
        count = GC.count
        GC.enable
        GC.start(full_mark: true, immediate_sweep: false)
      end until GC.count == count + 1
      status = print_counts.call("Space", nil)
      state = GC.latest_gc_info(:state)
      sleep 0.5
      $stderr.puts "\#{state} \#{status}"
      Process.kill(:KILL, $$)
    RUBY
    told = "heapdump: failed: code of the program ended its process\n"
    assert_equal ["#{told}sweeping #{OK}\n", ""], [outcome.err, outcome.out], outcome.to_s
  end

  def test_counts
    outcome = run_calls(<<~'RUBY')
      before = GC.stat(:total_allocated_objects)
      text = call.("heapdump_count_objects_return", "Space")
      puts text.to_s
      p call.("heapdump_count_objects_print", "Space")
      sleep 0.5
    RUBY
    returned, status = outcome.out.lines
    assert_equal "#{OK}\n", status
    [returned, outcome.err].each do |text|
      counts = JSON.parse(text)
      assert_equal %w[total_slots free_slots basic_types user_types], counts.keys
      assert_equal({ "Space::Kept" => 3 }, counts["user_types"])
      assert_operator counts["basic_types"]["T_STRING"], :>, 1000
    end
  end

  def test_without_the_lock
    outcome = run_calls(<<~'RUBY', path)
      p call.("heapdump_dump", ARGV[1], locked: false)
      p call.("heapdump_count_objects_print", nil, locked: false)
      p call.("heapdump_count_objects_return", nil, locked: false).null?
    RUBY
    assert_equal "#{NO_LOCK}\n#{NO_LOCK}\ntrue\n", outcome.out
    assert_equal [NO_LOCK_MESSAGE] * 3, outcome.err.lines
    assert_empty Dir.children(scratch)
  end

  ALL = <<~'RUBY'
    all = lambda do
      p call.("heapdump_dump", ARGV[1]), call.("heapdump_count_objects_print", "Space"),
        call.("heapdump_count_objects_return", "Space").null?
    end
  RUBY

  def assert_all_refuse(status, reason, code)
    outcome = run_calls("#{ALL}\n#{code}\nall.()", path)
    assert_equal "#{status}\n#{status}\ntrue\n", outcome.out
    assert_equal ["heapdump: #{reason}\n"], outcome.err.lines.uniq
    assert_equal 3, outcome.err.lines.size
    assert_empty Dir.children(scratch)
  end

  # A copy that was opened, not loaded by Ruby.
  def test_before_it_is_loaded
    other = File.join(Dir.mktmpdir, "other.so")
    FileUtils.cp(EXTENSION, other)
    assert_all_refuse(NOT_READY, "this process has not loaded heapdump; require it there, " \
                                 "or use `heapdump take`", <<~RUBY)
                                   library = Fiddle.dlopen(#{other.dump})
                                 RUBY
  ensure
    FileUtils.rm_rf(File.dirname(other))
  end

  def test_where_no_process_can_be_forked
    skip "SKIPPED: needs root" unless Process.uid.zero?
    File.chmod(0o777, scratch)
    reason = "no process could be forked; try again when others have ended"
    assert_all_refuse(FAILED, reason, <<~RUBY)
      Process.setrlimit(:NPROC, 0)
      Process::UID.change_privilege(65_534)
    RUBY
  end

  def test_without_a_descriptor
    outcome = run_calls(<<~'RUBY')
      call.("heapdump_count_objects_return", nil)
      Process.setrlimit(:NOFILE, 3)
      p call.("heapdump_count_objects_return", nil).null?
    RUBY
    assert_equal "true\n", outcome.out
    assert_equal "heapdump: no pipe to be had; try again when files have been closed\n", outcome.err
  end

  # What is called points where nothing is: the copy dies of it.
  def test_pointers_to_nowhere
    outcome = run_calls(<<~'RUBY')
      nowhere = Fiddle::Pointer.new(8)
      p call.("heapdump_dump", nowhere)
      p call.("heapdump_count_objects_print", nowhere)
      p call.("heapdump_count_objects_return", nowhere).null?
      sleep 0.5
      puts "alive"
    RUBY
    assert_equal "0\n0\ntrue\nalive\n", outcome.out
    assert_equal ["heapdump: failed: its process died of signal 11; try again at another moment\n"],
                 outcome.err.lines.uniq
    assert_equal 3, outcome.err.lines.size
  end

  # The program was stopped between a call and its look at errno.
  def test_errno_stays
    outcome = run_calls(<<~'RUBY')
      place = Fiddle::Function.new(Fiddle::Handle::DEFAULT["__errno_location"], [],
                                   Fiddle::TYPE_VOIDP)
      errno = Fiddle::Pointer.new(place.call.to_i, 4)
      names = %w[heapdump_dump heapdump_count_objects_print heapdump_count_objects_return]
      after = lambda do |name, locked|
        function = functions[[name, locked]]
        errno[0, 4] = [77].pack("i")
        function.call(nil, nil)
        errno[0, 4].unpack1("i")
      end
      seen = names.product([true, false]).map { |name, locked| after.(name, locked) }
      Process.setrlimit(:NOFILE, 3)
      p seen << after.(names.last, true)
    RUBY
    assert_equal "#{[77] * 7}\n", outcome.out
  end

  VECTORS = File.expand_path("../support/vectors/vectors.c", __dir__)

  # The C library copies and compares with them, and gdb does not always know where they are.
  def test_vector_registers_stay
    skip "SKIPPED: not of this processor" unless RbConfig::CONFIG["host_cpu"] == "x86_64"
    library = File.join(scratch, "vectors.so")
    flags = %w[-O1 -mno-red-zone -shared -fPIC -Wall -Werror]
    assert system(RbConfig::CONFIG["CC"], *flags, VECTORS, "-o", library)
    outcome = run_calls(<<~'RUBY', library)
      check = Fiddle::Function.new(Fiddle.dlopen(ARGV[1])["check"], [Fiddle::TYPE_VOIDP],
                                   Fiddle::TYPE_INT, need_gvl: true)
      p(%w[heapdump_dump heapdump_count_objects_print heapdump_count_objects_return].map do |name|
        check.call(library[name])
      end)
      p check.call(Fiddle::Handle::DEFAULT["tzset"])
      sleep 0.5
    RUBY
    kept, without = outcome.out.lines.map { |line| JSON.parse(line) }.map { |list| [*list].uniq }
    skip "SKIPPED: no vector registers" if kept == [-1]
    assert_equal [0], kept
    refute_equal [0], without, "a function that uses them is seen to"
  end

  # They may be freed, and are as many as were made beforehand.
  def test_results
    outcome = run_calls(<<~'RUBY')
      free = Fiddle::Function.new(Fiddle::RUBY_FREE, [Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)
      texts = Array.new(5) { call.("heapdump_count_objects_return", nil) }
      puts texts.map(&:null?).inspect, texts.first(4).map { |text| text.to_s[0, 14] }
      texts.first(4).each { |text| free.call(text) }
    RUBY
    assert_equal "[false, false, false, false, true]\n#{"{\"total_slots\"\n" * 4}", outcome.out
    assert_equal "heapdump: there is no memory left for results; " \
                 "use heapdump_count_objects_print\n", outcome.err
  end

  def test_a_result_that_is_too_long
    outcome = run_calls(<<~'RUBY')
      KEPT_TOO = Array.new(300) { |i| Space.const_set("C#{i}#{"x" * 1000}", Class.new).new }
      p call.("heapdump_count_objects_return", "Space").null?
      p call.("heapdump_count_objects_return", nil).null?
    RUBY
    assert_equal "true\nfalse\n", outcome.out
    assert_equal "heapdump: the result is too long; use heapdump_count_objects_print\n", outcome.err
  end

  # Code of the program's own may run in the copy, and end it in any way. What is above it, and what
  # is to run at its exit, belongs to the program alone.
  def test_what_ends_the_copy
    {
      "exit(3)" => "exit", "throw(:up)" => "failed", "raise(Exception, 'no')" => "no",
      "catch(:up) { raise(NoMemoryError) }" => "NoMemoryError", "Thread.current.kill" => "exit",
      "EXIT.call(3)" => "failed: code of the program ended its process",
      "Process.kill(:KILL, SELF.call)" =>
        "failed: its process died of signal 9; try again at another moment"
    }.each do |code, message|
      outcome = run_calls(<<~RUBY, "/nowhere/heap.json")
        SELF = -> { Integer(File.readlink("/proc/self")) } # from 3.3 on, Process.pid remembers it
        PID = SELF.call
        EXIT = Fiddle::Function.new(Fiddle::Handle::DEFAULT["exit"], [Fiddle::TYPE_INT],
                                    Fiddle::TYPE_VOID, need_gvl: true)
        at_exit { puts "at_exit" if SELF.call != PID }
        class HeapDump::WriteError; def initialize(*) = #{code}; end
        begin
          catch(:up) { p call.("heapdump_dump", ARGV[1]) }
        rescue Exception
          puts "rescued"
        ensure
          puts "ensured" if SELF.call != PID
        end
        sleep 0.5
      RUBY
      assert_equal ["#{OK}\n", "heapdump: #{message}\n"], [outcome.out, outcome.err], code
    end
  end

  # What a user of gdb does by hand. Returns the number that it prints last. No literal may be given
  # to a function: gdb would call the process's malloc for it.
  def call_in_gdb(code, *commands)
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    err = File.join(scratch, "stderr")
    code = "require 'heapdump'; #{code}"
    Outside.with_process(code, "-I", Child::LOAD_PATHS.first, err: err, chdir: scratch) do |pid|
      arguments = commands.flat_map { |command| ["-ex", command] }
      outcome = Child.run({ "DEBUGINFOD_URLS" => "" }, "gdb", "-nx", "-batch", "-p", pid.to_s,
                          *arguments, timeout: 60)
      number = outcome.out[/.*^\$\d+ = (\d+)/m, 1] or flunk outcome.to_s
      assert Outside.runs?(pid), "the process lives"
      yield number.to_i, -> { File.read(err) }
    end
  end

  DUMP = "print (int) heapdump_dump(0)"

  # Wherever it was stopped: it was dumped, or refused.
  def test_from_gdb
    call_in_gdb("loop { 'x' * 10 }", DUMP) do |status, err|
      assert_includes [OK, IN_GC, BUSY], status
      wait_until("it tells") { err.call.end_with?("\n") }
      next refute_path_exists(File.join(scratch, "dump.json")) unless status == OK

      assert_match(/\Aheapdump: wrote dump.json/, err.call)
      assert_whole Dump.load(File.join(scratch, "dump.json"))
    end
  end

  def test_in_an_idle_process
    call_in_gdb("Thread.new { sleep }; $stdin.read", DUMP) do |status, err|
      assert_equal [NO_LOCK, NO_LOCK_MESSAGE], [status, err.call]
    end
  end

  def test_in_the_middle_of_gc
    code = "loop { GC.start }"
    call_in_gdb(code, "break rb_gc_mark", "continue", DUMP, "delete") do |status, err|
      assert_equal IN_GC, status
      assert_equal "heapdump: the GC is running; let the process go on and try again\n", err.call
    end
  end

  def test_in_the_middle_of_malloc
    # above 32 MiB malloc always maps memory; with one thread it would need no lock
    code = "Thread.new { sleep }; loop { 'x' * 40_000_000 }"
    call_in_gdb(code, "break mmap", "continue", DUMP, "delete") do |status, err|
      assert_equal BUSY, status
      assert_equal "heapdump: this thread is inside of malloc or fork; " \
                   "let the process go on and try again\n", err.call
    end
  end
end

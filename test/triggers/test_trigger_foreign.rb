# frozen_string_literal: true

require "test_helper"
require "support/trigger_programs"

# HeapDump.on_signal beside handlers that C libraries have installed.
class TestTriggerForeign < HeapDumpTest
  include TriggerPrograms

  # Handlers of C libraries, which Ruby's trap does not know: functions of libc stand in for them.
  FOREIGN = <<~'RUBY'
    require "fiddle"
    LIBC = Fiddle::Handle::DEFAULT
    FIRST, SECOND = %w[abs labs].map { |name| LIBC[name] }
    SIGNAL = Fiddle::Function.new(LIBC["signal"], [Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP],
                                  Fiddle::TYPE_VOIDP)

    def install(handler) = SIGNAL.call(Signal.list["USR2"], handler).to_i

    SIGACTION = Fiddle::Function.new(LIBC["sigaction"], [Fiddle::TYPE_INT] + ([Fiddle::TYPE_VOIDP] * 2),
                                     Fiddle::TYPE_INT)

    # What the system does at a signal: handler, blocked signals, flags (but SA_RESTORER, which is
    # libc's).
    def action(signal)
      bytes = "\0" * 256
      raise "sigaction" unless SIGACTION.call(Signal.list[signal], nil, bytes).zero?

      handler, mask, flags = bytes.unpack("J Q x120 I")
      [handler, mask, flags & ~0x04000000]
    end

    # What is installed, by name; it stays.
    def installed
      address = install(0)
      install(address)
      { FIRST => "first", SECOND => "second", 0 => "default", 1 => "ignore" }[address] || "Ruby's"
    end
  RUBY

  def test_the_handler_of_a_c_library_is_put_back
    outcome = run_child(FOREIGN + <<~'RUBY', flags: [])
      install(FIRST)
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      signal
      wait_for_dumps(1)
      puts installed
      again = HeapDump.on_signal(path: "#{DIR}/again.json")
      trigger.remove
      puts installed
      again.remove
      puts installed
      signal
      puts trap("USR2", "DEFAULT").inspect, dumped.size
    RUBY
    assert_equal ["Ruby's", "Ruby's", "first", "nil", "1"], outcome.out.split("\n")
    warnings = outcome.err.lines.grep(/a C library/)
    assert_equal ["heapdump: a C library has a handler for SIGUSR2; it is not called while the " \
                  "heap is dumped at this signal, give another signal\n"], warnings
  end

  # Ruby believes that its own handler is still there, and the library may have called it.
  def test_the_handler_of_a_c_library_that_replaced_one_of_ruby
    assert_equal "ruby's\nfirst\n", out_of(FOREIGN + <<~'RUBY')
      trap("USR2") { puts "ruby's" }
      install(FIRST)
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      signal
      wait_for_dumps(1)
      trigger.remove
      puts installed
      signal
    RUBY
  end

  def test_the_handler_of_a_c_library_that_came_after_stays
    assert_equal "second\nsecond\n", out_of(FOREIGN + <<~'RUBY')
      [FIRST, 0].each do |before|
        install(before)
        trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
        install(SECOND)
        trigger.remove
        puts installed
      end
    RUBY
  end

  # A library whose handler calls the one that it has replaced, as most do.
  CHAIN = <<~'C'
    #include <signal.h>
    static void (*replaced)(int);
    static volatile int calls;
    static void handle(int signal) { calls++; replaced(signal); }
    int chain(int number) { replaced = signal(number, handle); return replaced == SIG_ERR; }
    int calls_of_chain(void) { return calls; }
  C

  # The application's own handler goes on being called, as before, whoever was installed first.
  def test_the_handler_of_ruby_below_one_that_chains
    library = File.join(scratch, "chain.so")
    File.write(File.join(scratch, "chain.c"), CHAIN)
    assert system(RbConfig::CONFIG["CC"].split.first, "-shared", "-fPIC", "-o", library,
                  File.join(scratch, "chain.c"))
    assert_equal "[1, 1]\n[2, 1]\n[3, 2]\n[4, 3]\n", out_of(<<~'RUBY')
      require "fiddle"
      library = Fiddle.dlopen("#{DIR}/chain.so")
      chain = Fiddle::Function.new(library["chain"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT)
      calls = Fiddle::Function.new(library["calls_of_chain"], [], Fiddle::TYPE_INT)
      ours = 0
      trap("USR2") { ours += 1 }
      once = lambda do
        seen = ours
        signal
        wait_until("the handler") { ours > seen && idle? }
        p [ours, calls.call]
      end
      chain.call(Signal.list["USR2"])
      once.call
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      once.call
      chain.call(Signal.list["USR2"]) # again, over ours
      again = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      again.remove
      once.call
      once.call
    RUBY
  end

  # A warning that raises, as strict programs have it.
  def test_where_a_warning_raises_nothing_has_changed
    outcome = run_child(FOREIGN + <<~'RUBY', flags: [])
      install(FIRST)
      Warning.singleton_class.prepend(Module.new { def warn(*, **) = raise("strict") })
      begin
        HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      rescue RuntimeError => e
        puts e.message
      end
      p HeapDump::Trigger.installed
      puts installed
      puts dumped.size
    RUBY
    assert_equal %w[strict {} first 0], outcome.out.split("\n")
  end

  # MRI has handlers for these that do nothing.
  def test_handlers_of_ruby_itself_are_not_foreign
    outcome = run_child(FOREIGN + <<~'RUBY', flags: [])
      (%w[PIPE SYS URG] & Signal.list.keys).each do |name|
        handler, = action(name)
        HeapDump.on_signal(name, path: "#{DIR}/%{count}.json").remove
        puts name unless action(name).first == handler
      end
    RUBY
    assert_equal ["", ""], [outcome.out, outcome.err]
  end

  # Not the address alone: the flags and the signals that are blocked meanwhile, too.
  def test_all_of_an_action_is_put_back
    assert_equal "true\nfalse\ntrue\n", out_of(FOREIGN + <<~'RUBY')
      # SA_SIGINFO, SA_RESTART and SA_NODEFER in the flags, TERM in the mask
      wanted = [FIRST, 1 << (Signal.list["TERM"] - 1), 4 | 0x10000000 | 0x40000000]
      SIGACTION.call(Signal.list["USR2"], wanted.pack("J Q x120 I x64"), nil)
      p action("USR2") == wanted
      trigger = HeapDump.on_signal(path: "#{DIR}/%{count}.json")
      p action("USR2") == wanted
      trigger.remove
      p action("USR2") == wanted
    RUBY
  end

  # Its library has put back what it had saved. (If that is Ruby's own handler nobody can see it.)
  def test_a_handler_that_its_library_has_taken_away
    assert_equal "0\n", out_of(FOREIGN + <<~'RUBY')
      saved = SIGNAL.call(Signal.list["URG"], FIRST)
      trigger = HeapDump.on_signal("URG", path: "#{DIR}/%{count}.json")
      SIGNAL.call(Signal.list["URG"], saved)
      trigger.remove
      puts action("URG").first
    RUBY
  end

  # One for this thread that comes while handlers are exchanged waits until that is done; the mask
  # stays as it was.
  def test_no_signal_between_two_handlers
    assert_equal "waits\nhandled\nfalse\nraised\nfalse\n", out_of(FOREIGN + <<~'RUBY')
      self_of = Fiddle::Function.new(LIBC["pthread_self"], [], Fiddle::TYPE_VOIDP)
      kill = Fiddle::Function.new(LIBC["pthread_kill"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT],
                                  Fiddle::TYPE_INT)
      def blocked?
        mask = File.read("/proc/thread-self/status")[/^SigBlk:\s*(\h+)/, 1].hex
        mask[Signal.list["USR2"] - 1] == 1
      end
      trap("USR2") { puts "handled" }
      HeapDump.send(:without_signal, Signal.list["USR2"]) do
        kill.call(self_of.call, Signal.list["USR2"])
        sleep 0.1
        puts(blocked? ? "waits" : "comes")
      end
      sleep 0.1
      p blocked?
      begin
        HeapDump.send(:without_signal, Signal.list["USR2"]) { raise "raised" }
      rescue RuntimeError => e
        puts e.message
      end
      p blocked?
    RUBY
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/refusal"

# Where the kernel, an emulator or a sandbox refuses what is usually there, another way is taken.
class TestRefusedCalls < HeapDumpTest
  PRELUDE = <<~'RUBY'
    require "support/refusal"
    require "heapdump" unless ARGV[1] == "later"
    def children_of(pid)
      Dir["/proc/[0-9]*/stat"].filter_map do |file|
        fields = File.read(file)[/.*\) (.*)/m, 1].split
        file[/\d+/].to_i if fields[1].to_i == pid
      rescue SystemCallError
        nil
      end
    end
  RUBY

  def setup
    super
    reason = Refusal.unable
    skip "SKIPPED: #{reason}" if reason
  end

  def path
    File.join(scratch, "heap.json")
  end

  def run_refused(code, *arguments)
    Child.ruby!(PRELUDE + code, path, *arguments, bare: true).out.lines(chomp: true)
  end

  # Docker allows a thousand million descriptors: closing all one by one would take ten minutes.
  def test_without_close_range
    lines = run_refused(<<~'RUBY')
      require "fcntl"
      kept = Array.new(50) { File.open("/dev/zero") }
      kept.concat(Array.new(50) { |i| kept[i].fcntl(Fcntl::F_DUPFD, 700) })
      held = Array.new(1_000_000) { |i| i.to_s }
      Refusal.of(:close_range)
      Refusal.of_closing_from(1000)
      pending = HeapDump.dump_async(ARGV[0])
      sleep 0.001 until (found = children_of(pending.pid)).any? || pending.done?
      sleep 0.02
      open = [pending.pid, *found].flat_map do |pid|
        Dir["/proc/#{pid}/fd/*"].map { |fd| File.readlink(fd) }
      rescue SystemCallError
        []
      end
      puts open.count("/dev/zero"), open.any?
      pending.wait
    RUBY
    assert_equal %w[0 true], lines
    assert_whole Dump.skim(path) # of a million strings, which are like each other
  end

  # The application sees a child for a moment, but none stays, and the dump is the same.
  def test_where_children_must_send_a_signal
    lines = run_refused(<<~'RUBY')
      signals = 0
      trap("CHLD") { signals += 1 }
      Refusal.of_silent_children
      2.times { HeapDump.dump(ARGV[0]) }
      HeapDump.dump_async(ARGV[0]).wait
      puts signals.positive?
      puts (Process.wait(-1) rescue $!.class)
      puts children_of(Process.pid).size
    RUBY
    assert_equal ["true", "Errno::ECHILD", "0"], lines
    assert_whole Dump.load(path)
  end

  # A thread that waits for any child may get the one in the middle; nothing else goes wrong.
  def test_where_children_must_send_a_signal_and_somebody_waits_for_all
    lines = run_refused(<<~'RUBY')
      Refusal.of_silent_children
      own = spawn("sleep 30")
      seen = []
      waiter = Thread.new { loop { seen << Process.wait(-1) } rescue $!.class }
      3.times { HeapDump.dump(ARGV[0], processes: 1) }
      Process.kill(:KILL, own)
      puts waiter.value, seen.count(own), children_of(Process.pid).size
    RUBY
    assert_equal ["Errno::ECHILD", "1", "0"], lines
    assert_whole Dump.load(path)
  end

  # While the library looks for what it knows, it reads by a call that sandboxes like to refuse.
  [Errno::ENOSYS, Errno::EPERM, Errno::EACCES].each do |error|
    define_method("test_without_process_vm_readv_#{error.name.split("::").last}") do
      lines = run_refused(<<~RUBY, "later")
        Refusal.of(:process_vm_readv, #{error})
        before = Dir.children("/proc/self/fd").size
        require "heapdump"
        puts HeapDump.capabilities.sort.join(" "), Dir.children("/proc/self/fd").size - before
      RUBY
      assert_equal [HeapDump.capabilities.sort.join(" "), "0"], lines
    end
  end
end

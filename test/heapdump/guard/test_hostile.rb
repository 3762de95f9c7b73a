# frozen_string_literal: true

require "test_helper"
require "support/hostile_checks"

# Extensions whose mark and size functions do what they must not, while the heap is dumped. The
# application never runs on in a second process; the dump is whole but for that object, or there is
# an error and no file; and the application goes on unharmed.
class TestHostile < HeapDumpTest
  include HostileChecks

  # What has happened, as the line of the object says it; nil: nothing is wrong with it.
  TOLD = {
    "raised" => %w[raise_standard raise_interrupt raise_exit throw thread_exit fatal],
    "out of memory" => %w[raise_no_memory],
    "called exit" => %w[exit_0 exit_1 quick_exit_0],
    "signal 6" => %w[abort bug],
    "signal 11" => %w[segv overflow],
    "signal 8" => %w[fpe],
    "signal 7" => %w[bus],
    "signal 4" => %w[ill],
    nil => %w[run_ruby allocate fork other_references more_references fewer_references]
  }.freeze

  TOLD.each do |error, deeds|
    deeds.each do |deed|
      define_method("test_#{deed}") { tells(deed, error, ways(deed)) }
    end
  end

  # Each of these deeds is done in all ways and places in the long form. In the quick one every way
  # and every place of it has its turn, half of the pairs, and the next deed has the other half.
  def ways(deed)
    return HostileDumps::WAYS if LongForm::ON

    even = TOLD.values.flatten.index(deed).even?
    HostileDumps::WAYS.map.with_index do |way, i|
      [*way, i.even? == even ? %w[mark] : %w[size]]
    end
  end

  # Once it has hung the function is called for no other object of that type.
  %w[busy wait_for_lock].each do |deed|
    define_method("test_#{deed}") do
      check(deed, HostileDumps::IMPATIENT) do |one|
        next ["#{one["name"]}: #{one["ended"]}"] unless one["ended"] == "whole"

        told(one, "hung")
      end
    end
  end

  # A process that a function has forked keeps open what its parent had open, for so many seconds
  # (LINGERS in hostile.c). No dump waits for it.
  LINGERS = 8

  def test_leave_behind
    check("leave_behind", HostileDumps::ONE) do |one|
      one["ended"] == "whole" ? soon(one) : [one["ended"]]
    end
  end

  # The process of the dump waits for it a while, but ends at once where all processes are asked to,
  # as when a service is stopped.
  def test_leave_behind_and_stop
    out = Child.ruby!(<<~'RUBY', File.join(scratch, "heap.json")).out
      require "heapdump"
      require "support/extension"
      Extension.new("hostile").require_extension
      def there?(pid) = File.read("/proc/#{pid}/stat")[/\) (.)/, 1] != "Z"
      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      Hostile.arm("leave_behind", "mark", Hostile.new([]))
      dump = HeapDump.dump_async(ARGV[0], gc: false)
      dump.result
      p there?(dump.pid)
      start = now
      Process.kill("TERM", dump.pid)
      begin
        sleep 0.01 while there?(dump.pid)
      rescue Errno::ENOENT
        nil # so it is
      end
      p now - start
    RUBY
    there, seconds = out.split("\n")
    assert_equal "true", there
    assert_operator Float(seconds), :<, 3
  end

  { "end" => /WriteError: .*one of its processes ended/,
    "die" => /ChildDied: .*killed by SIGKILL/ }.each do |how, error|
    define_method("test_leave_behind_and_#{how}") do
      check("leave_behind_and_#{how}", HostileDumps::IN_WORKERS) do |one|
        one["ended"].match?(error) ? soon(one) : [one["ended"]]
      end
    end
  end

  # A hundred children that have ended stay zombies until the process of the dump ends.
  def test_fork_many
    check("fork_many", HostileDumps::ONE) do |one|
      one["ended"] == "whole" ? only_expected(one) + without_error(one) : [one["ended"]]
    end
  end

  def soon(one)
    one["seconds"] < LINGERS ? [] : ["#{one["name"]} took #{one["seconds"]} s"]
  end

  # Not even where the application gets all orphans, as process 1 of a container does. One SIGCHLD
  # is that of the coordinator.
  def test_fork_many_in_a_container
    out = Child.ruby!(<<~'RUBY', File.join(scratch, "heap.json"), env: Leftovers.environment).out
      require "fiddle"
      require "heapdump"
      require "support/extension"
      require "support/leftovers"
      Extension.new("hostile").require_extension
      prctl = Fiddle::Function.new(Fiddle::Handle::DEFAULT["prctl"],
                                   [Fiddle::TYPE_INT, Fiddle::TYPE_LONG], Fiddle::TYPE_INT)
      raise "no subreaper" unless prctl.call(36, 1).zero?

      signals = 0
      trap("CHLD") { signals += 1 }
      kept = Array.new(3) { [Hostile.new([]), Array.new(7000) { [] }] }
      GC.start
      GC.disable # it would call the functions here
      [1, 3].each do |processes|
        Hostile.arm("fork_many", "mark", nil)
        HeapDump.dump(ARGV[0], gc: false, processes: processes)
        Hostile.disarm
        p [Leftovers.processes_after(20), signals <= 1]
        signals = 0
      end
    RUBY
    assert_equal "[[], true]\n" * 2, out
  end

  # The leader looks for its workers while it works itself: alone it would need more than ten
  # seconds.
  def test_a_worker_that_ends_early
    out = Child.ruby!(<<~'RUBY', File.join(scratch, "heap.json")).out
      require "heapdump"
      require "support/extension"
      Extension.new("hostile").require_extension
      kept = Array.new(120) { [Hostile.new([]), Array.new(8000) { [] }] } # more than is taken at once
      GC.start
      GC.disable
      start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      Hostile.arm("end_early", "mark", nil)
      begin
        HeapDump.dump(ARGV[0], gc: false, processes: 3)
      rescue HeapDump::WriteError => e
        puts e.message[/one of its processes ended/]
      end
      Hostile.disarm
      puts Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
      puts Dir.children(File.dirname(ARGV[0])).size
    RUBY
    error, seconds, files = out.split("\n")
    assert_equal ["one of its processes ended", "0"], [error, files]
    assert_operator Float(seconds), :<, 10
  end

  # The application gets its signals while a function of a forked dump hangs; in process they wait
  # until that function has returned.
  def test_signals_meanwhile
    forked, in_process = [["busy", true], ["tarry", false]].map do |deed, fork|
      Float(Child.ruby!(<<~'RUBY', File.join(scratch, "heap.json"), deed, fork.to_s).out)
        require "heapdump"
        require "support/extension"
        Extension.new("hostile").require_extension
        def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        hostile = Hostile.new([])
        path, deed, fork = ARGV
        trap("TERM") { throw :done }
        sender = spawn("sleep 0.3; kill -TERM #{Process.pid}")
        start = now
        Hostile.arm(deed, "mark", hostile)
        catch(:done) { HeapDump.dump(path, gc: false, fork: fork == "true") && sleep }
        puts now - start
        Process.wait(sender)
      RUBY
    end
    assert_operator forked, :<, 10 # the longest time for one object
    assert_operator in_process, :>=, 1.5
  end

  # Not even a clock ends that.
  def test_busy_and_deaf
    check("busy_and_deaf", HostileDumps::IMPATIENT.first(1)) do |one|
      one["ended"].match?(/longer than timeout: allows/) ? [] : [one["ended"]]
    end
  end

  # Nothing can stop them from ending the process. It ends, too, soon after a jump out of the dump.
  %w[jump_below end_native_thread leave_0 leave_1 segv_by_default kill terminate
     replace_descriptors replace_many_descriptors].each do |deed|
    define_method("test_#{deed}") do
      check(deed, HostileDumps::WAYS) do |one|
        next ["no error, but #{one["ended"]}"] unless one["ended"].match?(/\AHeapDump::\w+: /)

        []
      end
    end
  end

  # One way or the other. MRI refuses to go on in a fiber or a continuation, or the process ends
  # before that: it depends on the version.
  %w[call_continuation resume_fiber release_gvl no_object no_object_at_the_end].each do |deed|
    define_method("test_#{deed}") { check(deed, HostileDumps::WAYS) { |one| honest(one) } }
  end
end

# In the process itself what is raised costs that object alone, too.
class TestHostileInProcess < HeapDumpTest
  include HostileChecks

  { "raised" => %w[raise_standard throw thread_exit], "out of memory" => %w[raise_no_memory],
    nil => %w[run_ruby allocate fork other_references more_references fewer_references
              release_gvl] }.each do |error, deeds|
    deeds.each do |deed|
      define_method("test_#{deed}") { tells(deed, error, HostileDumps::IN_PROCESS) }
    end
  end

  # What a signal's handler could have raised comes out of the dump, when all is tidied up.
  { "raise_interrupt" => "Interrupt", "raise_exit" => "SystemExit" }.each do |deed, raised|
    define_method("test_#{deed}") do
      check(deed, HostileDumps::IN_PROCESS) do |one|
        one["ended"].start_with?(raised) ? [] : ["#{one["name"]}: #{one["ended"]}"]
      end
    end
  end
end

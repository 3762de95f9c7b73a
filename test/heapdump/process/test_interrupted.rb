# frozen_string_literal: true

require "test_helper"

# A timeout, Thread#kill, Thread#raise or a signal's handler comes while a dump begins or is waited
# for: nothing is left of the dump, and what was raised arrives.
class TestInterrupted < HeapDumpTest
  # Enough heap that the GC within a dump takes longer than a thread's turn.
  PRELUDE = <<~'RUBY'
    require "heapdump"
    require "timeout"
    require "support/faults"
    DIR = ARGV[0]
    KEPT = Array.new(500_000) { |i| [i] }

    def held
      GC.start
      [Dir.children("/proc/self/fd").size, Thread.list.size]
    end

    # No process of a dump is there: all of them have this working directory.
    def no_dump_runs
      Dir["/proc/[0-9]*/cwd"].none? do |link|
        !link.include?("/#{$$}/") && File.readlink(link) == Dir.pwd
      rescue SystemCallError
        false
      end
    end

    # A dump may be written just when the interruption comes.
    def remove_whole
      Dir["*.json"].each { |file| File.unlink(file) if Faults.whole?(file) }
    end

    BEGUN = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    Dir.chdir(DIR)
    Timeout.timeout(9) { HeapDump.dump("warm.json") } # from some version on it keeps a thread
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    HeapDump.dump("timed.json")
    LASTS = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start # seconds of a dump
    def lasted = Process.clock_gettime(Process::CLOCK_MONOTONIC) - BEGUN
    remove_whole
    BEFORE = held
    def finish
      Faults.wait("no dump") { no_dump_runs }
      remove_whole
      puts "left #{Dir.children(".").sort}"
      # it waits for the end of what was stopped before
      puts "works #{HeapDump.dump("works.json").objects > 500_000}", "held #{held == BEFORE}"
    end
  RUBY
  AFTERWARDS = ["left []", "works true", "held true"].freeze

  # At random moments: most of them before the fork, some while it is waited for.
  def test_a_timeout
    assert_interrupted <<~'RUBY'
      Timeout.timeout(rand * LASTS) { HeapDump.dump("#{i}.json") }
    RUBY
  end

  def test_a_timeout_of_dump_async
    assert_interrupted <<~'RUBY'
      begun = nil
      begin
        Timeout.timeout(rand * 0.1) { (begun = HeapDump.dump_async("#{i}.json")) && sleep }
      ensure
        begun&.result
      end
    RUBY
  end

  def test_what_another_thread_raises_and_raises_again
    assert_interrupted <<~'RUBY'
      victim = Thread.current
      raiser = Thread.new { sleep(rand * LASTS); 2.times { victim.raise(Timeout::Error, "from outside") } }
      begin
        HeapDump.dump("#{i}.json")
      ensure
        begin
          raiser.join
          sleep 0.01 # for the second
        rescue Timeout::Error
          retry
        end
      end
    RUBY
  end

  def test_a_thread_is_killed
    assert_interrupted <<~'RUBY'
      thread = Thread.new { HeapDump.dump("#{i}.json") }
      thread.report_on_exception = false
      sleep(rand * LASTS)
      thread.kill.join
      raise Timeout::Error, "killed" if thread.value.nil?
    RUBY
  end

  def test_while_an_object_writes
    assert_interrupted <<~'RUBY'
      slow = Object.new
      def slow.write(bytes) = sleep(0.001) && bytes.bytesize
      Timeout.timeout(rand * 0.3) { HeapDump.dump(slow) }
    RUBY
  end

  # Two at once is what threads that are cut off in the middle would get.
  def test_one_at_a_time_whatever_threads_do
    out = run_child(<<~'RUBY')
      most = done = busy = 0
      begun = []
      threads = Array.new(8) do |n|
        Thread.new do
          5.times do |i|
            pending = HeapDump.dump_async("#{n}.json", gc: false)
            begun << pending
            most = [most, begun.dup.count { |one| !one.done? }].max
            pending.result
            done += 1
            File.unlink("#{n}.json")
          rescue HeapDump::Busy
            busy += 1
            sleep 0.005
          end
        end
      end
      threads.each(&:join)
      puts "most #{most}", "all #{done + busy}", done.positive?, busy.positive?
    RUBY
    assert_equal ["most 1", "all 40", "true", "true", *AFTERWARDS], out
  end

  # As `trap("TERM") { exit }` does, and Ctrl-C; and what a handler of the application's own raises.
  # The next signal is sent when what the last one has raised has arrived: of several at once Ruby
  # itself may lose some. Where the machine is busy, a few will do.
  def test_what_a_signal_handler_raises_arrives
    assert_arrives("Exception")
  end

  def test_a_standard_error_of_a_signal_handler_arrives
    assert_arrives("StandardError")
  end

  # An error of this kind is caught where it may come from the report or from the partial file.
  def test_an_error_of_the_system_of_a_signal_handler_arrives
    assert_arrives("IOError", rounds: 5)
    assert_arrives("Errno::ENOENT", rounds: 5)
  end

  # What one signal has raised ends the dump, and meanwhile another one comes; and each time one
  # more before that has left the library. None is lost, and nothing is left.
  def test_several_signals_while_the_dump_is_ended
    expected = ["USR1 ends", "TERM ends", "USR1 begins", "TERM begins"].inspect
    assert_equal [*[expected] * 2, *AFTERWARDS], run_child(<<~'RUBY')
      Stop = Class.new(Exception)
      stage = "begins"
      trap("USR1") { raise Stop, "USR1 #{stage}" }
      trap("TERM") do
        Process.kill(:USR1, $$) # its handler runs while what is raised here is on its way
        raise Stop, "TERM #{stage}"
      end
      point = nil
      HeapDump::Pending.prepend(Module.new do
        define_method(:wait) do |timeout = nil|
          Process.kill(:TERM, $$) if stage == "begins" && !@stopped
          super(timeout)
        end
        %i[give_up cancel].each do |name|
          define_method(name) do
            stage = "ends"
            Process.kill(:TERM, $$) if name == point
            super()
          end
        end
      end)
      def causes(error) = error ? [error.message, *causes(error.cause)] : []

      %i[give_up cancel].each do |name|
        stage = "begins"
        point = name
        HeapDump.dump("stopped.json")
      rescue Stop => e
        p causes(e)
      end
      stage = nil
    RUBY
  end

  def test_a_signal_that_exits
    20.times do |i|
      outcome = Child.ruby(<<~'RUBY', scratch, (i * 0.004).to_s)
        require "heapdump"
        trap("TERM") { exit(7) }
        KEPT = Array.new(100_000) { |i| [i] }
        Array.new(100) { Thread.new { sleep } }
        Thread.new { sleep(ARGV[1].to_f); Process.kill(:TERM, $$) }
        loop { HeapDump.dump("#{ARGV[0]}/heap.json", gc: false) }
      RUBY
      assert_equal 7, outcome.status.exitstatus, outcome.to_s
      assert_empty Dir.children(scratch) - ["heap.json"]
    end
  end

  private

  def assert_arrives(kind, rounds: 15)
    out = run_child("STOP = #{kind}\nROUNDS = #{rounds}\n#{<<~'RUBY'}", timeout: 300)
      Stop = Class.new(STOP)
      raised = nil
      trap("TERM") { raise(raised = Stop.new) }
      sleepers = Array.new(200) { Thread.new { sleep } }
      sender = IO.popen(["ruby", "-e", <<~SENDER], "w")
        $stdin.each_line { |seconds| sleep(seconds.to_f); Process.kill(:TERM, #{$$}) }
      SENDER
      answers = []
      until answers.size == ROUNDS || (answers.size > 2 && lasted > 30)
        raised = nil
        begin
          sender.syswrite("#{rand * LASTS}\n")
          HeapDump.dump("stopped.json", gc: answers.size.even?) until raised
          answers << "swallowed"
        rescue Exception => e
          answers << (e.equal?(raised) ? "arrived" : e.full_message)
        end
      end
      sender.close
      sleepers.each(&:kill).each(&:join)
      puts answers.uniq
    RUBY
    assert_equal ["arrived", *AFTERWARDS], out
  end

  def run_child(code, timeout: 90)
    Child.ruby!("#{PRELUDE}#{code}\nfinish", scratch, timeout: timeout).out.lines(chomp: true)
  end

  # Runs it ten times, of which some must have been interrupted.
  def assert_interrupted(code)
    out = run_child(<<~RUBY)
      interrupted = 0
      10.times do |i|
        #{code}
      rescue Timeout::Error
        interrupted += 1
      end
      puts interrupted.positive?
    RUBY
    assert_equal ["true", *AFTERWARDS], out
  end
end

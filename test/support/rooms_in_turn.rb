# frozen_string_literal: true

require "io/wait"
require "minitest"
require "minitest/parallel_fork"
require "support/child"
require "support/processes"

# Runs each room of tests (a directory) in a process that has loaded nothing but that room: many
# tests dump the process that they run in, and that takes as long as there is much in it. A process
# of minitest-parallel_fork takes the next room when it has ended one, so that none gets all the
# slow ones.
#
# HEAPDUMP_TEST_TIMES=1 prints how many seconds each class has taken, and how many of a processor.
module RoomsInTurn
  # Those that take longest, which therefore begin first: what begins last keeps the others waiting.
  FIRST = %w[heapdump/mri heapdump/large web heapdump/guard heapdump/lines heapgraph leaks
             heapdump/run heapdump/process watch outside snapshot triggers heapgraph/kept
             heapdump/out ship].freeze
  NUMBER = "n" # as which the place of a room in the list goes through the pipe
  BYTES = [0].pack(NUMBER).bytesize
  private_constant :FIRST, :NUMBER, :BYTES

  # Tells through a pipe which test begins.
  class Begins < Minitest::AbstractReporter
    def initialize(pipe)
      super()
      @pipe = pipe
    end

    def prerecord(suite, name)
      @pipe.puts("#{suite}##{name}")
    end
  end

  class << self
    # How long a test may take (seconds). What its process has started is killed then, so that a
    # test which waits for it fails; if that does not end it, after as long again, so is the room.
    attr_accessor :silence

    # Paths of the files with tests.
    def files=(files)
      @rooms = files.group_by { |file| File.dirname(file) }
    end

    # The rooms by their directories.
    def rooms
      in_any_order = @rooms.to_a.shuffle(random: Random.new(Minitest.seed || Random.new_seed))
      in_any_order.sort_by.with_index do |(directory, _), i|
        [FIRST.index(directory.delete_prefix("test/")) || FIRST.size, i]
      end
    end
  end
  self.silence = 300 * Child::PATIENCE

  def parallel_fork_suites
    RoomsInTurn.rooms
  end

  def parallel_fork_setup_children(rooms, reporter, options)
    @rooms = rooms
    @turns, write = IO.pipe(binmode: true)
    write << rooms.each_index.to_a.pack("#{NUMBER}*")
    write.close
    super
  end

  # What all processes have to run, one after the other: a share is not looked at.
  def parallel_fork_run_test_suites(_share, reporter, options)
    while (turn = @turns.read_nonblock(BYTES, exception: false))
      run_room(*@rooms.fetch(turn.unpack1(NUMBER)), reporter, options)
    end
  end

  private

  # What the process of the room has counted, from where this one stands, is what this one has
  # counted then.
  def run_room(directory, files, reporter, options)
    counted, count = IO.pipe(binmode: true)
    begun, begins = IO.pipe
    pid = fork do
      before = ended_by.dup
      reporter << Begins.new(begins)
      run_files(files, reporter, options)
      (ended_by - before).reverse_each(&:call)
      parallel_fork_stat_reporter.results.each { |result| make_plain(result) }
      count.write(Marshal.dump(parallel_fork_data_to_marshal))
    end
    [count, begins].each(&:close)
    reading = Thread.new { counted.read } # which may be more than a pipe holds
    follow(pid, begun)
    numbers = reading.value
    Process.wait(pid)
    abort "The process of #{directory} has ended: #{Process.last_status}" if numbers.empty?
    stands_at(*Marshal.load(numbers)) # rubocop:disable Security/MarshalLoad -- of our own process
  end

  # Classes of exceptions that the room has loaded are unknown where the results go to.
  def make_plain(result)
    result.failures.grep(Minitest::UnexpectedError).each do |failure|
      next if failure.error.instance_of?(RuntimeError)

      error = failure.error
      failure.error = RuntimeError.new("#{error.class}: #{error.message}")
      failure.error.set_backtrace(error.backtrace)
    end
  end

  # Until the process has no more to tell.
  def follow(pid, begun)
    test = "The first test"
    loop do
      unless begun.wait_readable(RoomsInTurn.silence)
        warn "#{test} has not ended within #{RoomsInTurn.silence} s"
        kill(started_by(pid))
        give_up(pid, test) unless begun.wait_readable(RoomsInTurn.silence)
      end
      test = begun.gets(chomp: true) or return
    end
  end

  def give_up(pid, test)
    kill([pid, *started_by(pid)])
    abort "#{test} does not end"
  end

  # What is left of a room would keep the suite's output open.
  def kill(pids)
    pids.each do |pid|
      Process.kill(:KILL, pid)
    rescue Errno::ESRCH
      next # it has ended meanwhile
    end
  end

  # The processes that a process has started, and those that they have.
  def started_by(pid)
    Processes.children(pid).flat_map { |child| [child, *started_by(child)] }
  end

  def run_files(files, reporter, options)
    others = Minitest::Runnable.runnables.dup
    files.shuffle.each { |file| require file }
    (Minitest::Runnable.runnables - others).shuffle.each do |suite|
      began = clocks
      parallel_fork_run_test_suite(suite, reporter, options)
      tell(suite, *clocks.zip(began).map { |now, before| now - before })
    end
  end

  # The blocks of Minitest.after_run, which Minitest calls in its first process alone.
  def ended_by
    class_variable_get(:@@after_run)
  end

  def stands_at(count, assertions, results)
    parallel_fork_stat_reporter.count = count
    parallel_fork_stat_reporter.assertions = assertions
    parallel_fork_stat_reporter.results.replace(results)
  end

  # Seconds, and those of a processor, with children that have ended.
  def clocks
    [Process.clock_gettime(Process::CLOCK_MONOTONIC), Process.times.to_a.sum]
  end

  def tell(suite, seconds, busy)
    return unless ENV["HEAPDUMP_TEST_TIMES"]

    warn format("%8.1f s %8.1f s busy  %s", seconds, busy, suite)
  end
end

Minitest.singleton_class.prepend(RoomsInTurn)

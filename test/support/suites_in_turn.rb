# frozen_string_literal: true

# Gives each process of minitest-parallel_fork its next class of tests when it has ended one, rather
# than its share of all classes at the beginning: one that gets the slow ones would end long after
# the others.
#
# HEAPDUMP_TEST_TIMES=1 prints how many seconds each class has taken.
module SuitesInTurn
  # Those that take longest, which therefore begin first.
  FIRST = %w[TestHostile TestLeaksScenarios TestCapabilities TestViewer TestDump TestAlgorithms
             TestCompression TestAnalysis].freeze
  NUMBER = "n" # as which the place of a class in the list goes through the pipe
  BYTES = [0].pack(NUMBER).bytesize
  private_constant :FIRST, :NUMBER, :BYTES

  def parallel_fork_suites
    super.sort_by.with_index { |suite, i| [FIRST.index(suite.name) || FIRST.size, i] }
  end

  def parallel_fork_setup_children(suites, reporter, options)
    @suites = suites
    @turns, write = IO.pipe(binmode: true)
    write << suites.each_index.to_a.pack("#{NUMBER}*")
    write.close
    super
  end

  # What all processes have to run, one after the other: a share is not looked at.
  def parallel_fork_run_test_suites(_share, reporter, options)
    while (turn = @turns.read_nonblock(BYTES, exception: false))
      suite = @suites.fetch(turn.unpack1(NUMBER))
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      parallel_fork_run_test_suite(suite, reporter, options)
      tell(suite, Process.clock_gettime(Process::CLOCK_MONOTONIC) - began)
    end
  end

  private

  def tell(suite, seconds)
    return unless ENV["HEAPDUMP_TEST_TIMES"]

    warn format("%8.1f s  %s", seconds, suite)
  end
end

Minitest.singleton_class.prepend(SuitesInTurn) if Minitest.respond_to?(:parallel_fork_suites)

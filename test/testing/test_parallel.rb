# frozen_string_literal: true

require "support/test_runs"

# Tests that run in several threads or processes at once.
class TestParallel < HeapDumpTest
  include TestRuns

  # While one test makes dumps, others would make objects.
  THREADS = <<~'RUBY'
    require "minitest/autorun"
    require "heapdump/minitest"
    Minitest.parallel_executor = Minitest::Parallel::Executor.new(4)
    KEPT = []
    NOISE = Queue.new
    NOW = Queue.new

    class NoisyTest < Minitest::Test
      parallelize_me!
      8.times do |number|
        define_method("test_noise_#{number}") do
          NOW << 1
          20.times { NOISE << Object.new; sleep 0.005 }
          NOW.pop
        end
      end
    end

    class QuietTest < Minitest::Test
      include HeapDump::Minitest
      parallelize_me!

      4.times do |number|
        define_method("test_nothing_#{number}") do
          beside = []
          refute_growth { beside << NOW.size; Object.new; beside.clear if beside.size > 1 }
          puts "alone" if NOW.empty?
        end
      end

      def test_leak
        refute_growth(dumps: 2) { KEPT << Object.new }
      end
    end
  RUBY

  FORKS = <<~'RUBY'
    ENV["NCPU"] = "3"
    require "minitest/autorun"
    require "minitest/parallel_fork"
    require "heapdump/minitest"
    KEPT = []
    3.times do |number|
      Object.const_set("Part#{number}Test", Class.new(Minitest::Test) do
        include HeapDump::Minitest
        define_method(:test_leak) { refute_growth(dumps: 2) { KEPT << Object.new } }
        define_method(:test_nothing) { refute_growth { Object.new } }
      end)
    end
  RUBY

  def test_threads
    outcome = ruby(program("threads_test.rb", THREADS))
    assert_match(/^13 runs, \d+ assertions, 1 failures, 0 errors, 0 skips$/, outcome.out)
    assert_includes outcome.out, "constant KEPT → Array of 3"
    refute_includes outcome.out, "NOISE"
    assert_equal 1, outcome.err.scan(/^heapdump: 5 tests with/).size, outcome.to_s
  end

  def test_processes
    outcome = ruby(program("forks_test.rb", FORKS))
    assert_match(/^6 runs, 6 assertions, 3 failures, 0 errors, 0 skips$/, outcome.out)
    assert_equal 3, outcome.out.scan("→ constant KEPT → Array of ").size, outcome.to_s
    assert_equal 3, kept_names.size
    told = outcome.err.scan(/^heapdump: (\d+) tests? with (\d+) dumps/)
    assert_equal [6, 12], told.transpose.map { |numbers| numbers.sum(&:to_i) }
    assert_operator told.size, :>, 1, "each process tells its own"
  end
end

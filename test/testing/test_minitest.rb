# frozen_string_literal: true

require "support/test_runs"

# HeapDump::Minitest as people use it.
class TestMinitest < HeapDumpTest
  include TestRuns

  PROGRAM = <<~'RUBY'
    require "minitest/autorun"
    require "heapdump/minitest"

    class Session; end
    class Account < Session; end
    ALL = []
    RUNS = Hash.new(0)

    class VisitTest < Minitest::Test
      include HeapDump::Minitest

      def test_grows
        refute_growth("visits leak", dumps: 2) { RUNS[name] += 1; ALL << Session.new }
      ensure
        puts "#{name} ran #{RUNS[name]} times"
      end

      def test_ends_early
        assert refute_growth(warmup: 2, loops: 3, dumps: 9) { RUNS[name] += 1 }
        puts "#{name} ran #{RUNS[name]} times"
      end

      def test_wrong_options
        assert_raises(ArgumentError) { refute_growth(dumps: 1) { } }
        assert_raises(ArgumentError) { refute_growth(loops: 0) { } }
        assert_raises(ArgumentError) { refute_growth(ignore: [Session]) { } }
        assert_raises(ArgumentError) { refute_growth(ignore: { Session => " " }) { } }
        assert_raises(ArgumentError) { refute_growth(at_most: "many") { } }
        assert_raises(ArgumentError) { refute_growth }
        assert_raises(ArgumentError) { assert_released { } }
      end

      def test_what_the_block_raises
        assert_raises(KeyError) { refute_growth { {}.fetch(1) } }
      end

      def test_not_released
        assert_released(Session) { ALL << Account.new << Account.new }
      end

      def test_released
        ALL << Session.new
        assert_released(Session, "NoSuchClass") { [Account.new, Session.new] }
      end

      def test_not_collected
        assert_collected("session after logout") { |objects| objects << ALL.push(Session.new).last }
      end

      def test_collected
        assert_raises(ArgumentError) { assert_collected { |objects| objects << 1 } }
        assert_collected { |objects| objects << Session.new << +"text" }
      end

      def test_no_object_to_be_collected
        assert_raises(ArgumentError) { assert_collected { } }
      end

      def test_ignored
        refute_growth(ignore: { "ALL" => "see 12" }) { ALL << Session.new }
        assert_released(Session, ignore: { Session => "see 12" }) { ALL << Session.new }
      end
    end
  RUBY

  def test_all
    out, err = run_program
    assert_match(/^10 runs, \d+ assertions, 3 failures, 0 errors, 0 skips$/, out)
    assert_growth(out)
    assert_living(out)
    assert_match(/^heapdump: \d+ tests with \d+ dumps: they took [\d.]+ s, of which GC [\d.]+ s; /,
                 err)
    assert_kept
  end

  # Every block runs once, so that what it raises is seen.
  def test_off
    out, err = run_program(env: { "HEAPDUMP_TESTS" => "0" })
    assert_match(/, 0 failures, 0 errors, 8 skips$/, out)
    assert_includes out, "test_grows ran 1 times"
    assert_empty err
    assert_empty kept_names
  end

  private

  def run_program(**options)
    outcome = ruby(program("visit_test.rb", PROGRAM), "--verbose", **options)
    [outcome.out, outcome.err]
  end

  def assert_growth(out)
    assert_includes out, "test_grows ran 3 times"
    assert_includes out, "test_ends_early ran 5 times"
    assert_includes out, "visits leak\nSession grows: ", "the message comes first"
    assert_match(/^  → constant ALL → Array of \d+  visit_test.rb:6\n    ~{12} grows: \d+ → \d+ /,
                 out)
  end

  def assert_living(out)
    assert_match(/^2 Session made by the block live on when it has ended, expected: none.$/, out)
    assert_match(/^  → \[…?\d*\] → Account\n    ~+ the block has made this$/, out)
    assert_match(/^  made at   visit_test.rb:\d+\n  and 1 more are held in the same way$/, out)
    assert_match(/^session after logout: 1 object lives on when the block has ended, expected: /,
                 out)
  end

  def assert_kept
    names = kept_names
    assert_equal %w[VisitTest-test_grows VisitTest-test_not_collected VisitTest-test_not_released],
                 names.map { |name| name[/\A.*?-[a-z_]+/] }
    names.each do |name|
      folder = File.join(kept, name)
      assert_equal 0o700, File.stat(folder).mode & 0o777
      Dir[File.join(folder, "*")].each { |path| assert_equal 0o600, File.stat(path).mode & 0o777 }
    end
    dumps = Dir[File.join(kept, "VisitTest-test_grows*", "*.json.gz")]
    assert_equal 2, dumps.size
    counts = dumps.sort.map { |dump| HeapDump::Snapshot.open(dump).find(class: "Session").total }
    assert_equal 2, counts.last - counts.first
  end
end

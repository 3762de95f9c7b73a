# frozen_string_literal: true

# HEAPDUMP_TEST_GC     how garbage is collected meanwhile: see support/gc_regime.rb
# HEAPDUMP_TEST_RAILS  "skip" leaves the Rails app out; anything else insists on it
# HEAPDUMP_TEST_LONG   "1" runs the long forms of tests: see support/long_form.rb
# HEAPDUMP_TEST_KEEP   keeps the directories with the dumps and says where they are

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__), __dir__)
$LOAD_PATH.uniq!

require "fileutils"
require "minitest/autorun"
require "tmpdir"
require "heapdump"
require "support/gc_regime"
require "support/long_form"
require "support/told_skips"
require "support/failed_tests"
require "support/child"
require "support/dump"
require "support/oracle"
require "support/dumps"
require "support/planted"

GCRegime.start

# Contracts that a process of the suite breaks, whichever it is and whatever becomes of it; see
# ext/heapdump/base/check.h.
unless ENV.key?("HEAPDUMP_CHECK_LOG")
  ENV["HEAPDUMP_CHECK_LOG"] = File.join(Dir.mktmpdir("heapdump-check"), "broken")
  File.chmod(0o777, File.dirname(ENV["HEAPDUMP_CHECK_LOG"]))
  Minitest.after_run do
    log = ENV.fetch("HEAPDUMP_CHECK_LOG")
    broken = File.exist?(log) ? File.read(log) : ""
    FileUtils.rm_rf(File.dirname(log))
    FailedTests.forget unless broken.empty?
    abort "Contracts were broken:\n#{broken}" unless broken.empty?
  end
end

# What every test here can do.
class HeapDumpTest < Minitest::Test
  def before_setup
    super
    GCRegime.before
  end

  def after_teardown
    GCRegime.after
    super
  end

  # A directory of its own, gone after the test.
  def scratch
    @scratch ||= Dir.mktmpdir("heapdump-test")
  end

  def teardown
    FileUtils.rm_rf(@scratch) if @scratch
    super
  end

  # Waits for a condition, never longer than the deadline.
  def wait_until(what, seconds: 20)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + (seconds * Child::PATIENCE)
    until (result = yield)
      flunk("not within #{seconds} s: #{what}") if now > deadline

      sleep 0.001
    end
    result
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Fails with all of a list, shortened.
  def assert_none(list, what)
    assert_empty(list.first(10).map(&:to_s), "#{list.size} #{what}")
  end

  # A whole, valid dump.
  def assert_whole(dump)
    assert_none dump.complaints, "bad lines in #{dump.path}"
    assert_predicate dump, :complete?, "#{dump.path} is not complete: #{dump.footer.inspect}"
    dump
  end
end

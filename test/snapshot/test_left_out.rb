# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/grown_dumps"

# Dumps are readable by their owner alone. What another user does not see of a series is told.
class TestLeftOut < HeapDumpTest
  include GrownDumps

  NOBODY = 65_534
  WORDS = "is left out: this user may not read it; run this as its owner or as root"

  def setup
    super
    @taken = grown(10, 20, 30)
    File.chmod(0o644, *@taken)
  end

  # What a command prints as another user, and its status.
  def command(*argv)
    File.chmod(0o755, scratch)
    IO.popen("-") do |io|
      next io.read if io

      Process::UID.change_privilege(NOBODY) if Process.euid.zero?
      status = HeapDump::CLI.run(argv, out: $stdout, err: $stdout)
      puts "status #{status}"
    ensure
      $stdout.flush
      exit! unless io
    end
  end

  def test_a_dump_that_may_not_be_read
    File.chmod(0, @taken.last)
    %w[leaks diff].each do |name|
      out = command(name, scratch)
      assert_includes out, "heapdump: #{@taken.last} #{WORDS}\n"
      assert_match(/ 10 → 20 |10 → 20$|status 0/, out)
    end
    out = command("report", scratch, "-o", File::NULL)
    assert_includes out, "#{@taken.last} #{WORDS}"
  end

  def test_none_that_may_be_read
    File.chmod(0, *@taken)
    out = command("leaks", scratch)
    assert_match(/there is no dump in the directory #{scratch}; #{@taken.first} #{WORDS}/, out)
    assert_match(/status 1/, out)
  end

  # Not all that may not be read is a dump.
  def test_other_files
    other = File.join(scratch, "secret.yml")
    File.write(other, "")
    File.chmod(0, other)
    refute_includes command("leaks", scratch), "left out"
  end

  def test_the_method
    File.chmod(0, @taken.last)
    out = IO.popen("-") do |io|
      next io.read if io

      File.chmod(0o755, scratch)
      Process::UID.change_privilege(NOBODY) if Process.euid.zero?
      puts HeapDump.leaks(scratch).warnings
    ensure
      $stdout.flush
      exit! unless io
    end
    assert_equal "#{@taken.last} #{WORDS}\n", out
  end

  def test_diff_of_different_processes
    other = dump(3, pid: 99) { |made| sessions(made, 40) }
    out = command("diff", *@taken, other)
    assert_match(/warning: the dumps are of different processes \(\d+, 99\)/, out)
    refute_match(/warning/, command("diff", *@taken))
    assert_match(/warning: .* was given twice/, command("diff", @taken[0], @taken[0]))
  end
end

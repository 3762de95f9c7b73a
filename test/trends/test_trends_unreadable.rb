# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"
require "support/grown_dumps"

# Dumps of other users beside one's own: what cannot be read is told, and the others are judged.
class TestTrendsUnreadable < HeapDumpTest
  include GrownDumps

  NOBODY = 65_534

  def test_what_cannot_be_read_is_told
    below = in_series("series-here-7-a1", 0, 20, 40, 60)
    closed = in_series("series-here-7-b2", 0, 20)
    mine = grown(0, 20, 40, 60)
    File.chmod(0, mine[1], closed)
    found = as_another_user { HeapDump::Trends.of(scratch, index: false) }
    sizes, *warnings = found.split("\n")
    assert_equal "4 3", sizes
    assert_equal 2, warnings.size, found
    assert_match(/\A#{closed} is left out: .*no right to it/, warnings.first)
    assert_match(/\A#{mine[1]} is left out: .*Permission denied/, warnings.last)
    File.chmod(0, below)
    File.delete(*mine)
    error = as_another_user { HeapDump::Trends.of(scratch, index: false) }
    assert_match(/HeapDump::ReadError.*#{below} is left out.*#{closed} is left out/m, error)
    File.chmod(0, scratch)
    assert_match(/#{scratch} cannot be read: /, as_another_user { HeapDump::Trends.of(scratch) })
  ensure
    File.chmod(0o755, scratch)
    File.chmod(0o755, *[below, closed].compact)
  end

  private

  # Dumps of a watched process. Returns their directory.
  def in_series(name, *counts)
    directory = File.join(scratch, name)
    FileUtils.mkdir_p(directory)
    grown(*counts).each { |path| FileUtils.mv(path, directory) }
    directory
  end

  # How many dumps each series has, then the warnings, or the error.
  def as_another_user
    File.chmod(0o755, scratch) unless File.stat(scratch).mode.nobits?(0o777)
    IO.popen("-") do |io|
      next io.read if io

      Process::UID.change_privilege(NOBODY) if Process.euid.zero?
      found = yield
      puts found.map { |one| one.dumps.size }.sort.reverse.join(" "), found.warnings
    rescue HeapDump::Error => e
      puts e.class, e.message
    ensure
      $stdout.flush
      exit! unless io
    end
  end
end

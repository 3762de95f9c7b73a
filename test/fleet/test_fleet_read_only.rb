# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"
require "heapdump/fleet"
require "sqlite3"

# A store in a file that the user who asks may only read.
class TestFleetReadOnly < HeapDumpTest
  include CommandLine
  include GrownDumps

  NOBODY = 65_534

  def setup
    super
    grown(*Array.new(8) { |at| 200 * (at + 1) })
    fleet("import", scratch)
    File.chmod(0o755, scratch)
    File.chmod(0o444, path)
  end

  def test_questions_need_no_right_to_write
    assert_equal ["Session"], leaks(as_nobody("leaks", "--json"))
    before = File.binread(path)
    %w[classes processes work].each { |name| assert_equal 0, as_nobody(name).first, name }
    assert_equal before, File.binread(path)
    assert_empty Dir["#{path}-*"]
    File.rename(path, @path = "#{scratch}/a ?%41#é.db")
    assert_equal ["Session"], leaks(as_nobody("leaks", "--json"))
  end

  # As it is while an importer works.
  def test_beside_an_importer
    database = SQLite3::Database.new(path)
    %w[process verdict].each { |table| database.execute("UPDATE #{table} SET app = 'other'") }
    assert_path_exists "#{path}-wal"
    assert_equal ["Session"], leaks(as_nobody("leaks", "--json", "--app", "other"))
  ensure
    database&.close
  end

  def test_what_is_not_allowed_is_told
    File.chmod(0o400, path)
    [%w[leaks], ["import", scratch], %w[gc --keep 1d]].each do |question|
      status, _, err = as_nobody(*question)
      assert_equal 1, status
      assert_match(/fleet.db cannot be opened: this user has no right to it/, err)
    end
    File.chmod(0o444, path)
    assert_match(/this user has no right to it/, as_nobody("import", scratch).last)
    File.write("#{scratch}/junk.db", "no database " * 100)
    @path = "#{scratch}/junk.db"
    assert_match(/junk.db cannot be opened: /, as_nobody("leaks").last)
  end

  private

  def path
    @path ||= "#{scratch}/fleet.db"
  end

  def fleet(*arguments)
    heapdump("fleet", *arguments, "--store", "sqlite:#{path}")
  end

  def leaks(answer)
    status, out, err = answer
    assert_equal [0, ""], [status, err]
    JSON.parse(out)["rows"].map { |row| row["class_name"] }
  end

  # [status, out, err]
  def as_nobody(*arguments)
    text = IO.popen("-") do |io|
      next io.read if io

      Process::UID.change_privilege(NOBODY) if Process.euid.zero?
      $stdout.write(JSON.generate(fleet(*arguments).to_a))
      $stdout.flush
      exit!
    end
    JSON.parse(text)
  end
end

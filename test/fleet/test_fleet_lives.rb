# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "heapdump/cli/fleet_tables"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/made_extract"

# Which dumps are of one process: what is not known of it must not join those of two.
class TestFleetLives < HeapDumpTest
  Fleet = HeapDump::Fleet
  # As dumps of ObjectSpace have it.
  NAMELESS = { host: nil, pid: nil, start: nil, program: nil, app: nil }.freeze

  def teardown
    @store&.close
    super
  end

  def test_dumps_without_a_process_are_told_apart_by_their_names
    add("/tmp/heap-web-%d.json", 0..3, NAMELESS)
    add("/tmp/heap-jobs-%d.json", 0..3, NAMELESS)
    assert_equal [4, 4], processes.map(&:dumps)
    assert_equal ["in web-1:/tmp/heap-jobs-#.json", "in web-1:/tmp/heap-web-#.json"],
                 processes.map(&:life).sort
  end

  def test_dumps_without_a_process_are_told_apart_by_their_machines
    %w[web-1 web-2].each { |machine| add("/tmp/heap-%d.json", 0..3, NAMELESS, machine: machine) }
    assert_equal [4, 4], processes.map(&:dumps)
  end

  # The name of a file may be no UTF-8, and notes are no dump.
  def test_what_is_told_apart_by_any_name
    ["web-1:/tmp/heap\xFF7.json", nil].zip(["web-1:/tmp/heap�#.json", "/tmp"]) do |uri, name|
      identity = Fleet::Rows::Identity.new(NAMELESS, "/tmp", uri)
      assert_includes identity.row, "in #{name}"
    end
  end

  # The names of those that say which process they are of say nothing more.
  def test_dumps_of_a_process_may_be_called_anything
    identity = { start: nil }
    add("/tmp/before-%d.json", 0..1, identity)
    add("/tmp/after-%d.json", 2..3, identity)
    assert_equal [4], processes.map(&:dumps)
  end

  # In a container each life has the number 1.
  def test_history_tells_the_lives_of_one_number_apart
    add("/tmp/first-%d.json", 0..3, { pid: 1, start: 100 })
    add("/tmp/second-%d.json", 4..7, { pid: 1, start: 200 })
    rows = Fleet::History.new(store, "A").rows
    assert_equal (%w[100] * 4) + (%w[200] * 4), rows.map(&:life)
    screen = HeapDump::Terminal::Screen.new(out = StringIO.new)
    HeapDump::CLI::FleetTables.new(screen, 20).show(Fleet::History.new(store, "A"))
    assert_equal 2, out.string.scan("pid 1").size
  end

  def test_history_says_what_was_asked_for
    add("/tmp/heap-%d.json", 0..3, {})
    error = assert_raises(HeapDump::NotFound) { Fleet::History.new(store, "A", app: "no").rows }
    assert_includes error.message, "no process of application"
    late = Fleet::History.new(store, "A", since: MadeExtract::BASE + 86_400)
    error = assert_raises(HeapDump::NotFound) { late.rows }
    assert_includes error.message, "among those that were asked for"
  end

  private

  def store
    @store ||= Fleet.open("sqlite:#{scratch}/fleet.db")
  end

  def add(name, hours, identity, machine: "web-1")
    hours.each do |hour|
      path = format(name, hour)
      file = Fleet::Source::File.new(uri: "#{machine}:#{path}", path: path, bytes: 1,
                                     changed_at: Time.now.utc.round(6))
      made = MadeExtract.make(hour, classes: { "A" => 200 + hour }, identity: identity)
      assert_equal :imported, Fleet::Importer.new(store, extract: ->(_) { made })
                                             .import(file).state
    end
  end

  def processes
    Fleet::Processes.new(store).rows
  end
end

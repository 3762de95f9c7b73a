# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/command_line"
require "support/shippable"

# SIGTERM, and whoever interrupts it.
class TestShipStop < HeapDumpTest
  include CommandLine
  include Shippable

  FAILS = "exec:test -e"

  # Waits until the process has told of its first try, and ends it.
  def ended_by(signal, *arguments)
    pid = start_ship(*arguments)
    wait_until("the first try has failed") { File.size?(log("err")) }
    yield if block_given?
    Process.kill(signal, pid)
    wait_for(pid)
  end

  # What waits for its next try has it at once.
  def test_the_last_try
    [[], ["--once"]].each do |options|
      path = dump("a.json")
      status = ended_by(:TERM, "--to", "#{FAILS} #{scratch}/ok", *options) do
        FileUtils.touch("#{scratch}/ok")
      end
      assert_predicate status, :success?
      assert_match(/^a\.json: shipped/, File.read(log("out")))
      assert_path_exists "#{path}.shipped"
      FileUtils.rm_f([log("out"), log("err"), "#{scratch}/ok", "#{path}.shipped"])
    end
  end

  # Also if somebody stops what has ended.
  def test_nothing_stays_open
    path = dump("a.json")
    %i[once forever].each do |call|
      pipe = IO.pipe
      delivery = HeapDump::Ship::Delivery.new(->(*) { "there" }, dumps)
      run = IO.stub(:pipe, pipe) { HeapDump::Ship::Run.new(dumps, delivery, Listener.new) }
      run.stop if call == :forever
      run.public_send(call)
      assert_equal [true, true], pipe.map(&:closed?)
      run.stop
      File.unlink("#{path}.shipped")
    end
  end

  # It is tried again by the next process, not in some seconds.
  def test_the_last_try_fails
    path = dump("a.json")
    { [] => 0, ["--once"] => 1 }.each do |options, status|
      FileUtils.rm_f(log("err"))
      assert_equal status, ended_by(:TERM, "--to", "exec:false", *options).exitstatus
      assert_match(/: exec:false: exit status 1; this process ends, the next one tries again$/,
                   File.readlines(log("err"), chomp: true).last)
      assert JSON.parse(File.read("#{path}.failed")).key?("again")
    end
  end

  def test_the_events_of_failures
    dump("a.json")
    lines = ship_json(pauses: [0.01])
    assert_equal [["failed", 1, 0.01, false], ["failed", 2, nil, true]],
                 lines.map { |one| one.values_at("event", "try", "again_in", "given_up") }
  end

  def ship_json(pauses:)
    out = StringIO.new
    all = dumps
    delivery = HeapDump::Ship::Delivery.new(HeapDump::Ship.sink("exec:false"), all)
    require "heapdump/cli/ship_lines"
    lines = HeapDump::CLI::ShipLines.new(out, out, json: true)
    HeapDump::Ship::Run.new(all, delivery, lines, tries: HeapDump::Ship::Tries.new(pauses)).once
    out.string.lines.map { |line| JSON.parse(line) }
  end

  # It is not left half at the place where dumps are looked for.
  def test_a_copy_that_is_interrupted
    dump("a.json")
    IO.stub(:copy_stream, ->(*) { raise Interrupt }) do
      assert_raises(Interrupt) { ship(HeapDump::Ship.sink(to)) }
    end
    assert_empty files(to)
  end

  def test_a_copy_that_was_slower
    dump("a.json")
    faster = ->(*) { File.write("#{to}/a.json", "another") }
    IO.stub(:copy_stream, faster) do
      assert_match(/another file/, ship(HeapDump::Ship.sink(to), pauses: []).failures.first[1])
    end
    assert_equal %w[a.json], files(to)
  end
end

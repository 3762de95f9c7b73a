# frozen_string_literal: true

require "test_helper"
require "heapdump/convert"
require "heapdump/cli/output_file"
require "support/hostile_tables"

# A conversion that is killed at any step leaves nothing half, and the next one does all of it.
class TestConvertKilled < HeapDumpTest
  include HostileTables

  POINTS = 5 # at which it is killed, besides before the last step
  # What counts as a step: methods of these classes and objects.
  STEPS = {
    IO => %i[write << fsync], File.singleton_class => %i[rename]
  }.freeze

  def snapshot
    @snapshot ||= HeapDump::Snapshot.open(hostile_dump("#{scratch}/dump.json"), index: false)
  end

  # Runs the block in a process of its own that is killed before its step +at+, if it has so many.
  # Returns how many it had, nil if it was killed.
  def steps(at = nil)
    out, told = IO.pipe
    pid = fork do
      count = 0
      counted = -> { Process.kill(:KILL, Process.pid) if (count += 1) == at }
      STEPS.each { |owner, names| owner.prepend(counting(names, counted)) }
      yield
      told.syswrite(count.to_s)
    ensure
      exit!
    end
    told.close
    Process.wait(pid)
    Integer(out.read, exception: false)
  ensure
    out&.close
  end

  def counting(names, counted)
    Module.new do
      names.each do |name|
        define_method(name) do |*arguments, **options, &block|
          counted.call
          super(*arguments, **options, &block)
        end
      end
    end
  end

  # Does all of it, in a process of its own as well.
  def whole(work)
    steps(&work).tap { |all| refute_nil all }
  end

  # Kills it at some of its steps, and yields after each.
  def killed(work)
    all = whole(work)
    (1..all).step([all / POINTS, 1].max).to_a.push(all).uniq.each do |at|
      yield -> { steps(at, &work) }, at
    end
  end

  HeapDump::Convert::FORMATS.each_key do |format|
    define_method("test_#{format}") do
      path = File.join(scratch, "out")
      assert_file(path) do
        HeapDump::CLI::OutputFile.new(path, force: true).write do |io|
          HeapDump::Convert.writer(format, snapshot).write(io)
        end
      end
    end
  end

  def test_sqlite
    path = File.join(scratch, "heap.db")
    assert_file(path) { HeapDump::Convert.store("sqlite", path, force: true).write(snapshot) }
  end

  def assert_file(path, &work)
    snapshot
    whole(work)
    expected = File.binread(path)
    killed(work) do |kill, at|
      File.unlink(path)
      assert_nil kill.call, at
      refute_path_exists path, at
      whole(work)
      assert_equal expected, File.binread(path), at
      # one that is there stays as it is
      File.write(path, "another")
      assert_nil kill.call
      assert_equal "another", File.read(path), at
    end
  end
end

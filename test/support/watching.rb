# frozen_string_literal: true

require "json"
require "support/kernel_tree"

# Watches on a machine that a test makes up: its kernel's files, its clocks, its disks, and dumps
# that take as long as the test wants.
module Watching
  MIB = 1 << 20
  ENGINE = HeapDump::Watch::Engine # loads the rest, too

  # As HeapDump::Watch::Machine.
  class Machine < HeapDump::Watch::Machine
    attr_accessor :seconds, :time, :pid, :disk_is, :host, :slots

    def initialize(root, pid: 40)
      super(root: root)
      @seconds = 1000.0
      @time = Time.utc(2026, 11, 29, 4, 0, 0)
      @pid = pid
      @host = "web-1"
      @slots = 100_000
      @disk_is = [false, 100 << 30, 200 << 30]
    end

    def disk(_path)
      @disk_is.is_a?(Exception) ? raise(@disk_is) : @disk_is
    end

    def pass(seconds)
      @seconds += seconds
      @time += seconds
    end
  end

  # As HeapDump::Pending. It writes its file when it ends.
  class Pending
    attr_reader :path, :options

    def initialize(path, options)
      @path = path
      @options = options
      @done = false
    end

    def done?
      @done
    end

    def wait(_seconds)
      @done ? self : nil
    end

    def finish(bytes: 1000, seconds: 0.5)
      File.binwrite(@path, "x" * bytes)
      @done = true
      @result = HeapDump::Result.new(path: @path, objects: 3, bytes: bytes, seconds: seconds,
                                     pause: 0.01)
    end

    def fail(error)
      @done = true
      @error = error
    end

    def result
      @error ? raise(@error) : @result
    end
  end

  # Keeps the lines.
  class Log
    attr_reader :lines

    def initialize
      @lines = []
    end

    def warn(line)
      @lines << line
    end
  end

  def heaps
    @heaps ||= File.join(scratch, "heaps")
  end

  def tree
    @tree ||= KernelTree.new(File.join(scratch, "kernel")).tap do |tree|
      tree.membership("0::/web\n")
      tree.process(40, as_self: true)
      tree.group_two("/web", used: 100, limit: 1000)
    end
  end

  # How many MiB of 1,000 are used.
  def use(mib, **more)
    tree.group_two("/web", used: mib, limit: 1000, **more)
  end

  def machine
    @machine ||= Machine.new(tree.root)
  end

  def log
    @log ||= Log.new
  end

  # Dumps that were begun (Pendings).
  def begun
    @begun ||= []
  end

  def dumper
    lambda do |path, **options|
      raise @dumper_fails if @dumper_fails

      begun << Pending.new(path, options)
      begun.last
    end
  end

  # A watch without a thread. The test looks.
  def engine(machine: self.machine, dumper: self.dumper, **options, &block)
    options = HeapDump::Watch::Options.new({ to: heaps, settle: 0, logger: log }.merge(options))
    on = HeapDump::Watch::On.new(options.directory).read(block)
    ENGINE.new(options, on, machine: machine, dumper: dumper)
  end

  # Looks for so many seconds, each ten seconds.
  def look(engine, seconds = 0)
    engine.look
    (seconds / 10).times do
      machine.pass(10)
      engine.look
    end
  end

  # Ends the dump under way, and looks.
  def finish(engine, **how)
    begun.last.finish(**how)
    engine.look
  end

  # The same, if there is one.
  def finish_any(engine)
    finish(engine) if begun.any? && !begun.last.done?
  end

  # Looks so many times, when something may strike again.
  def strike_often(engine, times)
    times.times do
      machine.pass(1000)
      look(engine)
      finish_any(engine)
    end
  end

  # What the directory knows of its dumps.
  def state
    JSON.parse(File.read(File.join(heaps, "state.json")))
  end

  def said
    log.lines.map { |line| line.delete_prefix("heapdump: watch: ") }
  end

  def refusals(engine)
    engine.stats.to_h[:refusals]
  end
end

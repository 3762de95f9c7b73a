# frozen_string_literal: true

# What the watch costs: the processor time of one look of its thread, far from any mark, near one,
# with the limit, and with a line of the notes; and of a glance between two looks. Of each there is
# the average of pieces of 200 looks: the least one, which others disturb least where the machine
# has much to do, and the median.
#
#     ruby -Ilib bench/watch.rb [MiB]
#
# MiB (default 500): the private memory of the process, as the kernel takes longer to count that of
# a large one. A directory stands for the files of a control group, because this process may not be
# in one with a limit; what the kernel needs to make those files is in "a look here", which is far
# from its mark unless this machine is full.

require "heapdump"
require "heapdump/watch/engine"
require "tmpdir"
require_relative "../test/support/kernel_tree"

MEMORY = Array.new(Integer(ARGV[0] || 500)) { "x" * (1 << 20) }
LOOKS = 4000
PIECE = 200 # looks

# The kernel's clock goes on by as much as there is between two looks. Where +made_up+ is given, a
# control group is made up of the files there.
class Passing < HeapDump::Watch::Machine
  attr_writer :made_up
  attr_reader :limits # how often the limit was read

  def initialize
    super
    @limits = 0
  end

  def seconds
    @seconds ||= super
  end

  def pass(seconds)
    @seconds = self.seconds + seconds
  end

  def cgroup
    group = @made_up ? HeapDump::Watch::Cgroup.find(@made_up) : super
    read = -> { @limits += 1 }
    group&.define_singleton_method(:measure_limit) do
      read.call
      super()
    end
    group
  end

  def disk(_path)
    [false, 1 << 40, 1 << 41]
  end
end

# One watch, and the processor time of its looks in microseconds, on average of each piece of so
# many: of those that only look, of those that read the limit, too, and of those that write a line
# of the notes, each once a minute.
class Looks
  EVERY = 10 # seconds, as by default

  # Of glances between looks, too: one each second.
  attr_reader :usual, :with_limit, :with_note, :glances

  # +marks+: those of the rule of memory.
  def initialize(directory, machine, marks: HeapDump::Watch::Rules::Memory::DEFAULT)
    @machine = machine
    options = HeapDump::Watch::Options.new({ to: directory, dry: true })
    on = HeapDump::Watch::On.new(directory).usual
    on.rules[0] = HeapDump::Watch::Rules::Memory.new(at: marks)
    @engine = HeapDump::Watch::Engine.new(options, on, machine: machine)
    2.times { look }
    measure
  end

  private

  def measure
    GC.start
    GC.disable
    looks = Array.new(LOOKS) { look }
    @glances = Array.new(LOOKS) { glance }.each_slice(PIECE).map { |piece| average(piece) }
    GC.enable
    @usual, @with_limit, @with_note = %i[usual limit note].map do |kind|
      looks.each_slice(PIECE).map { |piece| average(piece.filter_map { |one| one[kind] }) }
    end
  end

  def average(times)
    times.sum / times.size * 1e6
  end

  # By kind, what it took in seconds.
  def look
    @machine.pass(EVERY)
    notes = @engine.stats[:notes]
    limits = @machine.limits
    took = seconds { @engine.look }
    return { note: took } if @engine.stats[:notes] > notes

    { (@machine.limits > limits ? :limit : :usual) => took }
  end

  def glance
    @machine.pass(1)
    seconds { @engine.glance? }
  end
end

def seconds
  before = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
  yield
  Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) - before
end

def show(what, pieces)
  puts format("%-48s %8.1f %8.1f µs", what, pieces.min, pieces.sort[pieces.size / 2])
end

Dir.mktmpdir do |directory|
  tree = KernelTree.new(File.join(directory, "kernel"))
  tree.membership("0::/web\n")
  tree.group_two("/web", used: 100, limit: 1000)
  machine = Passing.new
  machine.made_up = tree.root
  far = Looks.new(File.join(directory, "far"), machine)
  tree.group_two("/web", used: 480, limit: 1000)
  near = Looks.new(File.join(directory, "near"), machine)
  here = Looks.new(File.join(directory, "here"), Passing.new, marks: 0.95)
  asked = File.join(directory, "asked")
  FileUtils.mkdir_p(File.join(asked, "asks"), mode: 0o700)
  asked = Looks.new(asked, Passing.new, marks: 0.95)
  puts "#{" " * 52}least   median"
  show "a look here", here.usual
  show "a look here, where somebody has asked once", asked.usual
  show "a look", far.usual
  show "a look near a mark", near.usual
  show "a glance between two looks, each second", far.glances
  show "a look that reads the limit, once a minute", far.with_limit
  show "a look that writes a note, once a minute", far.with_note
  processes = HeapDump::Watch::Machine.new.processes
  memory = Array.new(20) { seconds { processes.memory } * 1e6 }
  show "private memory, which is counted near a mark", memory
  abort "a look takes more than 50 µs" if [far, here].any? { |looks| looks.usual.min > 50 }
end

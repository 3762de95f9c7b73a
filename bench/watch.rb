# frozen_string_literal: true

# What the watch costs: the processor time of one look of its thread, far from any mark, near one,
# and with a line of the notes.
#
#     ruby -Ilib bench/watch.rb [MiB]
#
# MiB (default 500): the private memory of the process, as the kernel takes longer to count that of
# a large one. A directory stands for the files of a control group, because this process may not be
# in one with a limit; what the kernel needs to make those files is in "a look here".

require "heapdump"
require "heapdump/watch/engine"
require "tmpdir"
require_relative "../test/support/kernel_tree"

MEMORY = Array.new(Integer(ARGV[0] || 500)) { "x" * (1 << 20) }
LOOKS = 2000

# The kernel's clock goes on by as much as there is between two looks. Where +made_up+ is given, a
# control group is made up of the files there.
class Passing < HeapDump::Watch::Machine
  attr_writer :made_up

  def seconds
    @seconds ||= super
  end

  def pass(seconds)
    @seconds = self.seconds + seconds
  end

  def cgroup
    @made_up ? HeapDump::Watch::Cgroup.find(@made_up) : super
  end

  def disk(_path)
    [false, 1 << 40, 1 << 41]
  end
end

# One watch, and the processor time of its looks in microseconds: of the usual ones, and of those
# which write a line of the notes and read the limit again, once a minute.
class Looks
  EVERY = 10 # seconds, as by default

  attr_reader :usual, :with_note

  def initialize(directory, machine)
    @machine = machine
    options = HeapDump::Watch::Options.new({ to: directory, dry: true })
    on = HeapDump::Watch::On.new(directory).usual
    @engine = HeapDump::Watch::Engine.new(options, on, machine: machine)
    2.times { look }
    measure
  end

  private

  def measure
    GC.start
    GC.disable
    times = Array.new(LOOKS) { look }
    GC.enable
    @with_note, @usual = times.partition(&:last).map { |some| some.sum(&:first) / some.size * 1e6 }
  end

  def look
    @machine.pass(EVERY)
    notes = @engine.stats[:notes]
    before = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
    @engine.look
    took = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) - before
    [took, @engine.stats[:notes] > notes]
  end
end

def show(what, value)
  puts format("%-48s %8.1f µs", what, value)
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
  here = Looks.new(File.join(directory, "here"), Passing.new)
  show "a look here", here.usual
  show "a look", far.usual
  show "a look near a mark", near.usual
  show "the same with a note and the limit, once a minute", here.with_note
  processes = HeapDump::Watch::Machine.new.processes
  began = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
  20.times { processes.memory }
  memory = (Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) - began) / 20 * 1e6
  show "private memory, which is counted near a mark", memory
  abort "a look takes more than 50 µs" if [far.usual, here.usual].max > 50
end

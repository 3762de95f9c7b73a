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
require "tmpdir"
require_relative "../test/support/kernel_tree"

MEMORY = Array.new(Integer(ARGV[0] || 500)) { "x" * (1 << 20) }
LOOKS = 2000
ENGINE = HeapDump::Watch::Engine # loads all of it

# The files of the kernel that are this process' own, and those of a made-up group.
class MadeUp < HeapDump::Watch::Machine
  attr_accessor :group

  def cgroup
    HeapDump::Watch::Cgroup.find(group)
  end

  def disk(_path)
    [false, 1 << 40, 1 << 41]
  end
end

def engine(directory, machine)
  options = HeapDump::Watch::Options.new({ to: directory, dry: true })
  on = HeapDump::Watch::On.new(directory).usual
  HeapDump::Watch::Engine.new(options, on, machine: machine)
end

def microseconds(times, &)
  before = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
  times.times(&)
  (Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) - before) / times * 1e6
end

def show(what, value)
  puts format("%-48s %8.1f µs", what, value)
end

Dir.mktmpdir do |directory|
  tree = KernelTree.new(File.join(directory, "kernel"))
  tree.membership("0::/web\n")
  tree.group_two("/web", used: 100, limit: 1000)
  machine = MadeUp.new
  machine.group = tree.root
  watch = engine(File.join(directory, "heaps"), machine)
  2.times { watch.look }
  GC.start
  GC.disable
  far = microseconds(LOOKS) { watch.look }
  tree.group_two("/web", used: 480, limit: 1000)
  near = microseconds(LOOKS) { watch.look }
  here = engine(File.join(directory, "here"), HeapDump::Watch::Machine.new)
  2.times { here.look }
  there = microseconds(LOOKS) { here.look }
  show "a look here", there
  gauge = watch.instance_variable_get(:@gauge)
  show "a look", far
  show "a look near a mark", near
  show "private memory, which is counted near a mark", microseconds(20) { gauge.processes.memory }
  abort "a look takes more than 50 µs" if [far, there].max > 50
end

# frozen_string_literal: true

require "test_helper"
require "support/kernel_tree"

# What the watch reads of processes.
class TestProcesses < HeapDumpTest
  MIB = 1 << 20

  def tree
    @tree ||= KernelTree.new(scratch)
  end

  def processes(pid = 40)
    HeapDump::Watch::Processes.new(scratch, pid)
  end

  def test_memory
    tree.process(40, private: 300, shared: 60, as_self: true)
    assert_equal [360 * MIB, 300 * MIB], processes.resident
    assert_equal 360 * MIB, processes.own
    assert_equal [360 * MIB, 330 * MIB, 300 * MIB], processes.memory.to_a
  end

  # An old kernel, or one that hides it.
  def test_memory_without_smaps
    tree.process(40, private: 300, shared: 60, as_self: true)
    tree.remove("/proc/self/smaps_rollup")
    assert_equal [360 * MIB, nil, 300 * MIB], processes.memory.to_a
    tree.remove("/proc/self/statm")
    assert_equal [nil, nil, nil], processes.memory.to_a
    ["", "1", "a b c", "\xFF \xFE"].each do |garbage|
      tree.put("/proc/self/statm", garbage)
      tree.put("/proc/self/smaps_rollup", garbage)
      assert_nil processes.resident
      assert_nil processes.own
    end
  end

  def test_started
    tree.process(40, started: 77, as_self: true)
    tree.process(41, started: 99)
    assert_equal [77, 99, nil], [processes.started, processes.started(41), processes.started(42)]
    tree.put("/proc/41/stat", "41 (no end")
    assert_nil processes.started(41)
  end

  def test_family
    tree.process(40, parent: 7, as_self: true)
    tree.process(41, parent: 7)
    tree.process(42, parent: 8)
    tree.process(43, parent: 7, ruby: "/usr/sbin/nginx")
    tree.put("/proc/44/statm", "gone meanwhile")
    assert_equal [40, 41], processes.family.sort
    tree.remove("/proc/self")
    assert_equal [40], processes.family
  end

  # Services of systemd.
  def test_another_group_is_another_family
    tree.process(40, parent: 7, group: "0::/system.slice/puma.service\n", as_self: true)
    tree.process(41, parent: 7, group: "0::/system.slice/puma.service\n")
    tree.process(42, parent: 7, group: "0::/system.slice/sidekiq.service\n")
    tree.process(43, parent: 7)
    assert_equal [40, 41], processes.family.sort
  end

  # The init of a machine or of a container starts what it is told to; a server may be process 1.
  def test_children_of_the_first_process
    tree.process(40, parent: 1, as_self: true)
    tree.process(41, parent: 1)
    assert_equal [40], processes.family
    tree.process(1, parent: 0, ruby: "/sbin/init")
    assert_equal [40], processes.family
    tree.remove("/proc/1/exe")
    tree.process(1, parent: 0)
    assert_equal [40, 41], processes.family.sort
    tree.process(40, parent: 0, as_self: true)
    tree.process(41, parent: 0)
    assert_equal [40], processes.family
  end

  def test_largest
    tree.process(40, parent: 7, private: 300, as_self: true)
    tree.process(41, parent: 7, private: 400)
    tree.process(42, parent: 7, private: 100, shared: 800)
    assert_equal 41, processes.largest
    tree.process(41, parent: 7, private: 300)
    assert_equal 40, processes.largest
    assert_equal 40, processes(41).largest
  end

  def test_memory_of_the_machine
    machine = HeapDump::Watch::Machine.new(root: tree.root)
    assert_equal [2 << 30, 8 << 30], machine.memory
    tree.put("/proc/meminfo", "MemTotal: much\n")
    assert_nil machine.memory
  end

  def test_this_machine
    machine = HeapDump::Watch::Machine.new
    status = File.read("/proc/self/status")
    assert_in_delta status[/^VmRSS:\s+(\d+)/, 1].to_i << 10, machine.processes.memory.rss, 8 << 20
    assert_operator machine.processes.memory.private, :<=, machine.processes.memory.rss
    assert_includes machine.processes.family, Process.pid
    assert_match(/\A[\w.-]+\z/, machine.host)
  end
end

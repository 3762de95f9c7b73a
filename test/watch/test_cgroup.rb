# frozen_string_literal: true

require "test_helper"
require "support/kernel_tree"

# What the watch reads of control groups, from trees of files as Linux shows them.
class TestCgroup < HeapDumpTest
  MIB = 1 << 20

  def tree
    @tree ||= KernelTree.new(scratch)
  end

  def cgroup
    HeapDump::Watch::Cgroup.find(scratch)
  end

  def assert_reads(limit, working_set, anonymous = working_set)
    group = cgroup
    assert_equal [limit && (limit * MIB), working_set * MIB, anonymous * MIB],
                 [group.limit, *group.usage]
  end

  def test_version_two
    tree.membership("0::/app.slice/web\n")
    assert_nil cgroup
    tree.group_two("/app.slice/web", used: 700, inactive: 200, anon: 400, limit: 1000)
    assert_reads 1000, 500, 400
    assert_equal 700 * MIB, cgroup.current
    assert_equal tree.path("/sys/fs/cgroup/app.slice/web/memory.events"), cgroup.listen.path
  end

  # The usage that counts is that of the group with the limit: others may have used it up.
  def test_the_least_limit_of_all_levels
    tree.membership("0::/pod/web\n")
    tree.group_two("/pod/web", used: 300, limit: 1000)
    tree.group_two("/pod", used: 700, limit: 800)
    tree.group_two("", used: 4000, limit: 8000)
    assert_reads 800, 700
    tree.group_two("/pod", used: 700, limit: 1200)
    assert_reads 1000, 300
    tree.group_two("/pod", used: 700, limit: nil)
    assert_reads 1000, 300
  end

  def test_equal_limits_are_those_of_the_group_itself
    tree.membership("0::/pod/web\n")
    tree.group_two("/pod/web", used: 300, limit: 1000)
    tree.group_two("/pod", used: 700, limit: 1000)
    assert_reads 1000, 300
  end

  def test_a_limit_above_whose_usage_is_hidden
    tree.membership("0::/pod/web\n")
    tree.group_two("/pod/web", used: 300)
    tree.put("/sys/fs/cgroup/pod/memory.max", "#{500 * MIB}\n")
    assert_reads 500, 300
  end

  # The path is that of the host, the group is the root of what is mounted here.
  def test_in_a_container
    tree.membership("0::/kubepods.slice/pod7/cri-1234.scope\n")
    tree.group_two("", used: 600, inactive: 100, limit: 1000)
    assert_reads 1000, 500
    tree.membership("0::/../../other\n")
    assert_reads 1000, 500
    tree.membership("0::/\n")
    assert_reads 1000, 500
  end

  def test_no_limit
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 600)
    assert_reads nil, 600
  end

  def test_version_one
    tree.membership("9:name=systemd:/\n4:memory:/docker/12ab\n0::/\n")
    tree.group_one("/docker/12ab", used: 700, inactive: 100, limit: 900, killed: 3)
    assert_reads 900, 600
    assert_equal [0, nil, 3], cgroup.events.to_a
    refute_predicate cgroup, :oom_group?
    assert_nil cgroup.listen
    assert_nil cgroup.pressure
    tree.group_one("", used: 900, limit: nil)
    assert_reads 900, 600
    tree.group_one("", used: 900, limit: 800)
    assert_reads 800, 900
  end

  # "memory" must not be mistaken for another controller, nor a group of another for ours.
  def test_both_versions_at_once
    tree.membership("5:hugememory:/x\n4:memory:/a\n0::/b\n")
    tree.group_one("/a", used: 10, limit: 20)
    tree.put("/sys/fs/cgroup/unified/b/cgroup.procs", "1\n")
    assert_reads 20, 10
  end

  # Controllers of version 1 can be mounted together.
  def test_controllers_together
    tree.membership("4:cpu,cpuacct:/b\n3:hugetlb,memory:/a\n")
    tree.group_one("/a", used: 10, limit: 20)
    assert_reads 20, 10
  end

  def test_a_limit_that_is_changed_later
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 600, limit: 1000)
    group = cgroup
    tree.group_two("/web", used: 650, limit: 2000)
    assert_equal [1000 * MIB, 650 * MIB], [group.limit, group.current]
    assert_equal 2000 * MIB, group.measure_limit
  end

  def test_events_and_pressure
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 600, limit: 1000, events: { max: 12, high: 3, oom_kill: 1 })
    assert_equal [12, 3, 1], cgroup.events.to_a
    assert_nil cgroup.pressure
    tree.put("/sys/fs/cgroup/web/memory.pressure",
             "some avg10=21.50 avg60=1.00 avg300=0.10 total=12\nfull avg10=0.00 avg60=0.00\n")
    assert_in_delta 21.5, cgroup.pressure
  end

  def test_oom_group_of_any_level
    tree.membership("0::/pod/web\n")
    tree.group_two("/pod/web", used: 300, limit: 1000, oom_group: 0)
    refute_predicate cgroup, :oom_group?
    tree.group_two("/pod", used: 300, oom_group: 1)
    assert_predicate cgroup, :oom_group?
  end

  def test_missing_files
    assert_nil cgroup
    tree.membership("")
    assert_nil cgroup
    tree.membership("0::/web\n")
    tree.put("/sys/fs/cgroup/web/memory.current", "#{5 * MIB}\n")
    assert_nil cgroup.limit
    assert_equal [5 * MIB, nil], cgroup.usage
    assert_equal [nil, nil, nil], cgroup.events.to_a
    assert_nil cgroup.listen
    FileUtils.mkdir(tree.path("/sys/fs/cgroup/web/memory.events"))
    assert_nil cgroup.listen, "can be opened, but not be read"
  end

  # The same file, which says when it changes from the last reading on.
  def test_the_file_of_the_events_stays_open
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 5, limit: 10, events: { max: 12 })
    group = cgroup
    events = group.listen
    assert_equal 12, group.events.reclaimed
    assert_same events, group.listen
    group.close
    assert_predicate events, :closed?
  end

  def test_a_group_that_goes
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 5, limit: 10)
    group = cgroup
    tree.remove("/sys/fs/cgroup/web")
    assert_equal [nil, nil], group.usage
    assert_nil group.current
    assert_nil group.measure_limit
    assert_equal [nil, nil, nil], group.events.to_a
  end

  GARBAGE = ["", "\n", "max", "-1\n", "12 kB\n", "\xFF\xFE\0", "1e9\n", "9" * 100, "\n1\n",
             "nothing:here", "a" * 100_000].freeze

  def test_garbage
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 5, limit: 10)
    files = %w[max stat events oom.group pressure].map { |name| "memory.#{name}" }
    GARBAGE.each do |text|
      files.each { |file| tree.put("/sys/fs/cgroup/web/#{file}", text) }
      group = cgroup
      assert_equal [nil, [5 * MIB, nil], [nil, nil, nil], false, nil],
                   [group.limit, group.usage, group.events.to_a, group.oom_group?, group.pressure],
                   text.inspect
      tree.put("/sys/fs/cgroup/web/memory.current", text)
      assert_nil group.current, text.inspect
      tree.put("/sys/fs/cgroup/web/memory.current", "#{5 * MIB}\n")
      tree.membership(text)
      assert_nil cgroup
      tree.membership("0::/web\n")
    end
  end

  # More is inactive than used for a moment, as the kernel counts both on the way.
  def test_never_less_than_nothing
    tree.membership("0::/web\n")
    tree.group_two("/web", used: 5, inactive: 7, anon: 3, limit: 10)
    assert_equal [0, 3 * MIB], cgroup.usage
  end
end

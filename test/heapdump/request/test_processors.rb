# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# How many processes write a dump by default: the CPU quota of the cgroup counts, and the affinity.
class TestProcessors < HeapDumpTest
  V2 = { "proc/self/cgroup" => "0::/kubepods/pod1/app\n" }.freeze
  V1 = { "proc/self/cgroup" =>
         "12:cpuset:/other\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n" }.freeze

  MAIN = <<~'C'
    #include <stdio.h>
    #include <stdlib.h>
    #include "request/processors.h"
    int main(int argc, char **argv) {
        for (int i = 2; i < argc; i++) printf("%d\n", hd_processors(argv[i], atoi(argv[1])));
        return 0;
    }
  C

  # By files below a root, the number that is allowed. Without an affinity in the way there are 2
  # processors at least, so what is more cannot be told from no quota.
  def test_quotas
    group = "sys/fs/cgroup/kubepods/pod1"
    old = "sys/fs/cgroup/cpu,cpuacct/docker"
    all = processors
    cases = {
      {} => all,
      { "proc/self/cgroup" => "nonsense\n" } => all,
      V2 => all,
      { **V2, "#{group}/app/cpu.max" => "max 100000\n" } => all,
      { **V2, "#{group}/app/cpu.max" => "100000 100000\n" } => 1,
      { **V2, "#{group}/app/cpu.max" => "190000 100000\n" } => 1,
      { **V2, "#{group}/app/cpu.max" => "50000 100000\n" } => 1,
      { **V2, "#{group}/app/cpu.max" => "20000000 100000\n" } => all,
      { **V2, "#{group}/app/cpu.max" => "max 100000\n",
              "#{group}/cpu.max" => "100000 100000\n" } => 1,
      { **V2, "sys/fs/cgroup/cpu.max" => "100000 100000\n" } => 1, # as a container sees it
      { **V2, "#{group}/application/cpu.max" => "100000 100000\n" } => all,
      { "proc/self/cgroup" => "0::/\n", "sys/fs/cgroup/cpu.max" => "100000 100000\n" } => 1,
      { **V2, "#{group}/app/cpu.max" => "garbage" } => all,
      V1 => all,
      { **V1, "#{old}/abc/cpu.cfs_quota_us" => "-1",
              "#{old}/abc/cpu.cfs_period_us" => "100000" } => all,
      { **V1, "#{old}/abc/cpu.cfs_quota_us" => "150000",
              "#{old}/abc/cpu.cfs_period_us" => "100000" } => 1,
      { **V1, "#{old}/cpu.cfs_quota_us" => "50000", "#{old}/cpu.cfs_period_us" => "50000" } => 1,
      { **V1, "#{old}/abc/cpu.cfs_quota_us" => "150000" } => all,
      { **V1, "sys/fs/cgroup/cpuset/other/cpu.cfs_quota_us" => "1",
              "sys/fs/cgroup/cpuset/other/cpu.cfs_period_us" => "1" } => all
    }
    roots = cases.keys.each_with_index.map { |files, i| tree("root#{i}", files) }
    assert_equal cases.values, answers(4, *roots)
    assert_equal [1], answers(1, "/nowhere")
  end

  def test_the_affinity
    code = 'require "heapdump"; puts HeapDump.dump(ARGV[0]).processes'
    path = File.join(scratch, "heap.json")
    outcome = Child.run({}, "taskset", "-c", "0", RbConfig.ruby, "-W0",
                        "-I#{Child::ROOT}/lib", "-e", code, path, timeout: 60)
    assert_equal "1\n", outcome.out, outcome.to_s
  rescue Errno::ENOENT
    skip "no taskset here"
  end

  private

  def processors
    require "etc"
    Etc.nprocessors.clamp(1, 4)
  end

  def tree(name, files)
    root = File.join(scratch, name)
    FileUtils.mkdir_p(root)
    files.each do |file, text|
      FileUtils.mkdir_p(File.dirname(File.join(root, file)))
      File.write(File.join(root, file), text)
    end
    root
  end

  def answers(most, *roots)
    skip CProgram.missing if CProgram.missing

    main = File.join(scratch, "main.c")
    File.write(main, MAIN)
    program = File.join(scratch, "processors")
    dumper = File.join(Child::ROOT, "ext/heapdump")
    CProgram.compile("-I#{dumper}", main, File.join(dumper, "request/processors.c"), "-o", program)
    out, status = Open3.capture2e({ "LD_PRELOAD" => nil }, program, most.to_s, *roots)
    assert_predicate status, :success?, out
    out.split.map(&:to_i)
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/outside"
require "support/watching"
require "heapdump/outside/container"

# What `heapdump doctor --container` finds, on kernels that the test makes up.
class TestContainer < HeapDumpTest
  include Watching

  def setup
    super
    Dir.mkdir(heaps)
    own
  end

  # What the kernel says of this process.
  def own(scope: nil, seccomp: 0, capabilities: 0)
    tree.put("/proc/self/status",
             "Name:\truby\nCapEff:\t#{format("%016x", capabilities)}\nSeccomp:\t#{seccomp}\n")
    tree.put("/proc/sys/kernel/yama/ptrace_scope", "#{scope}\n") if scope
  end

  def findings(directory: heaps, **more)
    found = HeapDump::Outside::Container.new(machine: machine, root: tree.root,
                                             directory: directory, **more).findings
    found.to_h { |one| [one.name, one] }
  end

  def assert_found(name, state, message, advice = nil, **more)
    one = findings(**more).fetch(name)
    assert_equal state, one.state, one.inspect
    assert_match message, one.message
    advice ? assert_match(advice, one.advice) : assert_nil(one.advice)
    one.figures
  end

  def test_each_thing_once_and_in_one_order
    assert_equal ["limit", "working set", "headroom", "oom.group", "directory", "tmpfs",
                  "free disk", "yama", "seccomp", "uid", "libc", "gdb"], findings.keys
  end

  def test_limit
    use(812)
    assert_equal({ bytes: 1000 * MIB, source: :group, cgroup_version: 2 },
                 assert_found("limit", :ok, /\A1,000\.0 MiB, by a control group of version 2\z/))
    tree.membership("4:memory:/web\n0::/\n")
    tree.remove("/sys/fs/cgroup/web")
    tree.group_one("/web", used: 100, limit: 300)
    figures = assert_found("limit", :ok, /\A300\.0 MiB, by a control group of version 1\z/)
    assert_equal [300 * MIB, 1], figures.values_at(:bytes, :cgroup_version)
    assert_found("limit", :ok, /\A2\.0 GiB, by HEAPDUMP_LIMIT\z/, limit: 2 << 30)
  end

  def test_no_limit
    tree.group_two("/web", used: 100)
    figures = assert_found("limit", :note, /\Anone: 8\.0 GiB of the whole machine\z/,
                           /resources\.limits\.memory.*MemoryMax/)
    assert_equal [8 << 30, :machine], figures.values_at(:bytes, :source)
    tree.remove("/proc/meminfo")
    assert_found("limit", :note, /\Aunknown\z/, %r{/sys/fs/cgroup})
    tree.remove("/sys")
    %w[limit headroom].each { |name| assert_found(name, :note, /\Aunknown\z/, /sys/) }
    assert_found("oom.group", :ok, /\Anone/)
  end

  # What counts is what the limit is compared with: the whole group, if there is one.
  def test_what_helps_where_there_is_no_limit
    tree.group_two("/web", used: 100)
    advice = findings["limit"].advice
    assert_match(%r{all that the control group \S*/web uses, so}, advice)
    assert_match(/on\.memory at: \["900 MiB"\], of: :process\z/, advice)
    tree.remove("/sys")
    assert_match(/, or say in HEAPDUMP_LIMIT what this process alone may use\z/,
                 findings["limit"].advice)
  end

  def test_a_limit_in_the_environment_that_does_not_help
    use(400)
    advice = %r{\AHEAPDUMP_LIMIT is for all that the control group \S*/web uses}
    figures = assert_found("headroom", :wrong, /\A0 B left/, advice, limit: 300 << 20)
    assert_operator figures[:left], :<, 0
    tree.remove("/sys")
    assert_found("headroom", :wrong, /\A0 B left/, /\Adump earlier/, limit: 50 << 20)
  end

  # Nothing is known of a process either.
  def test_no_memory_at_all
    tree.remove("/proc")
    tree.remove("/sys")
    assert_found("working set", :note, /\Aunknown\z/, /sys/)
  end

  def test_working_set
    tree.group_two("/web", used: 900, inactive: 400, anon: 450, limit: 1000)
    assert_equal({ bytes: 500 * MIB, anonymous: 450 * MIB },
                 assert_found("working set", :ok, /\A500\.0 MiB, 50\.0 % of that\z/))
  end

  # The same figures as the guard has of a watch: 16 MiB and a quarter of 100 MiB.
  def test_headroom
    use(959)
    assert_equal({ left: 41 * MIB, needed: 41 * MIB },
                 assert_found("headroom", :ok, /\A41\.0 MiB left, a dump may take 41\.0 MiB at/))
    use(960)
    assert_found("headroom", :wrong, /\A40\.0 MiB left/, /dump earlier .*raise the limit/)
    use(1100)
    assert_found("headroom", :wrong, /\A0 B left/, /dump earlier/)
  end

  def test_oom_group
    use(860, oom_group: 1)
    assert_equal({ value: 1 }, assert_found("oom.group", :note, /\A1: .* whole container/,
                                            /twice the headroom; .*singleProcessOOMKill/))
    assert_equal 148 * MIB, findings["headroom"].figures[:needed]
    use(860, oom_group: 0)
    assert_equal({ value: 0 }, assert_found("oom.group", :ok, /\A0: the kernel kills one process/))
  end

  def test_a_directory_in_memory
    machine.disk_is = [true, 100 << 30, 200 << 30]
    assert_equal({ in_memory: true },
                 assert_found("tmpfs", :wrong, /heaps take memory/, /emptyDir/))
    machine.disk_is = [false, 100 << 30, 200 << 30]
    assert_equal({ in_memory: false }, assert_found("tmpfs", :ok, /\Ano: the files of .*heaps/))
  end

  # The guard of a watch refuses every dump there, however small.
  def test_free_disk
    machine.disk_is = [false, 1 << 30, 200 << 30]
    figures = assert_found("free disk", :wrong, /\A1\.0 GiB for .*heaps, 1\.0 GiB of them must/,
                           /remove old dumps/)
    assert_equal [1 << 30, 1 << 30, 200 << 30], figures.values_at(:free, :reserve, :total)
    machine.disk_is = [false, (1 << 30) + 1, 200 << 30]
    assert_found("free disk", :ok, /must stay free/)
    machine.disk_is = Errno::EIO.new
    ["tmpfs", "free disk"].each { |name| assert_found(name, :note, /\Aunknown\z/, /Input/) }
  end

  def test_the_directory
    assert_found("directory", :ok, /\A#{heaps}\z/)
    figures = assert_found("directory", :ok, %r{heaps/new\z}, directory: File.join(heaps, "new"))
    assert_equal [File.join(heaps, "new"), false], figures.values_at(:path, :exists)
    assert_found("directory", :wrong, /is not there, nor the one above it/, /mount a volume/,
                 directory: File.join(heaps, "a/b"))
    file = File.join(scratch, "a\e file")
    File.write(file, "")
    assert_found("directory", :wrong, /a\\e file is no directory\z/, /HEAPDUMP_DIR/,
                 directory: file)
  end

  def test_a_directory_of_somebody_else
    skip "SKIPPED: needs root" unless Process.euid.zero?
    File.chmod(0o755, scratch)
    as(65_534) do
      assert_found("directory", :wrong, /heaps cannot be written to by user 65534/, /fsGroup/)
    end
    File.chmod(0o777, heaps)
    as(65_534) { assert_found("directory", :ok, /below\z/, directory: File.join(heaps, "below")) }
    File.chown(1000, 0, heaps)
    as(65_534) do
      assert_found("directory", :wrong, /heaps belongs to user 1000, who could/, /runAsUser/)
    end
  end

  # What the watch refuses is no directory for it. An emptyDir has such a mode.
  def test_a_directory_that_others_may_write_to
    [0o700, 0o755, 0o770, 0o777, 0o1777].each do |mode|
      File.chmod(mode, heaps)
      found = findings["directory"]
      told = HeapDump::Watch::Directory.new(heaps).problem
      assert_equal told.nil?, found.state == :ok, mode.to_s(8)
      next unless told

      assert_match(/heaps may be written to by others/, found.message)
      assert_equal "name one in it (HEAPDUMP_DIR), as #{heaps}/dumps", found.advice
    end
  end

  # For whom Process.euid is.
  def as(uid)
    Process::Sys.seteuid(uid)
    yield
  ensure
    Process::Sys.seteuid(0)
  end

  def test_yama
    [nil, 0].each do |scope|
      own(scope: scope)
      assert_found("yama", :ok, /may trace their own/)
    end
    [1, 2].each do |scope|
      own(scope: scope)
      assert_equal({ ptrace_scope: scope, sys_ptrace: false },
                   assert_found("yama", :note, /\A#{scope}: .*SYS_PTRACE/, /capabilities\.add/))
      own(scope: scope, capabilities: 1 << 19)
      assert_found("yama", :ok, /has the capability SYS_PTRACE/)
    end
    own(scope: 3, capabilities: 1 << 19)
    assert_found("yama", :note, /until the machine is rebooted/, /kernel\.yama\.ptrace_scope/)
  end

  def test_seccomp
    assert_equal({ mode: 0 }, assert_found("seccomp", :ok, /no filter/))
    own(seccomp: 2)
    assert_equal({ mode: 2 }, assert_found("seccomp", :note, /filter is active/, /seccompProfile/))
  end

  def test_gdb
    assert_equal({ path: "/usr/bin/gdb" },
                 assert_found("gdb", :ok, %r{\A/usr/bin/gdb\z}, gdb: "/usr/bin/gdb"))
    assert_equal({ path: nil }, assert_found("gdb", :ok, /\Anot installed, nor needed\z/,
                                             gdb: nil, attach: "/usr/lib/attach"))
    assert_found("gdb", :note, /not installed/, /on_signal/, gdb: nil, attach: nil)
  end

  # A process as the checks see it.
  Seen = Struct.new(:pid, :uid, :groups, :paths) do
    def mappings = paths.map { |path| Struct.new(:path).new(path) }
    def same_mounts? = true
  end

  def target(uid: Process.euid, groups: [7], paths: [])
    Seen.new(40, uid, groups, paths)
  end

  def test_uid
    assert_equal({ uid: Process.euid, target_uid: nil },
                 assert_found("uid", :ok, /\A#{Process.euid}\z/))
    assert_found("uid", :ok, /process 40 is of user #{Process.euid}\z/, target: target)
    skip "SKIPPED: needs root" unless Process.euid.zero?
    assert_found("uid", :ok, /\A0, process 40 is of user 1000\z/, target: target(uid: 1000))
    as(65_534) do
      assert_found("uid", :wrong, /\A65534, process 40 is of user 1000\z/, /runAsUser/,
                   target: target(uid: 1000))
    end
  end

  def test_libc
    ours = RbConfig::CONFIG["host_os"].include?("musl") ? "musl" : "glibc"
    assert_found("libc", :ok, /\A#{ours}, /)
    { "/lib/x86_64-linux-gnu/libc.so.6" => "glibc", "/lib64/libc-2.31.so" => "glibc",
      "/lib/ld-musl-x86_64.so.1" => "musl", "/lib/libc.musl-x86_64.so.1" => "musl",
      "/opt/\xFF\e/ld-musl-x.so" => "musl", "/opt/libcurl.so.4" => "unknown" }.each do |path, name|
      found = findings(target: target(paths: ["[heap]", path]))["libc"]
      assert_equal name, found.figures[:libc]
      assert_equal name == ours ? :ok : :note, found.state
      refute_match(/\e/, found.message)
    end
  end

  # The mode of a directory decides for a process of another user.
  def test_a_directory_of_a_process
    skip "SKIPPED: needs root" unless Process.euid.zero?
    [[0o700, 7, :wrong], [0o770, 7, :ok], [0o770, 8, :wrong], [0o777, 8, :ok],
     [0o757, 7, :wrong]].each do |mode, group, state|
      File.chown(0, 7, heaps)
      File.chmod(mode, heaps)
      found = findings(target: target(uid: 1000, groups: [group]),
                       directory: File.join(heaps, "below"))["directory"]
      assert_equal state, found.state, "#{mode.to_s(8)} #{group} #{found.message}"
    end
    File.chown(1000, 7, heaps)
    File.chmod(0o700, heaps)
    assert_equal :ok, findings(target: target(uid: 1000))["directory"].state
    assert_equal :wrong, findings(target: target(uid: 1001))["directory"].state
  end

  def test_a_process_that_hides_its_memory
    hidden = target
    def hidden.mappings = raise(Errno::EACCES)
    assert_found("libc", :note, /\Aunknown: Permission denied/, /as root/, target: hidden)
  end
end

# The machine as another process sees it.
class TestMachineOfAProcess < HeapDumpTest
  include Watching

  # One with mounts of its own: the paths of the kernel's files begin at its root, and its group is
  # the root of all groups that it sees.
  def elsewhere(root)
    target = HeapDump::Outside::Target.new(Process.pid)
    target.define_singleton_method(:sees?) { |_path| false }
    target.define_singleton_method(:outer_path) { |path| File.join(root, path) }
    HeapDump::Outside::Machine.new(target)
  end

  def test_the_group_of_another_container
    tree.group_two("", used: 120, limit: 300)
    group = elsewhere(tree.root).cgroup
    assert_equal [300 * MIB, 120 * MIB], [group.limit, group.current]
  end

  def test_no_group_of_another_container
    assert_nil elsewhere(scratch).cgroup
  end

  # The memory that a dump would take is that of the process, not of the command.
  def test_the_memory_of_a_process
    Outside.with_process("A = 'x' * #{200 << 20}; sleep") do |pid|
      gauge = HeapDump::Watch::Gauge.new(
        HeapDump::Outside::Machine.new(HeapDump::Outside::Target.new(pid)), 1 << 40
      )
      wait_until("it has its memory") do
        gauge.refresh
        gauge.private >= 200 << 20
      end
      assert_operator gauge.resident, :>=, 200 << 20
      assert_operator gauge.headroom.last, :>=, (16 << 20) + (50 << 20)
      assert_operator gauge.headroom.last, :<, (16 << 20) + (80 << 20)
    end
  end

  def test_mounts
    Outside.with_process("sleep") do |pid|
      assert_predicate HeapDump::Outside::Target.new(pid), :same_mounts?
    end
    refute_predicate HeapDump::Outside::Target.new(0), :same_mounts?
  end
end

# The command, on this machine.
class TestDoctorOfContainers < HeapDumpTest
  LINE = /\A  (?:ok|--|NO)  [a-z. ]{11}  \S/

  def environment
    @environment ||= ENV.to_h.slice("HEAPDUMP_DIR", "HEAPDUMP_LIMIT")
  end

  def setup
    super
    environment
    ENV.delete("HEAPDUMP_LIMIT")
    ENV["HEAPDUMP_DIR"] = scratch
  end

  def teardown
    %w[HEAPDUMP_DIR HEAPDUMP_LIMIT].each { |name| ENV[name] = environment[name] }
    super
  end

  def test_here
    status, out, err = Outside.heapdump("doctor", "--container")
    title, *lines = out.lines(chomp: true)
    assert_equal ["", "container:", 12], [err, title, lines.size]
    assert_empty lines.grep_v(LINE)
    assert_equal lines.grep(/^  NO/).empty? ? 0 : 1, status
    assert_match(/^  \S\S  directory    #{scratch}$/, out)
  end

  # Everything that is shown, and figures.
  def test_json_says_no_less
    _, out, = Outside.heapdump("doctor", "--container")
    _, json, = Outside.heapdump("doctor", "--container", "--json")
    answer = JSON.parse(json)
    assert_equal %w[schema_version container], answer.keys
    marks = { "ok" => "ok", "note" => "--", "wrong" => "NO" }
    shown = answer["container"].map do |one|
      "  #{marks.fetch(one["state"])}  #{one["name"].ljust(11)}  " \
        "#{[one["message"], one["advice"]].compact.join("; ")}"
    end
    steady = ->(lines) { lines.grep_v(/working set|headroom|free disk/) }
    assert_equal steady.call(out.lines(chomp: true).drop(1)), steady.call(shown)
    answer["container"].each { |one| assert_operator one.size, :>, 4, one }
  end

  def test_a_process
    Outside.with_process("sleep") do |pid|
      _, out, err = Outside.heapdump("doctor", pid, "--container")
      assert_empty err
      assert_match(/^signal: .*^gdb: .*^container:$/m, out)
      assert_match(/^  ok  uid          \d+, process #{pid} is of user #{Process.euid}$/, out)
      assert_match(/ a dump may take [\d.]+ MiB(;|$)/, out)
      fields = JSON.parse(Outside.heapdump("doctor", pid, "--container", "--json")[1])
      assert_equal pid, fields["pid"]
      assert_equal 12, fields["container"].size
    end
  end

  def test_what_is_not_asked_for
    Outside.with_process("sleep") do |pid|
      refute_match(/container/, Outside.heapdump("doctor", pid)[1])
    end
    assert_equal 64, Outside.heapdump("doctor").first
  end

  def test_the_limit_of_the_environment
    ENV["HEAPDUMP_LIMIT"] = "1 MiB"
    status, out, = Outside.heapdump("doctor", "--container")
    assert_equal 1, status
    assert_match(/^  ok  limit        1\.0 MiB, by HEAPDUMP_LIMIT$/, out)
    assert_match(/^  NO  headroom     0 B left, .*; HEAPDUMP_LIMIT is for/, out)
    ENV["HEAPDUMP_LIMIT"] = "much"
    status, _, err = Outside.heapdump("doctor", "--container")
    assert_equal 64, status
    assert_match(/HEAPDUMP_LIMIT must be a number of bytes/, err)
  end

  def test_a_directory_in_memory
    status, out, = Outside.heapdump("doctor", "--container", "--dir", "/dev/shm")
    skip "SKIPPED: /dev/shm is no tmpfs here" unless File.read("/proc/mounts").match?(
      %r{^\S+ /dev/shm tmpfs }
    )
    assert_equal 1, status
    assert_match(%r{^  NO  tmpfs        the files of /dev/shm take memory; name a directory}, out)
  end

  def test_the_directory_is_that_of_the_watch
    ENV.delete("HEAPDUMP_DIR")
    directory = HeapDump::Watch::Options.new({}).directory
    assert_match(/^  \S\S  directory    #{directory}( |$)/,
                 Outside.heapdump("doctor", "--container")[1])
  end

  # It makes nothing, not even the directory.
  def test_it_only_looks
    path = File.join(scratch, "new")
    Outside.heapdump("doctor", "--container", "--dir", path)
    refute_path_exists path
  end
end

# frozen_string_literal: true

# A control group with a limit of its memory, for processes and what they start. Only root may make
# one, or the user of a session of systemd, and not everywhere.
class MemoryGroup
  Version = Struct.new(:root, :limit, :swap, :used, :events, keyword_init: true)
  ONE = Version.new(root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes",
                    swap: "memory.memsw.limit_in_bytes", used: "memory.usage_in_bytes",
                    events: "memory.oom_control")
  TWO = Version.new(root: "/sys/fs/cgroup", limit: "memory.max", swap: "memory.swap.max",
                    used: "memory.current", events: "memory.events")
  ENTER = "echo $$ > \"$0\" && exec \"$@\""
  private_constant :Version, :ONE, :TWO, :ENTER

  # Why there can be none here (String); nil if there can.
  def self.missing
    group = new(64 << 20)
    "no process can be put into a control group" unless system(*group.command("true"), err: :close)
  rescue SystemCallError => e
    "no control group can be made: #{e.message}"
  ensure
    group&.remove
  end

  attr_reader :path, :limit

  def initialize(limit)
    @limit = limit
    @version = File.directory?(ONE.root) ? ONE : TWO
    @path = File.join(parent, "heapdump-#{Process.pid}-#{rand(1 << 30)}")
    Dir.mkdir(@path)
    limit_memory
  rescue SystemCallError
    remove if @path && File.directory?(@path)
    raise
  end

  # 1 or 2.
  def version
    @version.equal?(ONE) ? 1 : 2
  end

  # The command that runs a program in it (Array).
  def command(*program)
    ["/bin/sh", "-c", ENTER, file("cgroup.procs"), *program]
  end

  def add(pid)
    File.write(file("cgroup.procs"), pid.to_s)
  end

  # Marks of the limit as the watch takes them.
  def marks(shares)
    shares
  end

  # The kernel looks itself.
  def look(_pids); end

  def pids
    File.readlines(file("cgroup.procs"), chomp: true).map(&:to_i)
  end

  # Bytes that are used, with the page cache.
  def used
    File.read(file(@version.used)).to_i
  end

  # How many processes the kernel has killed because the limit was reached.
  def kills
    File.read(file(@version.events))[/^oom_kill (\d+)$/, 1].to_i
  end

  def kill_all
    pids.each do |pid|
      Process.kill(:KILL, pid)
    rescue Errno::ESRCH
      next # it has ended meanwhile
    end
  end

  # Lets the kernel kill all of it at once; version 2 only.
  def die_together
    File.write(file("memory.oom.group"), "1")
  end

  # Ends what runs in it, then it goes: that may take a moment after the processes were waited for.
  def remove
    tries ||= 0
    Dir.rmdir(@path)
  rescue Errno::EBUSY
    kill_all
    sleep 0.05
    (tries += 1) < 100 ? retry : raise
  end

  private

  def file(name)
    File.join(@path, name)
  end

  # Of version 1 the own group. Of version 2 the nearest one above that hands the control on.
  def parent
    own = File.read("/proc/self/cgroup")[version == 1 ? /^\d+:memory:(.*)$/ : /^0::(.*)$/, 1].to_s
    path = File.join(@version.root, own)
    path = @version.root unless File.directory?(path)
    return path if version == 1

    path = File.dirname(path) until hands_on?(path) || path == @version.root
    path
  end

  def hands_on?(path)
    File.read(File.join(path, "cgroup.subtree_control")).split.include?("memory")
  end

  def limit_memory
    File.write(file(@version.limit), @limit.to_s)
    swap = file(@version.swap)
    File.write(swap, version == 1 ? @limit.to_s : "0") if File.exist?(swap)
  end
end

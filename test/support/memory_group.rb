# frozen_string_literal: true

# A control group with a limit of its memory, for processes of a test. Only root may make one, and
# not everywhere.
class MemoryGroup
  ROOT = "/sys/fs/cgroup/memory"

  class << self
    # Why there can be none here (String); nil if there can.
    def missing
      return "no control group of version 1 for memory" unless File.directory?(ROOT)

      new(64 << 20).remove
      nil
    rescue SystemCallError => e
      "no control group can be made: #{e.message}"
    end
  end

  attr_reader :path

  def initialize(limit)
    own = File.read("/proc/self/cgroup")[/^\d+:memory:(.*)$/, 1]
    base = File.join(ROOT, own.to_s)
    base = ROOT unless File.directory?(base)
    @path = File.join(base, "heapdump-test-#{Process.pid}-#{rand(1 << 30)}")
    Dir.mkdir(@path)
    File.write(File.join(@path, "memory.limit_in_bytes"), limit.to_s)
  rescue SystemCallError
    remove if @path && File.directory?(@path)
    raise
  end

  def add(pid)
    File.write(File.join(@path, "cgroup.procs"), pid.to_s)
  end

  # When the last process has gone, which may be a moment after it was waited for.
  def remove
    tries ||= 0
    Dir.rmdir(@path)
  rescue Errno::EBUSY
    sleep 0.05
    (tries += 1) < 100 ? retry : raise
  end
end

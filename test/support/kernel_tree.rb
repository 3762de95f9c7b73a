# frozen_string_literal: true

require "fileutils"

# A directory with the files in which a kernel tells of memory, as it shows them. Tests change them
# as the kernel would.
class KernelTree
  MIB = 1 << 20
  PAGES = MIB / 4096

  attr_reader :root

  def initialize(root)
    @root = root
    put("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:           10000 kB\n" \
                         "MemAvailable:    6291456 kB\n")
  end

  def path(name)
    File.join(@root, name)
  end

  def put(name, text)
    FileUtils.mkdir_p(File.dirname(path(name)))
    File.write(path(name), text)
  end

  def remove(name)
    FileUtils.rm_rf(path(name))
  end

  def membership(text)
    @membership = text
    put("/proc/self/cgroup", text)
  end

  # A group of version 2. Sizes are MiB; `limit` nil: none.
  def group_two(path, used:, inactive: 0, anon: nil, limit: nil, oom_group: nil, events: {})
    base = "/sys/fs/cgroup#{path}"
    put("#{base}/memory.current", "#{(used * MIB).round}\n")
    put("#{base}/memory.max", limit ? "#{limit * MIB}\n" : "max\n")
    put("#{base}/memory.oom.group", "#{oom_group}\n") if oom_group
    put("#{base}/memory.events", events_text(events))
    anon = ((anon || (used - inactive)) * MIB).round
    put("#{base}/memory.stat", "anon #{anon}\nfile 0\nshmem 0\n" \
                               "inactive_anon 1\ninactive_file #{inactive * MIB}\n")
  end

  def events_text(events)
    { low: 0, high: 0, max: 0, oom: 0, oom_kill: 0, oom_group_kill: 0 }
      .merge(events).map { |key, number| "#{key} #{number}\n" }.join
  end

  # The same of version 1.
  def group_one(path, used:, inactive: 0, limit: nil, killed: 0)
    base = "/sys/fs/cgroup/memory#{path}"
    put("#{base}/memory.usage_in_bytes", "#{used * MIB}\n")
    put("#{base}/memory.limit_in_bytes", "#{limit ? limit * MIB : 9_223_372_036_854_771_712}\n")
    put("#{base}/memory.failcnt", "0\n")
    put("#{base}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill #{killed}\n")
    put("#{base}/memory.stat", "inactive_file 77\ntotal_cache 0\n" \
                               "total_rss #{(used - inactive) * MIB}\ntotal_shmem 0\n" \
                               "total_inactive_file #{inactive * MIB}\n")
  end

  # A process; sizes are MiB. `as_self` names it /proc/self too.
  def process(pid, parent: 1, private: 100, shared: 10, started: 4000, ruby: "/usr/bin/ruby",
              group: @membership, as_self: false)
    [pid, *("self" if as_self)].each do |name|
      put("/proc/#{name}/stat",
          "#{pid} (a (strange) name) S #{parent} #{"0 " * 17}#{started} 0 0\n")
      rss = private + shared
      put("/proc/#{name}/statm", "#{rss * PAGES * 2} #{rss * PAGES} #{shared * PAGES} 1 0 0 0\n")
      put("/proc/#{name}/smaps_rollup", smaps(rss, private, shared))
      put("/proc/#{name}/cgroup", group) if group
      link = path("/proc/#{name}/exe")
      File.symlink(ruby, link) unless File.symlink?(link)
    end
  end

  def smaps(rss, private, shared)
    "55d0-7fff ---p 00000000 00:00 0    [rollup]\nRss: #{rss << 10} kB\n" \
      "Pss:   #{(private + (shared / 2)) << 10} kB\nPrivate_Clean:    1024 kB\n" \
      "Private_Dirty:  #{(private - 1) << 10} kB\nPrivate_Hugetlb:       0 kB\n"
  end
end

# frozen_string_literal: true

require_relative "kept_file"
require_relative "kernel_file"

module HeapDump
  class Watch
    # The memory of the control group of this process (version 1 or 2), and its limit.
    #
    # The limit is the least one of the group and of those above it, as far as they can be seen; how
    # much is used of it is what the group with that limit says. The container's group may be
    # mounted as the root of the hierarchy, although its path is that of the host.
    class Cgroup # :nodoc:
      # The files of one version. The keys are those of memory.stat.
      Version = Struct.new(:mounts, :current, :limit, :inactive, :anonymous, keyword_init: true)
      ONE = Version.new(mounts: %w[/sys/fs/cgroup/memory], current: "memory.usage_in_bytes",
                        limit: "memory.limit_in_bytes", inactive: "total_inactive_file",
                        anonymous: %w[total_rss total_shmem])
      TWO = Version.new(mounts: %w[/sys/fs/cgroup /sys/fs/cgroup/unified],
                        current: "memory.current", limit: "memory.max", inactive: "inactive_file",
                        anonymous: %w[anon shmem])
      # Version 1 writes a number as large as this if there is no limit.
      NO_LIMIT = 1 << 62
      private_constant :Version, :ONE, :TWO, :NO_LIMIT

      # How often the kernel has run out of memory for the group, as far as it is known: had to
      # reclaim at the limit, throttled at memory.high, killed a process.
      Events = Struct.new(:reclaimed, :throttled, :oom_kill)

      # The group of this process; nil if there is none whose memory can be read. +root+ is put
      # before each path: "", except in a test and for a process with another root. +membership+ is
      # what the kernel says of the groups of a process.
      def self.find(root = "", membership = KernelFile.read("#{root}/proc/self/cgroup"))
        membership.to_s.each_line(chomp: true) do |line|
          _, controllers, path = line.split(":", 3)
          next unless path&.start_with?("/")

          version = controllers.empty? ? TWO : ONE
          next if version.equal?(ONE) && !controllers.split(",").include?("memory")

          group = of_version(version, root, path)
          return group if group
        end
        nil
      end

      def self.of_version(version, root, path)
        path = "" if path == "/" || path.split("/").include?("..")
        version.mounts.each do |mount|
          [path, ""].uniq.each do |below|
            group = new(version, root + mount, below)
            return group if group.used?
          end
        end
        nil
      end
      private_class_method :of_version

      def initialize(version, mount, below)
        @version = version
        @directories = directories(mount, below)
        measure_limit
      end

      # The directory of the group itself (String).
      def directory
        @directories.first
      end

      # 1 or 2.
      def version
        @version.equal?(ONE) ? 1 : 2
      end

      # Whether it is that of a service of systemd, which ends as a whole if the kernel kills one
      # process of it (OOMPolicy=stop). With version 1 systemd does not learn of that.
      def service?
        version == 2 && @directories.any? { |one| one.end_with?(".service") }
      end

      # The directory of the group whose use counts (String): that with the limit, else its own.
      attr_reader :measured

      # The least limit in bytes when it was last measured; nil if there is none.
      attr_reader :limit

      # Reads the limit again: it may have been changed meanwhile. Returns it.
      def measure_limit
        limits = @directories.map { |one| limit_of(one) }
        @limit = limits.compact.min
        limited = @limit && @directories[limits.index(@limit)]
        measured = limited && number(limited, @version.current) ? limited : directory
        measure_in(measured) if measured != @measured
        @limit
      end

      # Leaves no file open, until it is asked again.
      def close
        @current.close
        @events&.close
      end

      def used?
        !current.nil?
      end

      # Bytes that are used, with all of the page cache: an upper bound, but quick to read.
      def current
        KernelFile.number_of(@current.read)
      end

      # [working set, anonymous memory] in bytes; nil for what is unknown. The working set is what
      # the kubelet takes for it: all that is used but files that nobody has read lately. Anonymous
      # memory, with that which is shared, cannot be given back; files in use can. +used+ is
      # what #current says.
      def usage(used = current)
        stat = KernelFile.read("#{@measured}/memory.stat")
        inactive = KernelFile.keyed(stat, @version.inactive)
        parts = @version.anonymous.map { |key| KernelFile.keyed(stat, key) }
        [used && [used - (inactive || 0), 0].max, parts.first && parts.compact.sum]
      end

      # Whether the kernel kills all processes of a group at once. Version 1 never does.
      def oom_group?
        @version.equal?(TWO) && @directories.any? { |one| number(one, "memory.oom.group") == 1 }
      end

      # The Events of the group with the limit; fields are nil where nothing is known.
      def events
        if @version.equal?(ONE)
          killed = KernelFile.keyed(KernelFile.read("#{@measured}/memory.oom_control"), "oom_kill")
          return Events.new(number(@measured, "memory.failcnt"), nil, killed)
        end
        text = @events.read
        Events.new(*%w[max high oom_kill].map { |key| KernelFile.keyed(text, key) })
      end

      # The open file of the events (IO), of which the kernel says when it changes from now on; nil
      # where there is none.
      def listen
        @events.io if @events&.read
      end

      # The share of the last ten seconds, in percent, in which a process had to wait for memory
      # (Float); nil if it is unknown.
      def pressure
        return unless @version.equal?(TWO)

        KernelFile.read("#{@measured}/memory.pressure").to_s[/^some avg10=(\d+\.\d+)/, 1]&.to_f
      end

      private

      def measure_in(directory)
        [*@current, *@events].each(&:close)
        @measured = directory
        @current = KeptFile.new("#{directory}/#{@version.current}")
        @events = KeptFile.new("#{directory}/memory.events") if @version.equal?(TWO)
      end

      # From the group up to where the hierarchy is mounted.
      def directories(mount, below)
        names = below.split("/").reject(&:empty?)
        names.size.downto(0).map { |n| [mount, *names.first(n)].join("/") }
      end

      def limit_of(directory)
        limit = number(directory, @version.limit)
        limit if limit && limit < NO_LIMIT
      end

      def number(directory, file)
        KernelFile.number("#{directory}/#{file}")
      end
    end
  end
end

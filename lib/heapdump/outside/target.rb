# frozen_string_literal: true

require "etc"
require_relative "elf"

module HeapDump
  # Dumps the heap of another process.
  module Outside
    # What /proc says about a process. Nothing here changes the process.
    class Target
      MARKER = %r{\A/memfd:heapdump:([A-Z0-9]+):(.*) \(deleted\)\z}mn

      Mapping = Struct.new(:from, :to, :permissions, :offset, :path)

      # A signal that makes the process dump its heap, and the pattern of the path ("" if that is
      # too long for the marker).
      Handler = Struct.new(:signal, :pattern)

      attr_reader :pid

      def initialize(pid)
        @pid = pid
      end

      # Raises HeapDump::Error if there is no such process.
      def check_existence
        raise Error, "there is no process #{pid}" unless File.directory?(proc_path)
        return if status["Tgid"].to_i == pid

        raise Error, "#{pid} is a thread of process #{status["Tgid"]}; give that number"
      end

      def alive?
        state != "Z"
      rescue Error
        false
      end

      # One letter, as ps shows it: R, S, D, T (stopped), t (traced), Z (a zombie).
      def state
        read_status["State"].to_s[0]
      end

      # Whether the process can run our code now; returns what the block of Checks#check returns.
      def running
        case state
        when "Z" then ["it has ended already", false]
        when "T", "t" then ["it is stopped; kill -CONT #{pid} lets it go on", false]
        else ["it runs", true]
        end
      end

      # The id of the process that traces it, nil if none does.
      def tracer
        number = read_status["TracerPid"].to_i
        number unless number.zero?
      end

      # Its effective user and group.
      def uid
        status["Uid"].split[1].to_i
      end

      def gid
        status["Gid"].split[1].to_i
      end

      # All groups to which it belongs (numbers).
      def groups
        [gid, *status["Groups"].to_s.split.map(&:to_i)]
      end

      def user
        Etc.getpwuid(uid)&.name || uid.to_s
      rescue ArgumentError
        uid.to_s
      end

      # Its process id in its own container.
      def inner_pid
        status["NSpid"].to_s.split.last.to_i.nonzero? || pid
      end

      # The path by which this process can open a path of that process.
      def outer_path(path)
        File.join(proc_path("root"), path)
      end

      # True if a path leads to the same file here and in that process.
      def sees?(path)
        File.identical?(path, outer_path(path))
      rescue SystemCallError
        false
      end

      # What it has mounted, as /proc/PID/mountinfo tells it (String).
      def mounts
        read("mountinfo").b
      end

      # True if it has the mounts of this process; false if it has others, or if nobody may know.
      def same_mounts?
        File.identical?("/proc/self/ns/mnt", proc_path("ns/mnt"))
      end

      # Signals that it handles, ignores or blocks (numbers).
      def busy_signals
        bits = %w[SigCgt SigIgn SigBlk].map { |name| read_status[name].to_s.hex }.inject(:|)
        (1..64).select { |number| bits[number - 1] == 1 }
      end

      # The ids of its child processes.
      def children
        Dir.children("/proc").grep(/\A\d+\z/).map(&:to_i).sort.select do |number|
          parent_of(number) == pid
        end
      end

      # The ids of its threads, the main thread's first.
      def threads
        Dir.children(proc_path("task")).map(&:to_i).sort_by { |id| id == pid ? 0 : id }
      rescue SystemCallError
        [] # it has just ended
      end

      # Signals at which it dumps its heap.
      def handlers
        mappings.filter_map do |mapping|
          match = MARKER.match(mapping.path.b)
          Handler.new(match[1], as_path(match[2])) if match
        end
      end

      def mappings
        read("maps").b.each_line.map do |line|
          range, permissions, offset, _, _, path = line.chomp.split(" ", 6)
          from, to = range.split("-").map(&:hex)
          path = as_path(path.to_s.gsub("\\012", "\n"))
          Mapping.new(from, to, permissions, offset.hex, path)
        end
      end

      # Bytes of its memory. Raises SystemCallError if this user may not read it.
      def memory(address, size)
        @memory ||= File.open(proc_path("mem"), "rb")
        @memory.pread(size, address)
      rescue EOFError # a process that has ended has none
        raise Error, "process #{pid} is gone"
      end

      # Every image that is mapped: [mappings, ELF].
      def images
        files = mappings.select { |mapping| mapping.path.start_with?("/") }.group_by(&:path)
        files.filter_map do |path, parts|
          first = parts.find { |part| part.offset.zero? && part.permissions.start_with?("r") }
          next if !first || path.start_with?("/dev/", "/memfd:", "/SYSV")

          image = image_at(first.from)
          [parts, image] if image
        end
      end

      private

      # The name of a program, in parentheses, may contain anything.
      def parent_of(number)
        File.binread("/proc/#{number}/stat")[/.*\) \S+ (\d+)/m, 1].to_i
      rescue SystemCallError
        nil # it has just ended
      end

      # Names of files may have any bytes.
      def as_path(bytes)
        bytes.force_encoding(Encoding.find("filesystem"))
      end

      def image_at(base)
        return unless memory(base, ELF::MAGIC.size) == ELF::MAGIC

        ELF.memory(base) { |address, size| memory(address, size) }
      rescue Error, Errno::EIO
        nil # the file is no library, or has become shorter than its mapping
      end

      def proc_path(name = "")
        "/proc/#{pid}/#{name}"
      end

      def read(name)
        File.read(proc_path(name))
      rescue Errno::ENOENT, Errno::ESRCH
        raise Error, "process #{pid} is gone"
      end

      def read_status
        read("status").scrub.each_line.to_h { |line| line.chomp.split(":\t", 2) }
      end

      def status
        @status ||= read_status
      end
    end
  end
end

# frozen_string_literal: true

require "etc"
require_relative "cgroup"
require_relative "kept_file"
require_relative "processes"

module HeapDump
  class Watch
    # All that a watch learns from the system: memory, disks, clocks, and which process this is. A
    # test gives it a directory with files of a kernel, and clocks of its own.
    class Machine # :nodoc:
      # What stands before the numbers in /proc/meminfo.
      TOTAL = "MemTotal:".b.freeze
      AVAILABLE = "MemAvailable:".b.freeze
      private_constant :TOTAL, :AVAILABLE

      # +root+ is put before each path of the kernel's files.
      def initialize(root: "")
        @root = root
        @meminfo = KeptFile.new("#{root}/proc/meminfo")
      end

      # Leaves no file open, until it is asked again.
      def close
        @meminfo.close
      end

      # Seconds of a clock that nobody sets (Float).
      def seconds
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # What the clock on the wall shows (Time). It may be set at any time.
      def time
        Time.now.utc
      end

      def pid
        Process.pid
      end

      # How many slots of the heap are not free.
      def slots
        GC.stat(:heap_live_slots)
      end

      def host
        Etc.uname[:nodename].gsub(/[^\w.-]/, "_")
      end

      # nil if there is none that tells of memory.
      def cgroup
        Cgroup.find(@root)
      end

      def processes
        Processes.new(@root, pid)
      end

      # [used, total] memory of the whole machine; nil if it is unknown.
      def memory
        text = @meminfo.read or return
        total = @total if @first && text.start_with?(@first)
        total ||= read_total(text) or return
        free = KernelFile.kilobytes_of_kept(text, AVAILABLE)
        [total - free, total] if free
      end

      # [whether files take memory, free bytes, all bytes] of the file system of a directory. Raises
      # SystemCallError.
      def disk(path)
        HeapDump.send(:disk, path)
      end

      private

      # It hardly ever changes, so its line is kept: while a text begins with that, it is the same.
      def read_total(text)
        @total = KernelFile.kilobytes_of_kept(text, TOTAL)
        ending = text.start_with?(TOTAL) && text.index("\n")
        @first = ending ? text.byteslice(0, ending + 1) : nil
        @total
      end
    end
  end
end

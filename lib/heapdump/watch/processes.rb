# frozen_string_literal: true

require "etc"
require_relative "kept_file"
require_relative "kernel_file"

module HeapDump
  class Watch
    # What /proc tells of this process and of its brothers: the other processes with the same parent
    # and the same control group that run the same Ruby. Process 1 starts services that have nothing
    # to do with each other, so it has brothers for children only where it is a Ruby, too: the
    # master of a container. All sizes are bytes, nil if they are unknown.
    class Processes # :nodoc:
      PAGE = Etc.sysconf(Etc::SC_PAGESIZE)
      # Positions in /proc/PID/stat behind the name, which may have anything in it.
      PARENT = 1
      STARTED = 19
      # The second and the third number of /proc/PID/statm.
      RESIDENT = /\A\S+ (\d{1,20}) (\d{1,20})(?:\s|\z)/
      SECOND = /\A\S+ \d{1,20} \d/
      DIGITS = 20
      private_constant :PAGE, :PARENT, :STARTED, :RESIDENT, :SECOND, :DIGITS

      # Memory of a process. +private+ is what no other process shares, +pss+ has a part of what is
      # shared.
      Memory = Struct.new(:rss, :pss, :private)

      # +pid+ is this process' own number (Integer).
      def initialize(root, pid)
        @proc = "#{root}/proc"
        @pid = pid
        @own = KeptFile.new("#{@proc}/self/statm")
      end

      # Leaves no file open, until it is asked again.
      def close
        @own.close
      end

      # Resident memory of this process, which each look reads.
      def own
        text = @own.read
        text.byteslice(text.index(" ") + 1, DIGITS).to_i * PAGE if text&.match?(SECOND)
      end

      # [resident memory, what of it is no file] of a process. It costs the kernel next to nothing.
      def resident(pid = "self")
        found = RESIDENT.match(KernelFile.read("#{@proc}/#{pid}/statm")) or return
        resident = found[1].to_i
        [resident * PAGE, [resident - found[2].to_i, 0].max * PAGE]
      end

      # The Memory of a process. The kernel walks its page tables for that, so it is asked seldom.
      # Where that cannot be read, memory that is no file counts as private.
      def memory(pid = "self")
        resident, anonymous = resident(pid)
        text = KernelFile.read("#{@proc}/#{pid}/smaps_rollup")
        parts = %w[Private_Clean Private_Dirty Private_Hugetlb].map do |key|
          KernelFile.kilobytes(text, key)
        end
        Memory.new(resident, KernelFile.kilobytes(text, "Pss"),
                   parts.first ? parts.compact.sum : anonymous)
      end

      # When a process was started, in ticks since the machine was (Integer). No other process has
      # ever the same number and the same start. nil if there is no such process.
      def started(pid = @pid)
        field(own?(pid) ? "self" : pid, STARTED)
      end

      # The number of the process that has started this one.
      def parent
        field("self", PARENT)
      end

      # Which process has started this one, whatever number others had before (String); nil if that
      # is unknown.
      def server
        parent = self.parent
        started = parent && started(parent)
        "#{parent}-#{started}" if started
      end

      # The numbers of this process and of its brothers.
      def family
        parent = self.parent
        ruby = executable("self")
        return [@pid] if parent.nil? || (parent <= 1 && executable(parent) != ruby)

        group = group("self")
        found = numbers.select do |pid|
          field(pid, PARENT) == parent && executable(pid) == ruby && group(pid) == group
        end
        found | [@pid]
      end

      # Which of these processes has most private memory; of several the one with the least number.
      def largest(pids = family)
        pids.max_by { |pid| [memory(own?(pid) ? "self" : pid).private || 0, -pid] }
      end

      private

      def own?(pid)
        pid == @pid
      end

      def numbers
        Dir.children(@proc).grep(/\A\d+\z/).map(&:to_i)
      rescue SystemCallError
        []
      end

      def field(pid, position)
        text = KernelFile.read("#{@proc}/#{pid}/stat") or return
        KernelFile.number_of(text.rpartition(")").last.split[position])
      end

      def group(pid)
        KernelFile.read("#{@proc}/#{pid}/cgroup")
      end

      # Not known of processes of other users, so they are no brothers.
      def executable(pid)
        File.readlink("#{@proc}/#{pid}/exe")
      rescue SystemCallError
        pid
      end
    end
  end
end

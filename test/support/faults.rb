# frozen_string_literal: true

require "heapdump"
require "fileutils"

# Inside an application that dumps its heap while something breaks.
module Faults
  OBJECTS = 100_000

  class << self
    attr_reader :path

    # The application's heap, large enough that a dump takes a while.
    def begin(path, objects: OBJECTS)
      @path = path
      @heap = Array.new(objects) { |i| [i.to_s] }
      GC.start
    end

    def dump_async(**options)
      HeapDump.dump_async(path, gc: false, processes: 2, **options)
    end

    # The processes of a dump: the coordinator and whom it has forked, as far as they are there.
    def processes(coordinator)
      found = [coordinator]
      found.each do |pid|
        found.concat(File.read("/proc/#{pid}/task/#{pid}/children").split.map(&:to_i))
      rescue SystemCallError
        next # it has ended
      end
    end

    def kill(signal, *pids)
      pids.each do |pid|
        Process.kill(signal, pid)
      rescue Errno::ESRCH
        next # it was faster
      end
    end

    # Stops the dump once it writes and has so many processes, and lets it go on after the block.
    def midway(pending, processes: 1)
      wait("a dump that writes") do
        pending.done? || (partials.any? { |file| File.size?(file) } &&
                          self.processes(pending.pid).size >= processes)
      end
      raise "the dump was too fast" if pending.done?

      stopped = self.processes(pending.pid)
      kill(:STOP, *stopped)
      yield stopped
    ensure
      kill(:CONT, *stopped) if stopped
    end

    # How a dump has ended: "whole", or the error's class and what it says. Whatever else it leaves
    # is a failure.
    def outcome(pending)
      pending.result
      whole?(path) ? "whole" : raise("#{path} is not whole")
    rescue HeapDump::Error => e
      raise "there is a #{path} in spite of #{e.message}" if File.exist?(path) && !whole?(path)

      "#{e.class}: #{e.message}"
    ensure
      raise "left behind: #{partials}" if partials.any?
    end

    # The last line is a footer, and as many bytes precede it as it says.
    def whole?(path)
      File.open(path, "rb") do |file|
        file.seek(-[2000, file.size].min, IO::SEEK_END)
        tail = file.read
        footer = tail[/^\{"type":"FOOTER".*"complete":true\}\n\z/]
        footer && footer[/"bytes":(\d+)/, 1].to_i == file.size - footer.bytesize
      end
    end

    def partials
      Dir.glob("#{path}.partial-*")
    end

    # After everything: the process still dumps.
    def works
      whole?(HeapDump.dump(path, gc: false)) or raise "the next dump is not whole"
      File.unlink(path)
    end

    def wait(what, seconds: 60)
      deadline = now + seconds
      until (result = yield)
        raise "not within #{seconds} s: #{what}" if now > deadline

        sleep 0.002
      end
      result
    end

    def gone?(pid)
      File.read("/proc/#{pid}/stat")[/\) (.)/, 1] == "Z"
    rescue SystemCallError
      true
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end

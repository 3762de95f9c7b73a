# frozen_string_literal: true

module Mutants
  # Runs a command where a mutant can do no harm: alone in namespaces of processes and mounts (a
  # kill of -1 reaches only its own, and what is left over ends with it), in a file system in which
  # only its own directory and an empty /tmp can be written to.
  class Sandbox
    MOUNTS = <<~'SH'
      set -e
      mount --make-rprivate /
      mount --bind "$1" "$1"
      mount -o remount,bind,ro /
      mount -t tmpfs none /tmp
      cd "$1"
      shift
      ulimit -t "$1" # of the processor, for each process: on a busy machine a clock says little
      shift
      nice -n 10 "$@"
      exit $?
    SH

    CPU_SECONDS = 120

    Outcome = Struct.new(:success, :hung, :out)

    def self.check
      ok = system("unshare", "--mount", "--pid", "--fork", "true", %i[out err] => File::NULL)
      ok or abort "mutate: needs Linux and the right to make namespaces (root), because a mutant " \
                  "may kill or delete anything"
    end

    def initialize(directory, environment)
      @directory = directory
      @environment = environment
    end

    # At most so many seconds; what it printed on both streams.
    def run(*command, seconds:)
      reader, writer = IO.pipe
      pid = Process.spawn(@environment, "unshare", "--mount", "--pid", "--fork", "--mount-proc",
                          "--kill-child", "bash", "-c", MOUNTS, "mutant", @directory,
                          CPU_SECONDS.to_s, *command,
                          in: File::NULL, %i[out err] => writer, pgroup: true)
      writer.close
      collect(pid, reader, seconds)
    end

    private

    def collect(pid, reader, seconds)
      text = Thread.new { reader.read }
      text.report_on_exception = false
      status = wait(pid, seconds)
      Process.kill(:KILL, pid) unless status
      status ||= Process.wait2(pid).last
      Outcome.new(status.success?, status.signaled?, text.value.to_s.scrub)
    ensure
      reader.close
    end

    def wait(pid, seconds)
      deadline = now + seconds
      until (ended = Process.wait2(pid, Process::WNOHANG))
        return if now > deadline

        sleep 0.02
      end
      ended.last
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end

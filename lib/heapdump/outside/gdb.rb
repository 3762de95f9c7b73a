# frozen_string_literal: true

require "tempfile"

module HeapDump
  module Outside
    # Makes a process run a piece of Ruby at its next safe point, with a few function calls through
    # gdb. None of them takes a lock, allocates, or touches Ruby's heap: they may come at any
    # moment, in the middle of the GC or of malloc. gdb is let nothing find out by itself (no
    # symbols, no scripts, no settings of the user); it is given addresses and numbers alone. That
    # is safe, and quick: what gdb reads it reads while the process stands still.
    class Gdb
      # gdb that was attached and could not do what it should; the message is its last words.
      class Failed < Error; end

      OPTIONS = ["-nx", "-nh", "-batch",
                 "-iex", "set auto-load no",
                 "-iex", "set auto-solib-add off",
                 "-iex", "set sysroot /nonexistent",
                 "-iex", "set debug-file-directory /nonexistent",
                 "-iex", "set libthread-db-search-path /nonexistent",
                 "-iex", "set confirm off",
                 "-iex", "set pagination off",
                 "-iex", "set style enabled off",
                 "-iex", "set language c",
                 "-iex", "set scheduler-locking on",
                 "-iex", "set unwindonsignal on"].freeze
      # After this it is ended. With a healthy process it takes a quarter of a second.
      SECONDS = 30
      PATIENCE = 5

      def self.find
        directories = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)
        directories.map { |directory| File.join(directory, "gdb") }
                   .find { |path| File.file?(path) && File.executable?(path) }
      end

      def initialize(program = Gdb.find)
        @program = program
      end

      # Runs commands in gdb while the process +target+ is attached. Returns what they print. The
      # process goes on afterwards, whatever happens.
      def run(target, commands)
        Tempfile.create("heapdump-gdb") do |script|
          script.write(commands)
          script.close
          attach(target, script.path)
        end
      end

      private

      def attach(target, script)
        reader, writer = IO.pipe
        environment = { "PATH" => ENV.fetch("PATH", nil), "LC_ALL" => "C" }
        pid = Process.spawn(environment, @program, *OPTIONS, "-p", target.pid.to_s, "-x", script,
                            in: File::NULL, out: writer, err: %i[child out],
                            pgroup: true, unsetenv_others: true)
        writer.close
        finish(pid, target, reader)
      ensure
        reader&.close
      end

      def finish(pid, target, reader)
        output = Thread.new { reader.read }
        waiter = Process.detach(pid)
        raise Failed, "gdb did not end within #{SECONDS} s" unless waiter.join(SECONDS)

        output.value
      ensure
        leave(waiter, target)
      end

      # Whatever has come, an interrupt of the user for one: gdb is let end its work, which is
      # short. In the middle of a call it would leave the process where nothing leads back. One that
      # hangs is killed: then the kernel lets go of the process, but a stop that gdb had asked for
      # may still come.
      def leave(waiter, target)
        return unless waiter

        unless waiter.join(PATIENCE)
          %i[TERM KILL].each do |signal|
            Process.kill(signal, waiter.pid)
            break if waiter.join(PATIENCE)
          end
        end
        Process.kill(:CONT, target.pid) if !waiter.value.success? && stopped?(target)
      rescue Errno::ESRCH
        nil # it has just ended
      end

      # The stop may take a moment.
      def stopped?(target)
        10.times do
          return true if target.state == "T"

          sleep 0.01
        end
        false
      rescue Error
        false # it is gone
      end
    end
  end
end

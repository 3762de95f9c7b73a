# frozen_string_literal: true

module HeapDump
  module Outside
    # Makes a process run a piece of Ruby at its next safe point, with a few function calls through
    # gdb. None of them takes a lock, allocates, or touches Ruby's heap: they may come at any
    # moment, in the middle of the GC or of malloc. gdb is let nothing find out by itself (no
    # symbols of libraries, no scripts, no settings of the user); it is given addresses and numbers
    # alone. That is safe, and quick: what gdb reads it reads while the process stands still.
    # Its commands come through a pipe: there may be no place to write a file to, or only one where
    # others could change it.
    class Gdb
      # gdb that was attached and could not do what it should; the message is its last words.
      class Failed < Error; end

      # Which registers there are; x86_64.xml tells why gdb must not find out itself.
      DESCRIPTION = "set tdesc filename #{__dir__}/x86_64.xml".freeze
      REGISTERS = RUBY_PLATFORM.include?("x86_64") ? ["-iex", DESCRIPTION].freeze : [].freeze
      OPTIONS = ["-nx", "-nh", "-q", "-readnever",
                 "-iex", "set prompt",
                 "-iex", "set width 0",
                 "-iex", "set auto-load no",
                 "-iex", "set auto-solib-add off",
                 "-iex", "set sysroot /nonexistent",
                 "-iex", "set debug-file-directory /nonexistent",
                 "-iex", "set libthread-db-search-path /nonexistent",
                 "-iex", "set exec-file-mismatch off",
                 "-iex", "set confirm off",
                 "-iex", "set pagination off",
                 "-iex", "set style enabled off",
                 "-iex", "set language c",
                 "-iex", "set unwindonsignal on",
                 *REGISTERS].freeze
      # After this it is ended. With a healthy process it takes a quarter of a second.
      SECONDS = 30
      PATIENCE = 5
      # What it tells of a command's time: of ours, from attaching to detaching.
      TIME = /^Command execution time: .*, ([\d.]+) \(wall\)\n|^\S+ \S+ - command \w+\n/

      def self.find
        directories = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)
        directories.map { |directory| File.join(directory, "gdb") }
                   .find { |path| File.file?(path) && File.executable?(path) }
      end

      def initialize(program = Gdb.find)
        @program = program
        @held = 0.0
      end

      # Seconds for which the process was held, in all the runs so far.
      attr_reader :held

      # Runs commands in gdb while the process +target+ is attached, and ends with the first that
      # fails. +definitions+ come before. Returns what they print. The process goes on afterwards,
      # whatever happens.
      def run(target, commands, definitions = "")
        input, script = IO.pipe
        reader, writer = IO.pipe
        pid = spawn(target, input, writer)
        [input, writer].each(&:close)
        hurry(pid)
        script.write(as_script(target, commands, definitions))
        script.close
        finish(pid, target, reader)
      ensure
        [input, script, reader, writer].each { |io| io&.close }
      end

      private

      # The program of the process is read before it is attached to, without its debug information:
      # on some processors gdb lets functions return to its entry point.
      def spawn(target, input, output)
        environment = { "PATH" => ENV.fetch("PATH", nil), "LC_ALL" => "C" }
        Process.spawn(environment, @program, *OPTIONS, "/proc/#{target.pid}/exe",
                      in: input, out: output, err: %i[child out],
                      pgroup: true, unsetenv_others: true)
      rescue SystemCallError => e
        reason = SystemCallError.new(nil, e.errno).message
        raise Failed, "#{@program} cannot be run: #{reason}; install gdb again"
      end

      # Where processes wait for a processor it comes first, if this user may have that: the process
      # stands still meanwhile.
      def hurry(pid)
        Process.setpriority(Process::PRIO_PROCESS, pid, -20)
      rescue SystemCallError
        nil
      end

      # All of it is read and understood before the process is attached to. No other thread than the
      # one that calls a function goes on meanwhile.
      def as_script(target, commands, definitions)
        [definitions, "define heapdump", "attach #{target.pid}", "set scheduler-locking on",
         commands, "detach", "end", "maint set per-command time on", "heapdump", ""].join("\n")
      end

      def finish(pid, target, reader)
        started = now
        output = Thread.new { reader.read }
        waiter = Process.detach(pid)
        raise Failed, "gdb did not end within #{SECONDS} s" unless waiter.join(SECONDS)

        # one that does not tell its time did not take more than this
        @held += output.value.scan(TIME).flatten.compact.first&.to_f || (now - started)
        output.value.gsub(TIME, "")
      ensure
        leave(waiter, target)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
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

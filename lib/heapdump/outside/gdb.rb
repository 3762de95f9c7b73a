# frozen_string_literal: true

require_relative "priority"

module HeapDump
  module Outside
    # Makes a process run a piece of Ruby at its next safe point, with a few function calls through
    # gdb. These functions take no lock, allocate nothing and do not touch Ruby's heap, so they may
    # be called at any moment, in the middle of the GC or of malloc. gdb must not look for anything
    # itself (no symbols of libraries, no scripts, no settings of the user): it gets only addresses
    # and numbers. That is safe, and it is fast, because the process stands still while gdb reads.
    # The commands come through a pipe, because there may be no place for a file, or only one where
    # others could change it.
    class Gdb
      # gdb cannot be run, or was attached and could not do what it should. The message says what it
      # has said last, where it was run.
      class Failed < Error; end

      # The list of registers; x86_64.xml says why gdb must not find them itself.
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
      # After so many seconds gdb is ended. With a healthy process it takes a quarter of a second.
      SECONDS = 30
      PATIENCE = 5
      # What gdb prints about the time of a command: here of the one from attaching to detaching.
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

      # For how many seconds gdb has held the process, in all runs so far.
      attr_reader :held

      # Runs commands in gdb while it is attached to the process +target+, until one of them fails.
      # +definitions+ come before that. Returns what the commands print. Whatever happens, the
      # process continues afterwards.
      def run(target, commands, definitions = "")
        input, script = IO.pipe
        reader, writer = IO.pipe
        pid = spawn(target, input, writer)
        [input, writer].each(&:close)
        Priority.highest(pid)
        script.write(as_script(target, commands, definitions))
        script.close
        finish(pid, target, reader)
      ensure
        [input, script, reader, writer].each { |io| io&.close }
      end

      private

      # Starts gdb. It reads the program of the process before it attaches, without debug
      # information: on some processors gdb lets functions return to the entry point of the program.
      def spawn(target, input, output)
        environment = { "PATH" => ENV.fetch("PATH", nil), "LC_ALL" => "C" }
        Process.spawn(environment, @program, *OPTIONS, "/proc/#{target.pid}/exe",
                      in: input, out: output, err: %i[child out],
                      pgroup: true, unsetenv_others: true)
      rescue SystemCallError => e
        reason = SystemCallError.new(nil, e.errno).message
        raise Failed, "#{@program} cannot be run: #{reason}; install gdb again"
      end

      # The commands as one definition, which gdb has parsed completely before it attaches to the
      # process. Only the thread that calls a function runs meanwhile.
      def as_script(target, commands, definitions)
        [definitions, "define heapdump", "attach #{target.pid}", "set scheduler-locking on",
         commands, "detach", "end", "maint set per-command time on", "heapdump", ""].join("\n")
      end

      def finish(pid, target, reader)
        started = now
        output = Thread.new { reader.read }
        waiter = Process.detach(pid)
        raise Failed, "gdb did not end within #{SECONDS} s" unless waiter.join(SECONDS)

        # without a printed time, this is the most that it can have been
        @held += output.value.scan(TIME).flatten.compact.first&.to_f || (now - started)
        output.value.gsub(TIME, "")
      ensure
        leave(waiter, target)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # Ends gdb after an exception too, as an interrupt by the user. gdb gets time to finish, which
      # it needs little of: if it ended in the middle of a call, the process would be left at a
      # place from which it cannot continue. If gdb hangs it is killed. Then the kernel releases the
      # process, but a stop that gdb had asked for may still come.
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

      # Whether the process was stopped, which may take a moment.
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

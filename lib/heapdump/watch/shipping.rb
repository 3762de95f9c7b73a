# frozen_string_literal: true

require "rbconfig"
require_relative "../ship/lock"
require_relative "lock"
require_relative "ship_log"

module HeapDump
  class Watch
    # Has the dumps of a directory shipped, by `heapdump ship --once`: a process of its own, one at
    # a time for all processes that dump into this directory. It goes on when this process ends, and
    # is none of its children: the application may wait for all of those.
    class Shipping # :nodoc:
      HELD = 3 # the descriptor by which the process has the lock until it ends
      PATIENCE = 15 # seconds until it is asked again whether another process still ships
      AGAIN = 900 # seconds until dumps are tried again that have stayed
      # What must be free for the process, in bytes. An SDK sends a dump in parts, and has several
      # copies of one.
      ROOM = 64 << 20
      COPIES = 4
      PART = 16 << 20
      SDK = /\A(?:s3|rails):/
      # It asks to be killed first if memory runs out, as the processes of a dump do.
      FIRST = "{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null"
      LEAVE = "#{FIRST}; \"$@\" >&2 &".freeze
      # All orphans are children of process 1, so it can be one from the beginning.
      STAY = "#{FIRST}; exec \"$@\" >&2".freeze
      LIBRARY = File.expand_path("../..", __dir__)
      PROGRAM = File.expand_path("../exe/heapdump", LIBRARY)
      private_constant :HELD, :PATIENCE, :AGAIN, :ROOM, :COPIES, :PART, :SDK, :FIRST, :LEAVE,
                       :STAY, :LIBRARY, :PROGRAM

      def initialize(options, directory, machine:, gauge:, stats:, voice:)
        @address = options.address
        @directory = directory
        @machine = machine
        @gauge = gauge
        @voice = voice
        @lock = Lock.new(directory.path, Directory::SHIPPING)
        @log = ShipLog.new(directory.path, stats, voice)
        @first = @due = true # what processes before this one have left
        @next = machine.seconds
      end

      # There is a new dump.
      def dumped
        @due = true
        @next = @machine.seconds
        look
      end

      # Tells what the process has said, and starts one if there is something to ship. Not while
      # this process is +busy+ with a dump: both together may take too much memory.
      def look(busy: false)
        listen if @log.open?
        start if @due && !busy && @machine.seconds >= @next
      rescue SystemCallError, IOError => e
        not_started(e.class, Terminal::Trouble.sentence(e))
      end

      # Bytes that the process may take in the next seconds beyond those that it has (Integer); 0 if
      # none ships.
      def to_come
        return 0 unless @directory.being_shipped?

        pid = Ship::Lock.new(@directory.path).holder
        _, anonymous = @gauge.processes.resident(pid) if pid.is_a?(Integer)
        [room(dumps_left) - (anonymous || 0), 0].max
      end

      # In a forked child.
      def forget
        @lock.forget
      end

      private

      # Lines that are written until the process ends are all read.
      def listen
        ended = @lock.take
        @log.tell
        @log.close(stay: dumps_left.any?) if ended
      ensure
        @lock.forget
      end

      # What could not be shipped is tried again once, by the first process after a start.
      def start
        first = @first
        @first = false
        @next = @machine.seconds + PATIENCE
        return @first = first if @directory.being_written? # another process dumps
        return unless @lock.take && Ship::Lock.new(@directory.path).holder.nil?

        left = dumps_left(failed: first)
        return @due = false if left.empty?

        why = no_room(left)
        return no_room_yet(first, why) if why

        @log.start
        run(first)
        @next = @machine.seconds + AGAIN
      ensure
        @lock.forget
      end

      # +failed+: also those that could not be shipped.
      def dumps_left(failed: false)
        @directory.dumps.select do |dump|
          state = Ship::Marks.state(dump.path)
          state == :waiting || (failed && state == :failed)
        end
      end

      # For these dumps, one after the other.
      def room(dumps)
        return ROOM unless @address.match?(SDK)

        ROOM + (COPIES * [dumps.map(&:bytes).max || 0, PART].min)
      end

      def no_room(dumps)
        left, = @gauge.headroom
        needed = room(dumps)
        return unless left && left < needed

        "#{Terminal::Units.bytes([left, 0].max)} of memory are left, and it may take " \
          "#{Terminal::Units.bytes(needed)}"
      end

      def no_room_yet(first, why)
        @first = first
        not_started(:room, why)
      end

      def not_started(key, why)
        @voice.once([:ship, key], "no process that ships the dumps was started: #{why}; they stay")
      end

      # The address may be secret, so it is not among the arguments, which every user can read.
      def run(first)
        alone = @machine.pid == 1
        pid = Process.spawn({ "HEAPDUMP_TO" => @address, "HEAPDUMP_WATCH" => nil,
                              "HEAPDUMP_SIGNAL" => nil },
                            "/bin/sh", "-c", alone ? STAY : LEAVE, "sh", *command(first),
                            in: File::NULL, out: File::NULL, err: @log.target,
                            HELD => @lock.file, close_others: true, pgroup: true, **place)
        Process.detach(pid)
      rescue ThreadError
        nil # the shell stays a zombie
      end

      # The program is that of this library, whatever PATH and Bundler say.
      def command(first)
        [RbConfig.ruby, "-I", LIBRARY, PROGRAM, "ship", "--once", "--json",
         *("--retry" if first), "--to", "env:HEAPDUMP_TO", @directory.path]
      end

      # Where the configuration of the application is.
      def place
        return {} unless @address.start_with?("rails:") && defined?(::Rails.root) && ::Rails.root

        { chdir: ::Rails.root.to_s }
      end
    end
  end
end

# frozen_string_literal: true

require_relative "../whole_file"

module HeapDump
  class Watch
    # What must survive a restart, in DIRECTORY/state.json: which dumps there were in the last 24
    # hours, so that processes that crash again and again get no new budget each time; and which
    # process makes the dumps of a server, so that a series is of one process.
    #
    # Whoever changes it has the Lock of the directory. If the file is damaged, the files of the
    # dumps tell how many there were. Methods raise SystemCallError if it cannot be read or written.
    class State # :nodoc:
      NAME = "state.json"
      DAY = 86_400
      # The day of the budget. What is due at the same time each day must not be refused because it
      # was a little later the day before.
      BUDGET = DAY - 3600
      LASTING = 8 * DAY # seconds; a week and something
      MOST = 200 # servers
      VERSION = 1
      FIGURES = %w[bytes slots modest].freeze
      SOUND = 0..(1 << 50) # no dump has more bytes; a number beyond is damage
      private_constant :MOST, :FIGURES, :SOUND

      # What was wrong with the file when it was last read (String), nil if nothing was.
      attr_reader :broken

      def initialize(directory, machine)
        @directory = directory
        @path = File.join(directory.path, NAME)
        @machine = machine
      end

      # The dumps of the last 24 hours (Hashes with "time", "pid", "series", "rule", "modest",
      # "bytes", "slots"). One that is of the future was made before the clock was set back: it
      # counts from now on, which is written down.
      def dumps
        state = read
        now = @machine.time.to_i
        late = state["dumps"].select { |one| one["time"] > now }
        late.each { |one| one["time"] = now }
        write(state) unless late.empty?
        state["dumps"].select { |one| one["time"] > now - BUDGET }
      end

      # Writes down a dump before it is made, so that it counts even if this process dies of it.
      def reserve(names, strike, slots)
        now = @machine.time.to_i
        entry = { "time" => now, "pid" => names.pid, "series" => names.series,
                  "rule" => strike.rule.to_s, "modest" => strike.modest, "slots" => slots }
        update { |state| state["dumps"] = [*dumps, entry] }
      end

      # The dump that was reserved last has not been begun.
      def cancel(names)
        update do |state|
          state["dumps"] = dumps
          mine = state["dumps"].rindex { |one| one["series"] == names.series }
          state["dumps"].delete_at(mine) if mine
        end
      end

      # The dump that was reserved last is written, and has so many bytes.
      def finish(names, bytes)
        update do |state|
          state["dumps"] = dumps
          mine = state["dumps"].reverse.find { |one| one["series"] == names.series }
          mine["bytes"] = bytes if mine
        end
      end

      # How many bytes a slot has taken in the last dump that is known; nil if none is.
      def bytes_per_slot
        bytes, slots = dumps.map { |one| one.values_at("bytes", "slots") }
                            .reverse.find { |pair| pair.all? { |n| n.to_i.positive? } }
        slots && (bytes.to_f / slots)
      end

      # The process that makes the dumps of a server: [number, start], or nil if none was chosen in
      # the last +seconds+.
      def chosen(server, seconds = DAY)
        pid, started, time = read["chosen"][server]
        [pid, started] if time && (@machine.time.to_i - time).abs < seconds
      end

      def choose(server, pid, started)
        update do |state|
          state["dumps"] = dumps
          now = @machine.time.to_i
          known = state["chosen"].select { |_, (_, _, time)| (now - time).abs < LASTING }
          state["chosen"] = known.except(server).to_a.last(MOST - 1).to_h
          state["chosen"][server] = [pid, started, now]
        end
      end

      private

      def update
        state = read
        yield state
        write(state)
      end

      def write(state)
        WholeFile.write_json(@path, { "version" => VERSION, **state })
      end

      def read
        @broken = nil
        parsed(File.read(@path, encoding: Encoding::UTF_8, flags: File::NOFOLLOW))
      rescue Errno::ENOENT
        { "dumps" => [], "chosen" => {} }
      end

      def parsed(text)
        state = JSON.parse(text)
        raise TypeError unless state.is_a?(Hash) && sound?(state["dumps"], state["chosen"])

        state.slice("dumps", "chosen")
      rescue JSON::ParserError, TypeError, EncodingError
        @broken = "#{@path} is damaged; the dumps that are there count instead"
        { "dumps" => @directory.dumps.map { |one| { "time" => one.time.to_i } }, "chosen" => {} }
      end

      def sound_dump?(time, *figures)
        time.is_a?(Integer) &&
          figures.compact.all? { |one| one.is_a?(Integer) && SOUND.cover?(one) }
      end

      def sound?(dumps, chosen)
        dumps.is_a?(Array) && chosen.is_a?(Hash) &&
          dumps.all? { |one| one.is_a?(Hash) && sound_dump?(*one.values_at("time", *FIGURES)) } &&
          chosen.values.all? { |one| one.is_a?(Array) && one.size == 3 && one.all?(Integer) }
      end
    end
  end
end

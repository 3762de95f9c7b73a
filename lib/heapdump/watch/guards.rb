# frozen_string_literal: true

require_relative "budget"
require_relative "keep"

module HeapDump
  class Watch
    # What forbids a dump although a rule has struck. They cannot be switched off: a dump must never
    # be the cause of what it is to explain.
    class Guards # :nodoc:
      # About how many bytes of JSON there are for a slot, and what compression leaves of them.
      PER_SLOT = 250
      COMPRESSED = 0.15
      TIMES = 2 # as much must be free as the estimate says
      # What must be left when the dump is there: a share of the file system, but no more than this.
      LEFT = 0.05
      MOST_LEFT = 1 << 30
      STEADY = 3600 # seconds by which a clock may have been set
      private_constant :PER_SLOT, :COMPRESSED, :TIMES, :LEFT, :MOST_LEFT, :STEADY

      # Why not (Symbol), the sentence for the log, and whether it may soon be otherwise.
      Refusal = Struct.new(:reason, :words, :passes)

      def initialize(options, machine, directory, state)
        @options = options
        @machine = machine
        @directory = directory
        @state = state
        @keep = Keep.new(directory, options.keep)
        @budget = Budget.new(options, machine, state, named)
        @shipping = nil
        @lag = lag
      end

      attr_reader :budget

      # What has dumps shipped meanwhile (Shipping); nil if nothing does.
      attr_writer :shipping

      # Bytes that must be left of a file system with +all+ bytes when a dump is there.
      def self.reserve(all)
        [(LEFT * all).to_i, MOST_LEFT].min
      end

      # Before anything is written: memory, and where the dump would go. Returns a Refusal or nil.
      def before(facts)
        headroom(facts) || beside(facts) || time(facts) || place
      end

      # What is known at the start to forbid each dump (sentences).
      def at_start(gauge)
        [place&.words, beyond(gauge)].compact.map do |words|
          "#{words}; nothing will be dumped while it is so"
        end
      end

      # Where the dumps would go. Returns a Refusal or nil.
      def place
        problem = @directory.problem
        return refuse(:directory, problem) if problem

        in_memory, = @machine.disk(@directory.path)
        return unless in_memory

        refuse(:tmpfs, "the files of #{named} take memory; name a directory on a disk")
      rescue SystemCallError => e
        refuse(:directory, Terminal::Trouble.sentence(e))
      end

      # With the lock of the directory. Removes old dumps where there are too many. Returns a
      # Refusal or nil.
      def within(names, strike)
        spent = @budget.spent(strike, names.pid)
        spent ? refuse(:budget, spent) : room(names)
      rescue SystemCallError => e
        refuse(:state, "nobody could count the dumps: #{Terminal::Trouble.sentence(e)}")
      end

      # Whether there is room in the memory. Returns a Refusal or nil.
      def headroom(facts)
        left, = facts.gauge.headroom
        needed = facts.gauge.least if left
        return unless left && left < needed

        words = "#{left_words(left, facts)}, and a dump may take #{Terminal::Units.bytes(needed)}"
        # the process that ships takes memory for a while only
        Refusal.new(:headroom, words, @directory.being_shipped?)
      end

      # After a dump.
      def tidy(names)
        @keep.call(names.directory, now)
      end

      private

      # More is used than the limit: what counts may be much more than this process, where a limit
      # is given and the group has none. Returns words or nil.
      def beyond(gauge)
        used, = gauge.usage
        return unless used && gauge.limit && used > gauge.limit

        by = { group: "all processes of the control group #{gauge.cgroup&.measured}",
               machine: "the whole machine" }.fetch(gauge.source, "this process")
        "#{Terminal::Units.bytes(used)} are used already by #{by}, and that counts; the limit is " \
          "#{Terminal::Units.bytes(gauge.limit)}"
      end

      def lag
        @machine.time - @machine.seconds
      end

      # The time; nil if the clock has been set meanwhile. Then nobody knows how old a file is.
      def now
        @machine.time if (lag - @lag).abs < STEADY
      end

      def refuse(reason, words)
        Refusal.new(reason, words)
      end

      # Where one kill would be the end of all, there must be room for a process that ships, too.
      # It is small, and has soon taken what it needs.
      def beside(facts)
        return unless @shipping && facts.gauge.fatal?

        left, needed = facts.gauge.headroom
        more = left ? @shipping.to_come : 0
        return if more.zero? || left >= needed + more

        words = "#{left_words(left, facts)}; a dump may take #{Terminal::Units.bytes(needed)}, " \
                "and the process that ships dumps #{Terminal::Units.bytes(more)} more"
        Refusal.new(:headroom, words, true)
      end

      def left_words(left, facts)
        "#{Terminal::Units.bytes([left, 0].max)} of memory are left up to the limit of " \
          "#{Terminal::Units.bytes(facts.limit)}"
      end

      # While a dump is written, memory goes on growing.
      def time(facts)
        outlook = facts.gauge.outlook
        left = outlook.least_left or return
        takes = outlook.dump_seconds
        return if left >= takes

        words = "memory grows so fast that in #{span(left)} there is no room for a dump any " \
                "more, and one takes about #{span(takes)}"
        Refusal.new(:time, words, true)
      end

      def span(seconds)
        format("%.1f s", seconds)
      end

      def named
        Terminal::Text.safe(@directory.path)
      end

      def room(names)
        expected = estimate
        @keep.call(names.directory, now, files: 1, coming: expected) unless @options.dry
        _, free, all = @machine.disk(@directory.path)
        needed = [TIMES * expected, expected + Guards.reserve(all)].max
        return if free >= needed

        refuse(:disk, "#{Terminal::Units.bytes(free)} are free for #{named}, and " \
                      "#{Terminal::Units.bytes(needed)} must be")
      end

      # Bytes that the dump will have.
      def estimate
        compressed = @options.name.match?(/\.(?:zst|gz)\z/)
        usual = PER_SLOT * (compressed ? COMPRESSED : 1)
        (@machine.slots * [usual, @state.bytes_per_slot || 0].max).to_i
      end
    end
  end
end

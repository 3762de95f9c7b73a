# frozen_string_literal: true

module HeapDump
  module Testing
    # What the dumps of this process have cost, told when it ends.
    #
    #   Cost.words # => "2 tests with heap dumps: 7 dumps took 0.31 s, of which 0.08 s was GC; …"
    module Cost # :nodoc:
      Sum = Struct.new(:pid, :tests, :dumps, :dumping, :gc, :reading)
      private_constant :Sum

      class << self
        # A test has made so many dumps. How long it took to make them, of that the GC, and to read
        # them, in seconds. The first time, this process is made to tell all at its end: that is
        # later than what a framework runs at the end, tests perhaps.
        def add(dumps:, dumping:, gc:, reading:)
          all = sum
          at_exit { $stderr << words << "\n" if words } if all.tests.zero?
          all.tests += 1
          all.dumps += dumps
          all.dumping += dumping
          all.gc += gc
          all.reading += reading
        end

        # nil if this process has made none.
        def words
          all = sum
          return if all.tests.zero?

          "heapdump: #{plural(all.tests, "test")} with #{plural(all.dumps, "dump")}: they took " \
            "#{seconds(all.dumping)}, of which GC #{seconds(all.gc)}; " \
            "to read them #{seconds(all.reading)}"
        end

        private

        # A forked process begins with nothing.
        def sum
          @sum = Sum.new(Process.pid, 0, 0, 0.0, 0.0, 0.0) if @sum&.pid != Process.pid
          @sum
        end

        def plural(number, word)
          Terminal::Units.plural(number, word)
        end

        def seconds(number)
          format("%.2f s", number)
        end
      end
    end
  end
end

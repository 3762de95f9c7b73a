# frozen_string_literal: true

module HeapDump
  module Testing
    # What lives on although a block has ended. Births and Collected say what is looked for.
    class Living
      # How well what counts is held, by Snapshot::Path::RANKS: caches of the VM and the machine
      # stack let go without the program.
      HELD = %i[named frame root].freeze

      # What lives on (Array of Lives).
      attr_reader :lives

      def initialize(label, ignore) # :nodoc:
        @ignored = Testing.settings.ignored.and(ignore)
        @label = label
      end

      # True if something does.
      def live?
        lives.any?
      end

      # What is said of it where nothing must (String).
      def message
        Story.of_lives(lives, head, @folder)
      end

      # Calls +work+ (something with a method +call+), and looks. Returns self. Raises what it
      # raises, what HeapDump.dump raises, and HeapDump::Error as Growth#run does.
      def run(work)
        Comparison.prepare
        found = Alone.run do
          @folder = Folder.new(@label)
          look(work)
        end
        @lives = found.reject { |one| @ignored.reason_for(one) }
        self
      ensure
        @lives&.any? ? @folder.keep : @folder&.remove
      end

      private

      # Dumps the heap, and returns what the block makes of the dump in another process.
      def read_dump(**options)
        began = now
        result = HeapDump.dump(@folder.path(1), strings: Testing.settings.strings, **options)
        dumped = now
        yield result.path
      ensure
        if result
          Cost.add(dumps: 1, dumping: dumped - began, gc: result.gc_seconds, reading: now - dumped)
        end
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # How many live on.
      def number
        lives.sum(&:number)
      end

      def count
        Terminal::Units.count(number)
      end

      def verb
        number == 1 ? "lives" : "live"
      end
    end
  end
end

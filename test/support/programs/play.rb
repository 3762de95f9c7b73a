# frozen_string_literal: true

# What a program may use; loaded into the process that runs it. Small, because whatever is here is
# part of every heap.
module Programs
  # The program's own side: what it keeps, expects and asks for.
  module Play
    KEPT = [] # rubocop:disable Style/MutableConstant
    EARLIER = [] # rubocop:disable Style/MutableConstant
    FAILED = [] # rubocop:disable Style/MutableConstant
    LOCALS = [] # rubocop:disable Style/MutableConstant
    RESTING = 20

    class << self
      attr_reader :options

      # At the beginning of a program: the one before is kept, but as good as not there.
      def start
        EARLIER.concat(KEPT)
        KEPT.clear
      end

      # A part that may fail without the others.
      def piece
        keep(yield)
      rescue Exception => e # rubocop:disable Lint/RescueException
        FAILED << "#{e.class}: #{e.message.to_s[0, 200]} #{e.backtrace.to_a.first(2).join(" < ")}"
      end

      def keep(object)
        KEPT << object
        object
      end

      # Something that was made before.
      def [](number)
        KEPT.empty? ? nil : KEPT[number % KEPT.size]
      end

      # A local variable of whoever calls this, which has to be found in a frame of it.
      def local(name, object)
        LOCALS << [Fiber.current, Thread.current, name.name, object]
        object
      end

      # A thread that has come to where it sleeps for good.
      def thread(...)
        thread = Thread.new(...)
        thread.report_on_exception = false
        limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + RESTING
        until thread.stop?
          raise "never sleeps" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit

          Thread.pass
        end
        thread
      end

      def finish(**options)
        @options = options
      end
    end
  end
end
P = Programs::Play

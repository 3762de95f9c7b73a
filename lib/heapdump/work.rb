# frozen_string_literal: true

module HeapDump
  # Counts what a process has done, by name: the middlewares HeapDump::Rack::Count and
  # HeapDump::Sidekiq and the module HeapDump::ActiveJob call it, or the application itself. The
  # notes of HeapDump.watch and what is known of a dump have the numbers; <tt>on.every</tt> goes by
  # them.
  #
  #   HeapDump::Work.count(:jobs, "HardJob")
  #   HeapDump::Work.jobs # => 1
  module Work
    # So many names are told apart; whatever comes later is "other".
    MOST_NAMES = 1000
    LONGEST = 200 # characters
    OTHER = "other"
    KINDS = %i[jobs requests].freeze
    LOCK = Mutex.new
    private_constant :MOST_NAMES, :LONGEST, :OTHER, :KINDS, :LOCK

    class << self
      # How many jobs were counted in this process (Integer).
      attr_reader :jobs
      # How many requests were counted in this process (Integer).
      attr_reader :requests

      # Counts one of a +kind+ (+:jobs+ or +:requests+) by its +name+ (String); without one it is
      # "other". Returns nil. Raises ArgumentError for another kind.
      #
      #   HeapDump::Work.count(:requests, "orders#show")
      def count(kind, name = OTHER)
        unless KINDS.include?(kind)
          raise ArgumentError, "there are #{KINDS.join(" and ")} to count, not #{kind.inspect}"
        end

        name = writable(name) unless @names.key?(name)
        one_by_one { add(kind, name) }
        nil
      end

      # How often each name was counted in this process (Hash).
      #
      #   HeapDump::Work.totals # => {"HardJob" => 1}
      def totals
        @names.dup
      end

      # The same since the last call.
      def since # :nodoc:
        now = totals
        before = @before
        @before = now
        now.to_h { |name, number| [name, number - before.fetch(name, 0)] }
           .select { |_, number| number.positive? }
      end

      # A forked child has done nothing yet.
      def reset # :nodoc:
        @jobs = @requests = 0
        @names = Hash.new(0)
        @before = {}
      end

      private

      # Without the lock a thread may lose what others count between its reading and its writing. A
      # signal handler may take no lock.
      def one_by_one(&)
        LOCK.synchronize(&)
      rescue ThreadError
        yield
      end

      def add(kind, name)
        kind == :jobs ? @jobs += 1 : @requests += 1
        name = OTHER unless @names.key?(name) || @names.size < MOST_NAMES
        @names[name] += 1
      end

      # A new name as it can be written into a note, whatever it is.
      def writable(name)
        name.to_s.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)[0, LONGEST]
      rescue EncodingError
        OTHER
      end
    end
    reset
  end
end

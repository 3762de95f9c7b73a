# frozen_string_literal: true

require_relative "ractors"

module HeapDump
  # Where some of the objects of this process were allocated, as long as they live. Made by
  # HeapDump.sample_allocations.
  #
  #   sampling = HeapDump.sample_allocations(every: "64 KiB")
  #   sampling.profile.by(:location).first.key # => "/srv/app/cart.rb:12"
  class Sampling
    autoload :Profile, "#{__dir__}/sampling/profile"
    autoload :Weighing, "#{__dir__}/sampling/weighing"

    STACKS = (1..512)
    MOST = 1 << 50
    private_constant :STACKS, :MOST

    # The slot bytes between two samples, on average (Integer).
    attr_reader :every

    class << self
      # Does the work of HeapDump.sample_allocations.
      def start(block, every:, stacks:, seed:) # :nodoc:
        Ractors.refuse_others("allocations cannot be sampled")
        sampling = new(distance(every), frames(stacks), seed.nil? ? Random.new_seed : whole(seed))
        return sampling unless block

        begin
          block.call(sampling)
        ensure
          sampling.stop
        end
      end

      # The one that runs (Sampling or nil).
      def current # :nodoc:
        @current if @current&.running?
      end

      attr_writer :current # :nodoc:

      private

      def distance(every)
        bytes = Watch::Quantity.bytes("every:", every)
        return bytes if bytes <= MOST

        raise ArgumentError, "every: must be at most #{MOST} bytes, not #{every.inspect}"
      end

      def frames(stacks)
        return stacks if stacks.is_a?(Integer) && STACKS.cover?(stacks)

        raise ArgumentError, "stacks: must be a whole number from #{STACKS.begin} to " \
                             "#{STACKS.end}, not #{stacks.inspect}"
      end

      def whole(seed)
        return seed if seed.is_a?(Integer)

        raise ArgumentError, "seed: must be a whole number, not #{seed.inspect}"
      end
    end

    def initialize(every, stacks, seed) # :nodoc:
      @every = every
      @sampler = Sampler.new(every.to_f, stacks, seed & ((1 << 64) - 1))
      @sampler.start
      self.class.current = self
    end

    # Whether it still samples.
    def running?
      @sampler.on?
    end

    # Ends it and forgets all samples. Returns whether it was running.
    #
    #   sampling.stop # => true
    def stop
      @sampler.stop
    end

    # Where the objects that live now come from (Profile). With +gc+ a full GC runs before (default
    # true), so that garbage is not counted. The program waits for it, and then for a time that
    # grows with the number of samples. Raises HeapDump::Error if it runs no more, or if the program
    # has made a Ractor.
    #
    #   sampling.profile.puts
    def profile(gc: true)
      GC.start if gc
      Profile.new(@sampler.snapshot, @every)
    end

    # How it goes (Hash of Symbol => Integer): +:taken+, samples since the start; +:living+, those
    # of them that live, as far as the last GC knows; +:lost+, those that were given up because
    # another tool's hook was running when a GC ended to mark that moved objects; +:memory+, bytes
    # that it needs.
    #
    #   sampling.figures[:memory] # => 214016
    def figures
      %i[taken living lost memory].zip(@sampler.figures).to_h
    end

    def inspect # :nodoc:
      "#<#{self.class} every #{@every} bytes#{", ended" unless running?}>"
    end
  end
end

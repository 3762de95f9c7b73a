# frozen_string_literal: true

module HeapDump
  class BlockReport
    # What was counted as samples of profiles: sums of all runs by stack and class.
    class Samples # :nodoc:
      include Enumerable

      # +stack+ has the frames from the outermost to the one that allocates, only that one if no
      # stacks were noted.
      Sample = Struct.new(:stack, :class_name, :objects, :bytes, :alive, :alive_bytes) do
        # Those of a profile; TYPES names them.
        def values
          to_a.drop(2)
        end
      end
      TYPES = [%w[alloc_objects count], %w[alloc_space bytes], %w[inuse_objects count],
               %w[inuse_space bytes]].freeze
      Frame = Struct.new(:path, :line, :label) do
        # The name of the method, else the place.
        def name
          label || Words.location(path, line)
        end
      end

      def initialize(counted)
        @counted = counted
        @frames = counted[:places].map do |path, line, method|
          Frame.new(path, line, method).freeze
        end
      end

      # Yields a Sample for each stack and class, without what MRI has made for itself.
      def each
        return enum_for(:each) unless block_given?

        @counted[:cells].group_by { |cell| cell.values_at(1, 2) }.each do |(site, klass), cells|
          name, internal = @counted[:classes].fetch(klass)
          next if internal

          sums = [3, 4, 8, 9].map { |at| cells.sum { |cell| cell[at] } }
          yield Sample.new(stack(site), Words.of_class(name), *sums) if sums.first.positive?
        end
      end

      private

      def stack(site)
        stacks = @counted[:stacks] or return [@frames.fetch(site)]
        frames = []
        while site
          site, place = stacks.fetch(site)
          frames << @frames.fetch(place)
        end
        frames.reverse
      end
    end
    private_constant :Samples
  end
end

# frozen_string_literal: true

module HeapDump
  class BlockReport
    # The objects of all runs that live at the end, without those that MRI has made for itself.
    class Survivors # :nodoc:
      # +site+ and +klass+ are numbers of what was counted; +age+ is in GCs.
      Survivor = Struct.new(:address, :bytes, :run, :site, :klass, :age)
      PACKED = "QQLLLL"
      SIZE = 32
      private_constant :PACKED, :SIZE

      # A record of SIZE bytes for each, as Graph#held_ways takes them (String).
      attr_reader :packed

      def initialize(counted)
        @packed = counted.fetch(:survivors).byteslice(0, counted.fetch(:seen) * SIZE)
        @counted = counted
      end

      def size
        @packed.bytesize / SIZE
      end

      def [](at)
        Survivor.new(*@packed.unpack(PACKED, offset: at * SIZE))
      end

      def class_name(survivor)
        Words.of_class(@counted[:classes].fetch(survivor.klass).first)
      end

      # [path, line, method] of the code that made it.
      def place(survivor)
        Words.place(@counted, survivor.site)
      end

      # Objects that MRI has made for itself, and their bytes: medians of the runs.
      def internal(times)
        cells = @counted[:cells].select { |cell| @counted[:classes].fetch(cell[2]).last }
        [8, 9].map do |figure|
          runs = Array.new(times, 0)
          cells.each { |cell| runs[cell.first] += cell[figure] }
          Words.median(runs)
        end
      end

      # A number for each site, the same for sites of one place (String), as Graph#held_ways takes
      # them. Stacks with one innermost frame are one place.
      def places
        sites = @counted[:stacks] || @counted[:places]
        numbers = {}
        sites.each_index.map do |site|
          numbers[Words.place(@counted, site)] ||= numbers.size
        end.pack("L*")
      end
    end
    private_constant :Survivors
  end
end

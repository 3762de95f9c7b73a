# frozen_string_literal: true

module HeapDump
  class BlockReport
    # The objects of all runs that live at the end.
    class Survivors # :nodoc:
      include Enumerable

      # +site+ and +klass+ are numbers of what was counted; +age+ is in GCs.
      Survivor = Struct.new(:address, :bytes, :run, :site, :klass, :age)
      PACKED = "QQLLLL"
      SIZE = 32
      private_constant :PACKED, :SIZE

      def initialize(counted)
        @packed = counted.fetch(:survivors)
        @counted = counted
      end

      def size
        @packed.bytesize / SIZE
      end

      # Whether there are any that a program sees.
      def known?
        any? { |survivor| !internal?(survivor) }
      end

      def each
        return enum_for(:each) { size } unless block_given?

        size.times { |at| yield self[at] }
      end

      def [](at)
        Survivor.new(*@packed.unpack(PACKED, offset: at * SIZE))
      end

      def internal?(survivor)
        @counted[:classes].fetch(survivor.klass).last
      end

      def class_name(survivor)
        Words.of_class(@counted[:classes].fetch(survivor.klass).first)
      end

      # [path, line, method] of the code that made it.
      def place(survivor)
        Words.place(@counted, survivor.site)
      end
    end
    private_constant :Survivors
  end
end

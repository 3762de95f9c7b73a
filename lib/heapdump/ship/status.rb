# frozen_string_literal: true

module HeapDump
  module Ship
    # What has become of the dumps of a directory.
    class Status # :nodoc:
      # +state+: :shipped, :failed, :failing (there is another try), :waiting or :partial (it is not
      # whole). +mark+: what its mark says (Hash).
      Row = Struct.new(:dump, :state, :mark)

      def initialize(dumps)
        @dumps = dumps
      end

      # The process that ships them (Integer), nil if there is none, :unknown if this user may not
      # know.
      def process
        Lock.new(@dumps.path).holder
      end

      # The oldest first (Array of Row).
      def rows
        @dumps.all.map { |dump| row(dump) }
      end

      private

      def row(dump)
        case state = dump.state
        when :shipped then Row.new(dump, state, Marks.read(dump.path, Marks::SHIPPED) || {})
        when :failed then Row.new(dump, state, Marks.read(dump.path, Marks::FAILED) || {})
        else waiting(dump)
        end
      end

      def waiting(dump)
        failed = Marks.read(dump.path, Marks::FAILED)
        return Row.new(dump, :failing, failed) if failed

        Row.new(dump, whole?(dump) ? :waiting : :partial, {})
      end

      def whole?(dump)
        # Another user ships what this one may not read.
        !File.readable?(dump.path) || @dumps.wholeness(dump).whole != false
      rescue ReadError
        false
      end
    end
  end
end

# frozen_string_literal: true

require_relative "ship_lines"

module HeapDump
  module CLI
    # Ships a single dump, which has just been made.
    class ShipOne
      # Seconds after a try that has failed: somebody sits there and waits.
      PAUSES = [1, 4].freeze
      private_constant :PAUSES

      # Listens to a Ship::Run: keeps the place, and says on standard error what has failed.
      class Listener < ShipLines
        attr_reader :place, :words

        def shipped(_dump, place, _seconds)
          @place = place
        end

        # What is to be said after the last try, the error says.
        def failed(dump, words, try, *, pause)
          tell_where(dump) if @words.nil? && pause
          @words = words
          super if pause
        end

        private

        def tell_where(dump)
          write(@err, "heapdump: the dump is at #{Terminal::Text.safe(dump.path)}")
        end
      end

      # +tries+ is for tests.
      def initialize(sink, err, tries: HeapDump::Ship::Tries.new(PAUSES))
        @sink = sink
        @listener = Listener.new(err, err, json: false)
        @tries = tries
      end

      # The place where it is now (Hash). Raises HeapDump::Error if it could not be brought there;
      # the dump is then still where it was.
      def call(path)
        dumps = HeapDump::Ship::Dumps.new(File.dirname(path), young: 0)
        dumps.check_place(@sink)
        delivery = HeapDump::Ship::Delivery.new(@sink, dumps)
        run = HeapDump::Ship::Run.new(dumps, delivery, @listener, only: File.basename(path),
                                                                  tries: @tries)
        HeapDump::Ship::Lock.new(dumps.path).hold { run.once }
        @listener.place or raise Error, @listener.words || "it is not whole"
      rescue Error => e
        raise Error, "the dump is at #{path}, but it was not shipped: #{e.message}; " \
                     "`#{command(path)}` tries again"
      end

      private

      # The address is left out, because it may be secret.
      def command(path)
        "#{Terminal::Shell.join("heapdump ship", File.dirname(path))} --once --retry --to …"
      end
    end
  end
end

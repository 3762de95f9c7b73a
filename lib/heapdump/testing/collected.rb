# frozen_string_literal: true

require "objspace"

module HeapDump
  module Testing
    # Objects that a block names, and that are held when it has ended.
    #
    #   collected = Collected.of("logout", "session") do |objects|
    #     objects << session = sign_in
    #     sign_out(session)
    #   end
    #   collected.live? # => false
    class Collected < Living
      # What the block gets. It remembers objects without holding them.
      class Objects
        def initialize # :nodoc:
          @objects = ObjectSpace::WeakMap.new
          @given = 0
        end

        # Remembers an object. Returns self. Raises ArgumentError for one that is never collected:
        # a number, a symbol, true, false or nil.
        #
        #   objects << session
        def <<(object)
          case object
          when Integer, Float, Symbol, true, false, nil
            raise ArgumentError, "#{object.inspect} is never collected"
          end
          @objects[object] = object
          @given += 1
          self
        end

        # The same, but returns the object.
        #
        #   sign_out(objects.add(sign_in))
        def add(object)
          self << object
          object
        end

        def given? # :nodoc:
          @given.positive?
        end

        # Where those lie that live (Array of Integer).
        def addresses # :nodoc:
          words = Kernel.instance_method(:to_s)
          @objects.keys.map { |object| words.bind_call(object)[/0x\h+/].hex }
        end
      end

      # Calls the block with an Objects. Returns a Collected. Raises what ::new and #run raise, and
      # ArgumentError if the block gives no object.
      def self.of(label, what = "object", ignore: {}, &block)
        new(label, what, ignore: ignore).run(block)
      end

      # Those of a dump that lie there (Array of Lives).
      def self.lives(path, addresses) # :nodoc:
        snapshot = Snapshot.open(path, index: false)
        Lives.of(snapshot, addresses.filter_map { |address| snapshot.object(address) }) { false }
      end

      # +what+ says in words which objects these are.
      def initialize(label, what = "object", ignore: {})
        super(label, ignore)
        @what = what
      end

      private

      def look(work)
        objects = Objects.new
        call(work, objects)
        raise ArgumentError, "the block gives no object: objects << session" unless objects.given?

        GC.start
        addresses = objects.addresses
        return [] if addresses.empty?

        in_place { read_dump(gc: false) { |path| Apart.run { Collected.lives(path, addresses) } } }
      end

      def call(work, objects)
        work.call(objects)
        nil
      end

      # Nothing is moved or freed meanwhile.
      def in_place
        disabled = GC.disable
        yield
      ensure
        GC.enable unless disabled
      end

      def head
        "#{@what}: #{Terminal::Units.plural(number, "object")} #{verb} on when the block has " \
          "ended, expected: none."
      end
    end
  end
end

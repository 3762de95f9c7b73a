# frozen_string_literal: true

module HeapDump
  class Web
    # A question that can be asked. A subclass declares its parameters, and its #answer returns what
    # the answer says.
    #
    #   class Dominated < Question
    #     of_dump
    #     takes :object, Kinds::Address.new, required: true
    #     page                                      # it has the parameters offset and limit
    #
    #     def answer
    #       page_of(snapshot.dominated(object, limit: given[:limit], offset: given[:offset]))
    #     end
    #   end
    class Question
      ROWS = 200 # an answer has at most so many

      class << self
        # The parameters (Hash of Parameters::Parameter by Symbol).
        def parameters
          @parameters ||= self == Question ? {} : superclass.parameters.dup
        end

        # True for questions that have to wait for their turn.
        def slow?
          @slow || (self != Question && superclass.slow?)
        end

        # For how many seconds an answer may be kept (Integer), nil if that does not matter.
        def kept_for
          @kept_for || (superclass.kept_for unless self == Question)
        end

        private

        def takes(name, kind, default: nil, required: false)
          parameters[name] = Parameters::Parameter.new(kind, default, required).freeze
        end

        # It is about one dump.
        def of_dump
          takes :dump, Dumps::ID, required: true
          takes :values, Kinds::Flag.new, default: false
        end

        # It has a list, of which a part is returned.
        def page(limit: 50)
          takes :offset, Kinds::Number.new(0..), default: 0
          takes :limit, Kinds::Number.new(0..ROWS), default: limit
        end

        def slow
          @slow = true
        end

        # Its answer may become another one.
        def kept(seconds)
          @kept_for = seconds
        end
      end

      # What was asked: all parameters by name (Hash by Symbol).
      attr_reader :given

      # +fleet+ is a FleetStore, for questions about one.
      def initialize(given, dumps, jobs, fleet = nil)
        @given = given
        @dumps = dumps
        @jobs = jobs
        @fleet = fleet
        opened
      end

      # Whether it has to wait for its turn.
      def slow?
        self.class.slow?
      end

      # For how many seconds its answer may be kept (Integer), nil if that does not matter.
      def kept_for
        self.class.kept_for
      end

      # The Job that answers it, nil if none is needed.
      def job
        @jobs.ask(self)
      end

      # The dumps that it is about, which no other job may use meanwhile (Array of Opened).
      def opened
        @opened ||= @dumps.open([*given[:dump]])
      end

      # What is the same for the same question, and for no other.
      def key
        [self.class.name, *opened.map(&:key), *given.to_a.flatten(1)].inspect
      end

      # How far it is, as Snapshot#progress.
      def progress
        opened.lazy.filter_map { |one| one.snapshot.progress }.first
      end

      private

      # The dump, without values unless they are asked for.
      def snapshot
        opened.first.view(given[:values])
      end

      def facts
        @facts ||= Facts.new(snapshot)
      end

      # An object by its address. Raises Refusal if there is none.
      def object(address = given[:object])
        snapshot.object(address) or
          raise Refusal.new(404, "no_such_object", "this dump has no object at that address")
      end

      # The object below which something is asked, nil for the whole dump. It means nothing in the
      # dump with which this one is compared.
      def below
        return unless given[:below]
        return object(given[:below]) unless given[:baseline]

        raise Refusal.new(400, "bad_value", "below and baseline exclude each other: an address " \
                                            "is good within one dump only")
      end

      # For JSON: the items of a page (Array), and how many there are in all.
      def list(items, total)
        { total: total, offset: given[:offset], items: items }
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # A question to the store of a fleet, about the processes of an application, the dumps of a
      # revision, or those of the last hours. Few of these run at once, as each has a connection.
      class OfFleet < Question
        NAMED = 500 # characters of an application or a revision
        HOURS = 100_000
        # For how many seconds an answer is kept: somebody may import meanwhile.
        FRESH = 30
        takes :app, Kinds::Name.new(NAMED)
        takes :revision, Kinds::Name.new(NAMED)
        takes :hours, Kinds::Number.new(1..HOURS)
        takes :values, Kinds::Flag.new, default: false
        slow
        kept FRESH
        private_constant :NAMED, :HOURS, :FRESH

        # It is about no dump of this server.
        def opened
          []
        end

        def progress
          ["asking the store", nil, nil]
        end

        def answer
          @fleet.ask { |store| answer_of(store) }
        rescue NotFound
          raise Refusal.new(404, "not_found", "the store has nothing of that name")
        end

        private

        # By which a HeapDump::Fleet::Question chooses (Hash).
        def filter
          { **given.slice(:app, :revision), since: since }.compact
        end

        def since
          [Time.now.utc - (3600 * given[:hours]), Time.at(0).utc].max if given[:hours]
        end

        # A page of the rows of a question, each as the block makes it.
        def page_of(question, &)
          rows = question.rows
          list(rows.drop(given[:offset]).first(given[:limit]).map(&), rows.size)
        end

        # A text that is shown, and no name that can be asked for.
        def told(text)
          return if text.nil?

          Terminal::Text.safe(given[:values] ? text : Snapshot::Homes.hide(text))
        end

        def host(name)
          given[:values] ? told(name) : @fleet.host(name)
        end

        def at(time)
          time&.getutc&.iso8601(3)
        end

        def pace(number)
          number.round(3)
        end
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The dumps, with what their headers say.
      class DumpList < Question
        takes :values, Kinds::Flag.new, default: false
        page limit: ROWS

        HEADER = %w[time pid ruby platform program host strings gc_ran].freeze
        private_constant :HEADER

        # It is answered at once, also while others are worked out.
        def job; end

        def answer
          all = @dumps.all
          shown = all.drop(given[:offset]).first(given[:limit])
          { note: told(@dumps.trouble), fleet: @fleet.there?,
            **list(shown.map { |dump| item(dump) }, all.size) }
        end

        private

        def item(dump)
          work, done, all = dump.progress
          { id: dump.id, name: dump.name, bytes: dump.bytes, state: dump.state.to_s,
            progress: work && { work: work, done: done, of: all },
            error: told(dump.error), **contents(dump.opened&.view(given[:values])) }
        end

        # A sentence with paths, in which home folders are values.
        def told(text)
          given[:values] || text.nil? ? text : Snapshot::Homes.hide(text)
        end

        # What is known of a dump that is open.
        def contents(snapshot)
          return {} unless snapshot

          live, live_bytes = snapshot.graph.totals
          { path: snapshot.path, argument: snapshot.argument, objects: snapshot.objects, live: live,
            live_bytes: live_bytes, rss: snapshot.account.rss, whole: snapshot.whole,
            header: snapshot.header.slice(*HEADER) }
        end
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What changed from an earlier dump to this one.
      class Diff < Question
        of_dump
        takes :baseline, Dumps::ID, required: true
        takes :by, Kinds::Word.new(%i[class type location generation gem]), default: :class
        takes :shrunk, Kinds::Flag.new, default: false
        page

        def answer
          diff = snapshots.first.diff(snapshots.last, by: given[:by])
          changes = given[:shrunk] ? diff.changes.reverse : diff.changes
          shown = changes.drop(given[:offset]).first(given[:limit])
          { by: given[:by].to_s, objects: diff.counts, bytes: diff.bytes, **process,
            **list(shown.map { |change| item(change) }, changes.size) }
        end

        def opened
          @opened ||= @dumps.open([given[:baseline], given[:dump]])
        end

        private

        def snapshots
          @snapshots ||= opened.map { |one| one.view(given[:values]) }
        end

        # The process in both dumps. If they are of different processes, nothing grew or shrank.
        def process
          { same_process: snapshots.map { |one| one.header.values_at("pid", "host") }.uniq.one?,
            process: snapshots.map { |one| { rss: one.account.rss, parts: one.account.parts } } }
        end

        def item(change)
          { key: change.key, label: Terminal::Text.safe(change.label), counts: change.counts,
            bytes: change.bytes, retained: change.retained, count_change: change.count_change,
            bytes_change: change.bytes_change }
        end
      end
    end
  end
end

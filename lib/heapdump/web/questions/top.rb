# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The objects that retain most, and who holds them.
      class Top < Question
        of_dump
        takes :all, Kinds::Flag.new, default: false
        page

        def answer
          page = snapshot.top(limit: given[:limit], offset: given[:offset], program: !given[:all])
          items = page.map { |node| { **facts.dominator(node), held_by: facts.held_by(node) } }
          { live_bytes: snapshot.graph.totals[1],
            besides: given[:all] ? nil : Snapshot::Aside.of(snapshot).to_h,
            **list(items, page.total) }
        end
      end
    end
  end
end

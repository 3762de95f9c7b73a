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
          total, numbers = largest
          items = numbers.map do |number|
            node = snapshot.node(number)
            { **facts.dominator(node), held_by: facts.held_by(node) }
          end
          { live_bytes: snapshot.graph.totals[1],
            besides: given[:all] ? nil : snapshot.aside.to_h, **list(items, total) }
        end

        private

        # How many there are in all, and the numbers of those on the page.
        def largest
          opened.first.list([:top, given[:all]],
                            *given.values_at(:offset, :limit)) do |offset, limit|
            snapshot.top_numbers(offset, limit, !given[:all])
          end
        end
      end
    end
  end
end

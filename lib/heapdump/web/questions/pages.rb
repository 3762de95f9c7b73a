# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The pages of the Ruby heap, and how many of them are nearly empty.
      class Pages < Question
        of_dump

        FIELDS = %i[
          pages page_bytes slots free_slots free_bytes used_pages sparse_pages sparse_objects
        ].freeze
        private_constant :FIELDS

        def answer
          memory = snapshot.summary.memory
          { **memory.to_h.slice(*FIELDS), heaps: heaps }
        end

        private

        # What the footer says of each size of slots.
        def heaps
          heaps = snapshot.footer["heaps"]
          heaps.is_a?(Array) ? heaps.grep(Hash).first(ROWS) : []
        end
      end
    end
  end
end

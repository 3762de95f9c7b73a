# frozen_string_literal: true

module HeapDump
  module CLI
    # What `heapdump leaks` shows below its suspects: what else grew, and why it is not accused.
    module NotAccused
      private

      def show_cleared(found)
        found.cleared.first(limit).each do |suspect|
          screen.line([:dim, "not accused: #{name_of(suspect)} #{numbers(suspect)} " \
                             "#{suspect.unit}, #{suspect.holder}: #{suspect.cleared_because}"])
        end
        more(limit, found.cleared.size)
        found.also_grew.first(limit).each { |one| show_also_grew(one) }
      end

      def show_also_grew(grown)
        held = grown.holder ? "held by #{grown.holder}" : "wherever they are held"
        figures = [numbers(grown), "objects,", *sizes_of(grown)].join(" ")
        screen.line([:dim, "not accused: #{name_of(grown)} #{figures} #{held}: " \
                           "#{grown.cleared_because}"])
      end

      # The bytes of what grew in every step. Elsewhere the number of objects says it.
      def sizes_of(grown)
        return unless grown.growing?

        "#{grown.bytes.map { |size| bytes(size) }.join(" → ")},"
      end

      # The parts of the process that grew, and what of that is known.
      def show_growth(found)
        return if found.growth.empty?

        screen.heading("The process grew#{in_every_step(found)}")
        found.growth.each { |part| show_part(part) }
        screen.line([:dim, "unexplained: #{bytes(found.unexplained)} of it"])
      end

      # Between two dumps there is one step.
      def in_every_step(found)
        found.snapshots.size > 2 ? " in every step" : ""
      end

      def show_part(part)
        sizes = part.bytes.map { |number| bytes(number) }.join(" → ")
        grown = Terminal::Units.bytes_change(part.growth)
        screen.line([:bold, part.label], "  #{sizes} (#{grown})")
        fact("mostly", part.explained_by)
        fact("mostly", "not explained by what the dumps have") unless part.explained_by
        fact("next", part.next_step)
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Leaks
    # What to do about a suspect, in sentences.
    module Advice # :nodoc:
      NO_LINE = "No line of code is known for it. Dumps within HeapDump.trace_allocations { … } " \
                "show the line that makes it."

      module_function

      # Where it gathers. +mark+ is its SuspectEdge; nil where that is not certain, for a +reason+.
      def gathering(mark, reason)
        unless mark
          return "The dumps do not show for certain behind which reference it grows (#{reason})."
        end

        where = "#{mark.step.edge} → #{mark.step.node.words}"
        return "It grows by one name after the other: #{where}." unless mark.sizes

        sizes = mark.sizes.map { |size| Terminal::Units.count(size) }.join(" → ")
        "It gathers in #{where} (#{sizes} #{mark.unit}). Add less there, or take out what is no " \
          "longer needed."
      end
    end
  end
end

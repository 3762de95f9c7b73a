# frozen_string_literal: true

module HeapDump
  module Html
    # What is known of one suspect, the answer first: what leaks, where to change the code, who holds
    # it, and how sure that is.
    class SuspectCard
      include Terminal::Units

      COMPANY = 8 # so many entries of what grows with it are shown
      private_constant :COMPANY

      Template.define(self, :markup, "suspect_card")

      attr_reader :subject, :suspect, :number

      # +number+ is its place in the list.
      def initialize(subject, suspect, number)
        @subject = subject
        @suspect = suspect
        @number = number
      end

      def name
        Markup.short(suspect.class_name, 120)
      end

      # What leaks, and how much.
      def sentence
        "#{name} grows: #{counts} #{suspect.unit} in #{plural(suspect.counts.size, "dump")}. " \
          "What is retained by it grows from #{bytes(suspect.retained.first)} to " \
          "#{bytes(suspect.retained.last)} (#{bytes_change(suspect.retained_growth)})."
      end

      # Who holds it.
      def held
        others = suspect.others.map { |other| " Also held by #{other}." }
        "Held by #{suspect.holder}.#{others.join}"
      end

      # Where to change the code.
      def place
        return unknown_place unless suspect.location

        place = Snapshot::Places.short(suspect.location)
        return "Added by the code at #{place}." if suspect.location_of == "added"

        ["Declared at #{place}#{" (#{suspect.owner})" if suspect.owner}.", may_add].compact.join(" ")
      end

      def path
        @path ||= PathList.of_way(suspect.path, mark: mark)
      end

      # The suspect edge (Leaks::SuspectEdge), nil if it is not certain.
      def mark
        return @mark if defined?(@mark)

        @mark = HeapDump::Leaks::SuspectEdge.of(suspect, subject.leaks.snapshots)
      end

      # The address of the object at the end of the path.
      def address
        suspect.path.target.to_s
      end

      # What else is known, for a ticket.
      def facts
        [("With it grow: #{company}" if suspect.company.any?),
         "Confidence #{suspect.confidence}: #{suspect.reasons.join("; ")}",
         "Signature #{suspect.signature}"].compact
      end

      private

      def counts
        suspect.counts.map { |one| count(one) }.join(" → ")
      end

      def retained
        suspect.retained.map { |one| bytes(one) }.join(" → ")
      end

      def chart
        Chart.new(suspect.counts, words: "#{counts} #{suspect.unit}").markup
      end

      def unknown_place
        "No line of code is known for it. To see it, dump within " \
          "HeapDump.trace_allocations { … }."
      end

      def may_add
        "These methods may add to it: #{suspect.candidates.join(", ")}." if suspect.candidates.any?
      end

      def company
        left_out = suspect.company.size - COMPANY
        [*suspect.company.first(COMPANY), *("#{left_out} more" if left_out.positive?)].join("; ")
      end

      # Whether the reference after which it grows is known, in words.
      def marked
        return "The marked reference leads to what grows." if mark

        "No reference is marked, because the dumps do not show for certain where growth begins."
      end

      def ticket
        Ticket.of_suspect(subject, self).markup
      end
    end
  end
end

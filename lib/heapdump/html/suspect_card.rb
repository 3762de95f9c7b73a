# frozen_string_literal: true

module HeapDump
  module Html
    # What is known of one suspect, the answer first: what leaks, where to change the code, who
    # holds it, and how sure that is.
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
        Markup.name(suspect.class_name)
      end

      # What leaks, and how much.
      def sentence
        first, last = suspect.retained.values_at(0, -1).map { |size| bytes(size) }
        dumps = plural(suspect.counts.size, "dump")
        "#{name} grows: #{counts} #{suspect.unit} in #{dumps}. What is retained by it grows from " \
          "#{first} to #{last} (#{bytes_change(suspect.retained_growth)})."
      end

      # Who holds it.
      def held
        [suspect.holder, *suspect.others].join(", and by ")
      end

      # Where to change the code.
      def place
        return HeapDump::Leaks::Advice::NO_LINE unless suspect.location

        "#{Snapshot::Places.short(suspect.location)}: #{at_place}"
      end

      # Where they gather; what to do about it.
      def gathering
        HeapDump::Leaks::Advice.gathering(*found)
      end

      def path
        @path ||= PathList.of_way(suspect.path, mark: mark)
      end

      # The address of the object at the end of the path.
      def address
        suspect.path.target.to_s
      end

      # Other classes that grow with it, nil if none do.
      def company
        return if suspect.company.empty?

        left_out = suspect.company.size - COMPANY
        [*suspect.company.first(COMPANY), *("#{left_out} more" if left_out.positive?)].join("; ")
      end

      def confidence
        "#{suspect.confidence} (#{suspect.reasons.join("; ")})"
      end

      # The same for JSON (Hash).
      def to_h
        words = { sentence: sentence, place: place, gathering: gathering, held: held }
                .transform_values { |text| Terminal::Text.safe(text) }
        { **words, path: path.to_a, address: address,
                   ticket: Ticket.of_suspect(subject, self).to_a }
      end

      private

      # The suspect edge (Leaks::SuspectEdge), nil if it is not certain.
      def mark
        found.first
      end

      # The suspect edge, and why there is none: one of them is nil.
      def found
        @found ||= HeapDump::Leaks::SuspectEdge.find(suspect, subject.leaks.snapshots)
      end

      def counts
        suspect.counts.map { |one| count(one) }.join(" → ")
      end

      def retained
        suspect.retained.map { |one| bytes(one) }.join(" → ")
      end

      def chart
        Chart.new(suspect.counts, words: "#{counts} #{suspect.unit}").markup
      end

      def at_place
        case suspect.location_of
        when "added" then "this code adds to it."
        when "running"
          "a method or block runs there in the last dump. What its variables hold is held as " \
          "long as it runs. Another of its lines may be the one that adds to it."
        else
          "#{suspect.declared || "what holds it"} is defined there#{which_holds}.#{may_add}"
        end
      end

      def which_holds
        ", which holds what grows" if suspect.declared
      end

      def may_add
        " These methods may add to it: #{suspect.candidates.join(", ")}." if suspect.candidates.any?
      end

      def ticket
        Ticket.of_suspect(subject, self).markup
      end
    end
  end
end

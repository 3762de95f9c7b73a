# frozen_string_literal: true

require_relative "in_json"
require_relative "reading"

module HeapDump
  module CLI
    # Shows strings of which there is more than one copy.
    class Strings < Reading
      include InJSON

      usage "FILE"
      limit 20
      details <<~TEXT
        What would be saved if there was one copy of each; who holds them, of a sample; and where they
        were allocated, if that was traced. A dump with `strings: :hash` shows which are equal, but
        not what they say; one with `strings: :none` shows nothing of this.
      TEXT

      def call(file)
        snapshot = open_snapshot(file)
        duplicates = work(snapshot) { snapshot.duplicate_strings(limit: limit) }
        json? ? json(duplicates) : show(snapshot, duplicates)
        OK
      end

      private

      def show(snapshot, duplicates)
        screen.line("#{count(duplicates.strings)} strings live. #{result(duplicates)}")
        return if duplicates.none?

        screen.blank
        table = Table.new(["saved", "copies", "address", "value", "held by"], right: 2)
        duplicates.each do |one|
          table.row(bytes(one.wasted), count(one.copies), one.example.to_s, Strings.value(one),
                    one.held_by)
        end
        screen.table(table)
        without_contents(snapshot)
        more(duplicates.size, duplicates.contents)
        traced(duplicates)
      end

      def result(duplicates)
        if duplicates.compared.zero? && duplicates.strings.positive?
          return "The dump has no contents to compare: take one with strings: :full or :hash."
        end

        "#{count(duplicates.copies)} of them are copies of #{count(duplicates.contents)} texts: " \
          "one of each would save #{bytes(duplicates.wasted)}."
      end

      def traced(duplicates)
        placed = duplicates.reject { |one| one.locations.empty? }
        return if placed.empty?

        screen.heading("Where they were allocated")
        table = Table.new(%w[copies value place], right: 1)
        placed.each do |one|
          places = one.locations.map { |place, share| "#{Snapshot::Places.short(place)} (#{share})" }
          table.row(count(one.copies), Strings.value(one), places.join(", "))
        end
        screen.table(table)
      end

      def json(duplicates)
        print_json(strings: duplicates.strings, compared: duplicates.compared,
                   contents: duplicates.contents, copies: duplicates.copies,
                   wasted: duplicates.wasted,
                   duplicates: duplicates.map { |one| duplicate_json(one) })
      end

      class << self
        # The content of equal strings in words; `summary` shows it, too. The address of one of them
        # is shown beside it.
        def value(duplicate)
          Snapshot::Describe.text_with_length(duplicate.example.brief) || "(not in the dump)"
        end
      end
    end
  end
end

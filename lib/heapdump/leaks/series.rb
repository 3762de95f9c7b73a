# frozen_string_literal: true

module HeapDump
  class Leaks
    # Dumps in the order in which they were taken, and whether they can be compared.
    class Series
      # The oldest first (Array of Snapshot).
      attr_reader :snapshots
      # What is wrong with them as a series (Array of String).
      attr_reader :warnings

      # +dumps+ are Snapshots or paths.
      def initialize(dumps)
        raise ArgumentError, "give two dumps of one process or more" if dumps.size < 2

        given = dumps.map { |dump| dump.is_a?(Snapshot) ? dump : Snapshot.open(dump) }
        @snapshots = in_order(given).freeze
        @warnings = [*order_warning(given), *identity_warnings, *process_warnings, *whole_warnings]
      end

      def size
        snapshots.size
      end

      def last
        snapshots.last
      end

      # Whether the dumps are of one process, each taken later than the one before, and whole.
      def sound?
        warnings.empty?
      end

      # Objects that were allocated from dump to dump, nil where the headers do not tell.
      def allocations
        figures("total_allocated_objects")&.each_cons(2)&.map { |before, after| after - before }
      end

      private

      def figures(name)
        all = snapshots.map { |snapshot| snapshot.header.dig("gc", name) }
        all if all.all?(Integer)
      end

      def in_order(given)
        times = given.map { |snapshot| snapshot.header["time"] }
        return given unless times.all?(String)

        given.sort_by.with_index { |snapshot, index| [snapshot.header["time"], index] }
      end

      def order_warning(given)
        return if given.map(&:object_id) == snapshots.map(&:object_id)

        "the dumps were not given in the order in which they were taken; " \
          "they are compared in that order: #{snapshots.map(&:path).join(", ")}"
      end

      def identity_warnings
        snapshots.each_cons(2).filter_map do |before, after|
          next unless same?(before, after)

          "#{after.path} is the same dump as #{before.path}: nothing can have grown between them"
        end
      end

      def same?(before, after)
        return true if before.path == after.path && before.path != "-"

        times = [before, after].map { |snapshot| snapshot.header.values_at("time", "pid") }
        times.first.first && times.uniq.size == 1
      end

      def process_warnings
        different("pid", "processes") || different("host", "hosts") ||
          different("program", "programs") || restart
      end

      # Servers tell in their names what they do at the moment ("sidekiq 7.3.9 app [2 of 5 busy]"),
      # so that the first word has to do.
      def different(field, words)
        values = snapshots.map { |snapshot| snapshot.header[field] }.uniq
        return if values.size == 1
        return if field == "program" && values.uniq { |name| name.to_s[/\S+/] }.size == 1

        values = values.map { |value| Terminal::Text.safe(value || "unknown") }
        ["the dumps are of different #{words} (#{values.join(", ")}): what differs between them " \
         "need not have grown"]
      end

      # Within one process such figures never fall.
      def restart
        %w[count total_allocated_objects].each do |name|
          all = figures(name)
          next unless all&.each_cons(2)&.any? { |before, after| after < before }

          return ["the dumps have the same pid but not the same process (gc.#{name} has fallen): " \
                  "what differs between them need not have grown"]
        end
        nil
      end

      def whole_warnings
        snapshots.flat_map do |snapshot|
          snapshot.warnings.map { |text| "#{snapshot.path}: #{text}" }
        end
      end
    end
  end
end

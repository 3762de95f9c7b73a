# frozen_string_literal: true

require_relative "../trends"

module HeapDump
  module Fleet
    # Judges processes by the rows that a store has of them, as `heapdump trends` judges dumps, and
    # keeps the verdicts.
    class Judging # :nodoc:
      # What of a process has a verdict of its own: the names of its lines in Trends, and the kind
      # of the row. Each judged process has a row of "process".
      PARTS = { "held" => "process", "native" => "native" }.freeze
      KEPT = %i[leak slow fast].freeze
      private_constant :PARTS, :KEPT

      def initialize(store)
        @store = store
      end

      # Judges these processes (ids), each of them in a transaction that nobody else has for it at
      # the same time. Returns how many of them leak (Integer). Raises StoreError.
      def run(ids = due)
        ids.uniq.count do |id|
          @store.transaction do
            @store.lock(id)
            stored = StoredExtracts.new(@store, id)
            next if stored.times.empty?

            leaks?(id, stored.judged).tap { mark(id, stored.times) }
          end
        end
      end

      # Processes (ids) that have dumps of which the last judgement did not know, whoever imported
      # them.
      def due
        found = @store.query(
          "SELECT d.id AS id FROM (SELECT process_id AS id, count(*) AS number, max(at) AS last " \
          "FROM #{@store.table(:dump)} GROUP BY process_id) d LEFT JOIN " \
          "(SELECT process_id AS judged_id, dumps, newest FROM #{@store.table(:judged)}) j " \
          "ON j.judged_id = d.id " \
          "WHERE j.dumps IS NULL OR d.number > j.dumps OR d.last > j.newest ORDER BY d.id"
        )
        found.map { |row| row[:id] }
      end

      private

      # What is judged by now.
      def mark(id, times)
        @store.put(:judged, [[id, times.size, times.last]])
      end

      # Returns whether it leaks.
      def leaks?(id, extracts)
        series = Trends.of_extracts(extracts).max_by { |one| one.dumps.size }
        return false unless series&.judged?

        found = rows(series).map { |row| [id, *row] }
        found_before = found.to_h { |row| [row[1..2], true] }
        @store.put(:verdict, passed(id).reject { |row| found_before[row[1..2]] } + found)
        series.leaks?
      end

      # Verdicts of before, which are not found any more: they are static by now.
      def passed(id)
        columns = Schema::TABLES[:verdict].columns
        rows_of(:verdict, id, "kind, name").map do |row|
          columns.map { |name, type| type == :time ? @store.time(row[name]) : row[name] }
                 .tap { |values| values[columns.keys.index(:verdict)] = "static" }
        end
      end

      # What leaks along with something else, as what it holds, is told with that.
      def rows(series)
        with = series.leaks.flat_map do |leak|
          leak.others.map do |line|
            [line, leak.line.name]
          end
        end.to_h
        series.lines.filter_map do |line|
          kind = line.kind == :process ? PARTS[line.name] : line.kind.to_s
          next unless kind && (kind == "process" || KEPT.include?(line.verdict))

          row(series, line, kind, with[line])
        end
      end

      def row(series, line, kind, with)
        [kind, Rows.text(line.name), line.verdict.to_s, *whose(series), *ends(line.objects),
         *ends(bytes(line)), line.unit == "objects" ? line.per_hour.to_f : 0.0, pace(line),
         Rows.text(with.to_s), line.reasons.join("; ")]
      end

      def whose(series)
        first, last = series.dumps.values_at(0, -1)
        [series.identity[:app].to_s, last.identity[:revision].to_s, first.time, last.time,
         series.dumps.size]
      end

      def bytes(line)
        line.retained || line.values
      end

      def ends(values)
        known = values.to_a.compact
        [known.first || 0, known.last || 0]
      end

      def pace(line)
        (line.retained_per_hour || line.per_hour).to_f
      end

      def rows_of(table, id, order = "at")
        @store.query("SELECT * FROM #{@store.table(table)} WHERE process_id = ? " \
                     "ORDER BY #{order}", id)
      end
    end
  end
end

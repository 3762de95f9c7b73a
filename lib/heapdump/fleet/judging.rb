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
      # Small objects have no rows: what is not there is not known.
      OTHERS = Extract::OtherSum.new(0, 0, 0)
      private_constant :PARTS, :KEPT, :OTHERS

      def initialize(store)
        @store = store
      end

      # Judges these processes (ids). Returns how many of them leak (Integer). Raises StoreError.
      def run(ids)
        ids.uniq.count { |id| judge(id) }
      end

      private

      def judge(id)
        series = Trends.of_extracts(extracts(id)).max_by { |one| one.dumps.size }
        return false unless series&.judged?

        @store.put(:verdict, [*passed(id), *rows(series).map { |row| [id, *row] }].reverse
                                                                                  .uniq { |row| row[0..2] })
        series.leaks?
      end

      # Verdicts of before: what is not found any more is static by now.
      def passed(id)
        rows_of(:verdict, id, "kind, name").map do |row|
          columns = Schema::TABLES[:verdict].columns
          columns.map do |name, type|
            next "static" if name == :verdict

            type == :time ? @store.time(row[name]) : row[name]
          end
        end
      end

      # What leaks along with something else, as what it holds, is told with that.
      def rows(series)
        with = series.leaks.flat_map { |leak| leak.others.map { |line| [line, leak.line.name] } }.to_h
        series.lines.filter_map do |line|
          kind = line.kind == :process ? PARTS[line.name] : line.kind.to_s
          next unless kind && (kind == "process" || KEPT.include?(line.verdict))

          row(series, line, kind, with[line])
        end
      end

      def row(series, line, kind, with)
        [kind, Rows.text(line.name), line.verdict.to_s, series.identity[:app].to_s,
         series.dumps.last.identity[:revision].to_s, series.dumps.first.time,
         series.dumps.last.time, series.dumps.size, *ends(line.objects), *ends(bytes(line)),
         line.unit == "objects" ? line.per_hour.to_f : 0.0, pace(line), Rows.text(with.to_s),
         line.reasons.join("; ")]
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

      # What the rows say of each dump (Array of [uri, Extract]).
      def extracts(id)
        process = @store.row("SELECT * FROM #{@store.table(:process)} WHERE id = ?", id)
        dumps = rows_of(:dump, id)
        parts = by_time(:part_row, id)
        classes = by_time(:class_row, id)
        ways = by_time(:way_row, id)
        work = by_time(:work_row, id)
        names = @store.names([*classes.values, *work.values].flatten(1).map { |row| row[:name_id] })
        known = @store.among(:way, :signature, ways.values.flatten(1).map { |row| row[:signature] })
                      .to_h { |row| [row[:signature], row] }
        dumps.map do |dump|
          at = dump[:at]
          [dump[:uri], extract(process, dump,
                               account: parts.fetch(at, []).to_h { |row| [row[:part].to_sym, row[:bytes]] },
                               classes: classes(classes.fetch(at, []), names),
                               ways: ways(ways.fetch(at, []), known),
                               work: work.fetch(at, []).to_h { |row| [names[row[:name_id]], row[:done]] })]
        end
      end

      def rows_of(table, id, order = "at")
        @store.query("SELECT * FROM #{@store.table(table)} WHERE process_id = ? ORDER BY #{order}", id)
      end

      def by_time(table, id)
        rows_of(table, id).group_by { |row| row[:at] }
      end

      def classes(rows, names)
        rows.to_h do |row|
          [names.fetch(row[:name_id]),
           Extract::ClassSum.new(*row.values_at(:objects, :bytes, :retained, :old))]
        end
      end

      def ways(rows, known)
        rows.to_h do |row|
          way = known.fetch(row[:signature])
          [row[:signature], Extract::WaySum.new(
            *way.values_at(:class_name, :holder, :location, :gem, :told),
            *row.values_at(:objects, :bytes, :retained)
          )]
        end
      end

      def extract(process, dump, **sums)
        Extract.new(
          identity: { host: process[:host], pid: process[:pid], series: process[:life],
                      app: process[:app], program: process[:program], ruby: process[:ruby],
                      platform: process[:platform], revision: dump[:revision] }.compact,
          time: @store.time(dump[:at]), warnings: [], complete: true, rule: dump[:rule],
          gc: { count: dump[:gc_count], major_gc_count: dump[:major_gc_count],
                total_allocated_objects: dump[:allocated] }.compact,
          **dump.slice(:objects, :held_objects, :held_bytes, :garbage_bytes), sites: {},
          other_classes: OTHERS, other_ways: OTHERS, other_sites: nil, **sums
        )
      end
    end
  end
end

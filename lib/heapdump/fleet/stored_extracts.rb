# frozen_string_literal: true

require "set"

module HeapDump
  module Fleet
    # The dumps of a process as a store knows them: Extracts, made of rows.
    class StoredExtracts # :nodoc:
      # Small objects have no rows: what is not there is not known.
      OTHERS = Extract::OtherSum.new(0, 0, 0)
      TABLES = %i[part_row class_row way_row work_row].freeze
      private_constant :OTHERS, :TABLES

      # +id+:: of the process
      def initialize(store, id)
        @store = store
        @id = id
      end

      # When all dumps of the process were taken (Array of Time, in their order).
      def times
        dumps.map { |dump| @store.time(dump[:at]) }
      end

      # Array of [uri, Extract] of the dumps that are judged, in the order of their times.
      def judged
        dumps = JudgedDumps.of(self.dumps)
        @thinned = dumps.size < self.dumps.size
        times = dumps.map { |dump| dump[:at] }
        @rows = TABLES.to_h { |table| [table, rows(table, times).group_by { |row| row[:at] }] }
        @process = @store.among(:process, :id, [@id]).first
        keep(:class_row, :name_id, :bytes, times)
        keep(:way_row, :signature, :retained, times)
        dumps.map { |dump| [dump[:uri], extract(dump)] }
      end

      private

      def dumps
        @dumps ||= @store.query("SELECT * FROM #{@store.table(:dump)} WHERE process_id = ? " \
                                "ORDER BY at", @id)
      end

      # Of what is small there are more rows where dumps were imported in another order than they
      # were taken in. Only those count that would be there otherwise.
      def keep(table, name, figure, times)
        had = Set.new
        times.each do |at|
          rows = of(table, at).select do |row|
            Rows.large?(row[:objects], row[figure]) || had.include?(row[name])
          end
          rows += gone(had - rows.map { |row| row[name] }, name) if @thinned
          @rows[table][at] = rows
          had = rows.filter_map { |row| row[name] if row[:objects].positive? }.to_set
        end
      end

      # What a dump had and the next one has not is zero there. The row that says so may be that of
      # a dump between two that are judged.
      def gone(names, column)
        names.map { |name| { column => name, objects: 0, bytes: 0, retained: 0, old: 0 } }
      end

      def rows(table, times)
        times = times.map { |at| @store.time(at) }
        @store.query("SELECT * FROM #{@store.table(table)} WHERE process_id = ? AND " \
                     "at IN (#{times.map { "?" }.join(", ")})", @id, *times)
      end

      def extract(dump)
        Extract.new(
          identity: identity(dump), time: @store.time(dump[:at]), rule: dump[:rule], gc: gc(dump),
          **dump.slice(:objects, :held_objects, :held_bytes, :garbage_bytes), **sums(dump[:at]),
          warnings: [], complete: true, sites: {}, other_classes: OTHERS, other_ways: OTHERS,
          other_sites: nil
        )
      end

      def identity(dump)
        known = @process.slice(:host, :pid, :app, :program, :ruby, :platform)
        known.merge(series: @process[:life], revision: dump[:revision]).compact
      end

      def gc(dump)
        { count: dump[:gc_count], major_gc_count: dump[:major_gc_count],
          total_allocated_objects: dump[:allocated] }.compact
      end

      def sums(at)
        { account: of(:part_row, at).to_h { |row| [row[:part].to_sym, row[:bytes]] },
          work: of(:work_row, at).to_h { |row| [names.fetch(row[:name_id]), row[:done]] },
          classes: of(:class_row, at).to_h { |row| [names.fetch(row[:name_id]), class_sum(row)] },
          ways: of(:way_row, at).to_h { |row| [row[:signature], way_sum(row)] } }
      end

      def of(table, time)
        @rows.fetch(table).fetch(time, [])
      end

      def class_sum(row)
        Extract::ClassSum.new(*row.values_at(:objects, :bytes, :retained, :old))
      end

      def way_sum(row)
        words = ways.fetch(row[:signature]).values_at(:class_name, :holder, :location, :gem, :told)
        Extract::WaySum.new(*words, *row.values_at(:objects, :bytes, :retained))
      end

      def names
        @names ||= @store.names(values(:class_row, :name_id) + values(:work_row, :name_id))
      end

      def ways
        @ways ||= @store.among(:way, :signature, values(:way_row, :signature))
                        .to_h { |row| [row[:signature], row] }
      end

      def values(table, column)
        @rows.fetch(table).values.flatten(1).map { |row| row[column] }.uniq
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Fleet
    # Which jobs or requests memory grows with. The growth of the process between two looks is
    # explained by what was done meanwhile, and by the time that went by: how many bytes each piece
    # of work leaves behind, if none takes any away (non-negative least squares). With fewer than
    # INTERVALS looks this would be guessing, so only the correlation is told.
    class Work < Question
      # So many intervals are needed to tell bytes.
      INTERVALS = 30
      # Notes are a minute apart; memory is compared over so many seconds.
      LEAST = 600
      # The processes that grew most are enough to tell, and so many looks at each, evenly.
      PROCESSES = 200
      LOOKS = 200
      private_constant :LEAST, :PROCESSES, :LOOKS

      # name::        of the work, nil for the time that went by
      # done::        how often it was done (hours for the time)
      # bytes_each::  how many bytes each leaves behind (Float); nil if that cannot be told
      # share::       of all growth, from 0 to 1; nil if that cannot be told
      # correlation:: with the growth, from -1 to 1
      Row = Struct.new(:name, :done, :bytes_each, :share, :correlation, keyword_init: true)
      # Between two looks: by how many bytes memory grew, hours, and work (Hash of name to number).
      Interval = Struct.new(:growth, :hours, :work)
      private_constant :Interval

      def rows
        @rows ||= rated.sort_by { |row| [-(row.share || 0), -row.correlation, row.name.to_s] }
      end

      # How many intervals were looked at (Integer).
      def intervals
        spans.size
      end

      # Whether they are enough to say how many bytes work leaves behind.
      def enough?
        intervals >= INTERVALS
      end

      def to_h(limit = nil)
        super.merge(intervals: intervals)
      end

      private

      def rated
        return [] if spans.empty?

        columns = { nil => spans.map(&:hours) }
        names.each { |name| columns[name] = spans.map { |span| span.work.fetch(name, 0) } }
        factors = enough? ? LeastSquares.fit(columns.values, spans.map(&:growth)) : []
        columns.each_with_index.map { |(name, column), at| row(name, column, factors[at]) }
      end

      def row(name, column, factor)
        done = column.sum
        grown = spans.sum(&:growth)
        Row.new(name: name, done: done, bytes_each: factor,
                share: factor && grown.positive? ? factor * done / grown : nil,
                correlation: LeastSquares.correlation(column, spans.map(&:growth)))
      end

      def names
        spans.flat_map { |span| span.work.keys }.uniq
      end

      def spans
        @spans ||= chosen.flat_map { |id| spans_of(id) }
      end

      def chosen
        Processes.new(store, app: @app, revision: @revision, since: @since)
                 .rows.first(PROCESSES).map(&:id)
      end

      # By samples if there are some, else by dumps.
      def spans_of(id)
        counted = counted(id)
        looks = memory(id, :sample, :private).slice(*counted)
        looks = memory(id, :dump, :held_bytes).slice(*counted) if looks.size < 2
        totals = totals(id, apart(looks.keys))
        totals.each_cons(2).filter_map do |(before, had), (after, has)|
          work = difference(had, has) or next
          Interval.new(looks[after] - looks[before], (after - before) / 3600.0, work)
        end
      end

      def memory(id, table, column)
        rows = select("at, #{column} AS bytes", table, where(["process_id = ?", id], at: "at"))
        rows.filter_map { |row| [time(row[:at]), row[:bytes]] if row[:bytes] }.to_h
      end

      # When it is known what had been done (Array of Time).
      def counted(id)
        select("DISTINCT at", :work_row, where(["process_id = ?", id], at: "at"))
          .map { |row| time(row[:at]) }
      end

      # What had been done at these times (Hash of Time to Hash of name to number), in their order.
      def totals(id, times)
        return {} if times.empty?

        at = ["at IN (#{times.map { "?" }.join(", ")})", *times]
        rows = select("at, name_id, done", :work_row, where(["process_id = ?", id], at))
        texts = store.names(rows.map { |row| row[:name_id] })
        rows.group_by { |row| time(row[:at]) }.sort.to_h do |time, some|
          [time, some.to_h { |row| [texts[row[:name_id]], row[:done]] }]
        end
      end

      # Times that are not too near to each other, and not too many.
      def apart(times)
        first, last = times.minmax
        least = first ? [LEAST, (last - first) / LOOKS].max : LEAST
        times.sort.each_with_object([]) do |at, kept|
          kept << at if kept.empty? || at - kept.last >= least
        end
      end

      # nil if a total fell: then they are not of one count.
      def difference(before, after)
        change = after.to_h { |name, done| [name, done - before.fetch(name, 0)] }
        change if change.values.none?(&:negative?)
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Fleet
    # Processes, those that grew most first; and what of their growth no object explains.
    class Processes < Question
      # app, host, pid, life:: which it is
      # revision::    of its last dump
      # from, to::    when its first and last dump were taken (Time)
      # dumps::       how many there are
      # rss, held::   its resident memory and the size of what is held, in its first and last dump,
      #               in bytes (Arrays of two Integers; nil if not known)
      # unexplained:: the same of what no object explains
      # leaks::       how many ways leak
      # native::      whether what no object explains grows steadily, while objects do not: no dump
      #               can say more about that
      Row = Struct.new(:id, :app, :host, :pid, :life, :revision, :from, :to, :dumps, :rss, :held,
                       :unexplained, :leaks, :native, keyword_init: true)

      def rows
        @rows ||= spans.filter_map { |span| row(span) }
                       .sort_by { |row| [-growth(row), row.host, row.pid, row.from] }
      end

      private

      def spans
        @spans ||= select("process_id, count(*) AS dumps, min(at) AS first, max(at) AS last", :dump,
                          where(at: "at", revision: "revision"), "GROUP BY process_id")
      end

      def row(span)
        process = known[span[:process_id]]
        return if process.nil? || (@app && process[:app] != @app)

        first, last = span.values_at(:first, :last).map { |at| ends.fetch([span[:process_id], at]) }
        Row.new(id: process[:id], **process.slice(:app, :host, :pid, :life),
                revision: last[:revision], from: time(span[:first]), to: time(span[:last]),
                dumps: span[:dumps], rss: both(first, last, :rss),
                held: both(first, last, :held_bytes), unexplained: both(first, last, :unexplained),
                leaks: leaks.fetch(process[:id], 0), native: native.include?(process[:id]))
      end

      def both(first, last, name)
        pair = [first[name], last[name]]
        pair if pair.all?
      end

      def growth(row)
        first, last = row.rss || row.held
        last - first
      end

      def known
        @known ||= processes(spans.map { |span| span[:process_id] })
      end

      # The first and last dumps.
      def ends
        @ends ||= begin
          wanted = spans.flat_map do |span|
            span.values_at(:first, :last).map do |at|
              Ids.dump(span[:process_id], time(at))
            end
          end
          store.among(:dump, :id, wanted).to_h { |row| [row.values_at(:process_id, :at), row] }
        end
      end

      def leaks
        @leaks ||= select("process_id, count(*) AS leaks", :verdict,
                          where(["kind = 'way' AND verdict = 'leak' AND told_with = ''"]),
                          "GROUP BY process_id")
                   .to_h { |row| row.values_at(:process_id, :leaks) }
      end

      def native
        @native ||= select("process_id", :verdict, where(["kind = 'native' AND verdict = 'leak'"]))
                    .map { |row| row[:process_id] }
      end
    end
  end
end

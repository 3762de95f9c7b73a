# frozen_string_literal: true

module HeapDump
  module Fleet
    # A class or a way over time, a line for each process: those first that have most of it. The
    # store sums over all, and only the lines that are asked for become objects of Ruby.
    #
    #   lines = HeapDump::Fleet::Lines.new(store, "Session")
    #   lines.total                     # => 2000
    #   lines.page(0, 20).first.objects # => [200, 230, 260]
    class Lines < Question
      # app, host, pid, life:: of which process
      # revision:: of its last dump
      # kind::     "class" or "way"; +name+: the class or the signature
      # class_name, holder, location:: what a way is; of a class only its name
      # at::       when its dumps were taken (Array of Time)
      # objects, bytes, retained:: what each of them has (Arrays of Integer)
      Row = Struct.new(:app, :host, :pid, :life, :revision, :kind, :name, :class_name, :holder,
                       :location, :at, :objects, :bytes, :retained, keyword_init: true)
      # What is looked for in a table, and what is known of it.
      Part = Struct.new(:table, :column, :value, :words)
      Span = Struct.new(:part, :process_id, :most)
      MOST = 100 # ways of one holder
      private_constant :Part, :Span, :MOST

      # +name+:: a class, a signature, or the words for a holder
      def initialize(store, name, **filter)
        super(store, **filter)
        @name = Rows.text(name)
      end

      # All of them. Raises NotFound if nothing has this name.
      def rows
        page(0, total)
      end

      # How many lines there are (Integer). Raises NotFound as #rows.
      def total
        spans.size
      end

      # So many lines, without the first ones (Array of Row). Raises NotFound as #rows.
      def page(offset, limit)
        shown = spans.drop(offset).first(limit)
        known = processes(shown.map(&:process_id))
        shown.filter_map { |span| row(span, known[span.process_id]) }
      end

      private

      # The largest first, and those of the same size always in the same order.
      def spans
        @spans ||= begin
          found = parts.flat_map { |part| spans_of(part) }
          raise NotFound, "no dump has a class or a way #{@name.inspect}" if found.empty?

          found.sort_by { |span| [-span.most, span.process_id, span.part.value.to_s] }
        end
      end

      def spans_of(part)
        condition = ["#{part.column} = ?", part.value]
        select("process_id, max(retained) AS most", part.table,
               where(condition, *of_app("process_id"), *of_revision, at: "at"),
               "GROUP BY process_id")
          .map { |row| Span.new(part, row[:process_id], row[:most]) }
      end

      def of_revision
        return [] unless @revision

        [["process_id IN (SELECT process_id FROM #{store.table(:dump)} WHERE revision = ?)",
          @revision]]
      end

      def parts
        [Part.new(:class_row, "name_id", Ids.name(@name),
                  { kind: "class", name: @name, class_name: @name }), *ways]
      end

      def ways
        found = select("*", :way, where(["signature = ? OR holder = ?", @name, @name]),
                       "ORDER BY signature LIMIT #{MOST}")
        found.map do |way|
          Part.new(:way_row, "signature", way[:signature],
                   { kind: "way", name: way[:signature], **way.slice(:class_name, :location),
                     holder: way[:holder] || way[:told] })
        end
      end

      def row(span, process)
        dumps = dumps(span.process_id)
        points = points(span).select { |point| dumps.key?(point[:at]) }
        return if points.empty? || process.nil?

        Row.new(**process.slice(:app, :host, :pid, :life), **span.part.words,
                revision: dumps[points.last[:at]], at: points.map { |point| time(point[:at]) },
                **%i[objects bytes retained].to_h { |name| [name, points.map { |p| p[name] }] })
      end

      def points(span)
        select("at, objects, bytes, retained", span.part.table,
               where(["process_id = ?", span.process_id],
                     ["#{span.part.column} = ?", span.part.value], at: "at"), "ORDER BY at")
      end

      # The revisions of those of a process, by their times (Hash).
      def dumps(id)
        select("at, revision", :dump,
               where(["process_id = ?", id], at: "at", revision: "revision"))
          .to_h { |row| row.values_at(:at, :revision) }
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Fleet
    # A question to a store, about the processes of an application, the dumps of a revision, or those
    # since a time. A subclass has ROW, and #rows.
    class Question
      # +store+::    a Store
      # +app+::      the name of an application (String)
      # +revision+:: the name of a revision (String)
      # +since+::    only what was taken from this time on (Time)
      def initialize(store, app: nil, revision: nil, since: nil)
        @store = store
        @app = app
        @revision = revision
        @since = since
      end

      # The answer (Array of Struct), what matters most first.
      def rows
        raise NotImplementedError
      end

      # What the command writes as JSON (Hash).
      def to_h(limit = nil)
        all = rows
        { question: self.class.name.split("::").last.downcase, total: all.size,
          rows: (limit ? all.first(limit) : all).map { |row| row.to_h.transform_values { plain(_1) } } }
      end

      private

      attr_reader :store

      def plain(value)
        value.is_a?(Time) ? value.getutc.strftime("%FT%T.%LZ") : value
      end

      # Conditions of a WHERE, and their values, for a table that has these columns.
      def where(*conditions, at: nil, app: nil, revision: nil)
        pairs = conditions.map { |sql, *values| [sql, values] }
        pairs << ["#{at} >= ?", [@since]] if at && @since
        pairs << ["#{app} = ?", [@app]] if app && @app
        pairs << ["#{revision} = ?", [@revision]] if revision && @revision
        return ["", []] if pairs.empty?

        ["WHERE #{pairs.map(&:first).join(" AND ")}", pairs.flat_map(&:last)]
      end

      def select(what, table, where, rest = "")
        sql, values = where
        store.query("SELECT #{what} FROM #{store.table(table)} #{sql} #{rest}", *values)
      end

      # Processes by their ids (Hash of Integer to Hash).
      def processes(ids)
        store.among(:process, :id, ids).to_h { |row| [row[:id], row] }
      end

      def time(value)
        store.time(value)
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Fleet
    # A question to a store, about the processes of an application, the dumps of a revision, or
    # those since a time. A subclass has Row, and #rows.
    class Question
      # +store+::    a Store
      # +app+::      the name of an application (String)
      # +revision+:: the name of a revision (String)
      # +since+::    only what was taken from this time on (Time)
      def initialize(store, app: nil, revision: nil, since: nil)
        @store = store
        @app = Rows.text(app)
        @revision = Rows.text(revision)
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
          rows: (limit ? all.first(limit) : all).map { |row| fields(row) } }
      end

      # Raises NotFound if the store has no dump at all, of the application, or of the revision: an
      # answer without rows would say what nobody knows.
      def check
        raise NotFound, "#{store} has no dumps; import some: heapdump fleet import DIR" unless any?
        raise NotFound, absent("process of application", @app, apps) if @app && !apps.include?(@app)
        return if @revision.nil? || revisions.include?(@revision)

        raise NotFound, absent("dump of revision", @revision, revisions)
      end

      private

      attr_reader :store

      def any?
        store.found?("SELECT id FROM #{store.table(:process)}")
      end

      def apps
        @apps ||= select("DISTINCT app", :process, ["", []]).map { |row| row[:app] }.sort
      end

      def revisions
        @revisions ||= select("DISTINCT revision", :dump, ["", []])
                       .filter_map { |row| row[:revision] }.sort
      end

      SHOWN = 10
      private_constant :SHOWN

      def absent(what, name, names)
        some = names.first(SHOWN).join(", ")
        more = ", …" if names.size > SHOWN
        "#{store} has no #{what} #{name}; it has #{names.empty? ? "none" : "#{some}#{more}"}"
      end

      def fields(row)
        row.to_h.transform_values { |value| plain(value) }
      end

      def plain(value)
        value.is_a?(Time) ? value.getutc.strftime("%FT%T.%LZ") : value
      end

      # Conditions of a WHERE, and their values, for a table that has these columns.
      def where(*conditions, at: nil, app: nil, revision: nil)
        asked = { "#{at} >= ?" => at && @since, "#{app} = ?" => app && @app,
                  "#{revision} = ?" => revision && @revision }.compact
        all = [*conditions, *asked.to_a]
        return ["", []] if all.empty?

        ["WHERE #{all.map(&:first).join(" AND ")}", all.flat_map { |_, *values| values }]
      end

      # The condition for a table that names processes alone (Array of none or one).
      def of_app(column)
        return [] unless @app

        [["#{column} IN (SELECT id FROM #{store.table(:process)} WHERE app = ?)", @app]]
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

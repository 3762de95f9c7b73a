# frozen_string_literal: true

module HeapDump
  module Fleet
    # A database with the tables of Schema. A subclass is one engine and has:
    #
    #   run(sql, *values)      runs a statement, with values as for #query
    #   add(table, rows)       inserts rows (Arrays in the order of the columns); those whose key is
    #                          there already stay as they are
    #   put(table, rows)       the same, but replaces these
    #   append(table, rows)    the same for rows whose keys are not there, as fast as the engine can
    #   lock(id)               lets nobody else lock the same id until the transaction ends
    #   transaction { }        all of it or nothing, as far as the engine can
    #   exclusively { }        a transaction that runs once at a time
    #   create(table)          makes a table of Schema
    #   columns(table)         the names of the columns that a table has, none if it is not there
    #   version=               sets the version of the tables
    #   claim(uri) { }         yields unless somebody else works on it at the moment; returns what
    #                          the block does, else nil
    #   drop_before(time)      removes rows that are older; moves #horizon
    #
    # and #query, #version and #close.
    #
    # Times are Time in UTC. Methods raise StoreError.
    class Store
      # Where it is, without a password.
      attr_reader :name
      alias to_s name
      alias inspect name # Ruby puts it into messages of errors

      def initialize(name) # :nodoc:
        @name = name
      end

      # Rows (Array of Hash, with the names of the columns as Symbols). "?" in the text stands for
      # each of +values+.
      #
      #   store.query("SELECT host FROM process WHERE pid = ?", 41) # => [{host: "web-1"}]
      def query(sql, *values)
        raise NotImplementedError
      end

      # Of the tables (Integer), 0 before there are any.
      #
      #   store.version # => 1
      def version
        raise NotImplementedError
      end

      # Ends the connection. A second time does nothing.
      #
      #   store.close
      def close
        raise NotImplementedError
      end

      # How a table is named where rows are read.
      def table(name)
        name.to_s
      end

      # The first row, nil if there is none.
      def row(sql, *values)
        query(sql, *values).first
      end

      # The number in the first column of the first row.
      def number(sql, *values)
        row(sql, *values).each_value.first
      end

      # Rows of a table whose column has one of the values (Array of Hash), asked for in pieces.
      def among(table, column, values)
        values.uniq.each_slice(PIECE).flat_map do |some|
          query("SELECT * FROM #{table(table)} WHERE #{column} IN (#{marks(some)})", *some)
        end
      end

      # Texts by their numbers (Hash).
      def names(ids)
        among(:name, :id, ids).to_h { |row| [row[:id], row[:text]] }
      end

      # Inserts rows; what those that are there do not know (NULL or "unknown") becomes what these
      # know. The table has a key of one column.
      def complete(table, rows)
        columns = Schema::TABLES.fetch(table).columns.keys
        key = columns.index(Schema::TABLES.fetch(table).key.first)
        before = among(table, columns[key], rows.map { |row| row[key] })
                 .to_h { |row| [row[columns[key]], row.values_at(*columns)] }
        fresh, known = rows.partition { |row| before[row[key]].nil? }
        add(table, fresh)
        put(table, known.map { |row| filled(before[row[key]], row) } - before.values)
      end

      # What is older was removed, and does not come back (Time), nil if nothing was.
      def horizon
        since = row("SELECT since FROM #{table(:horizon)} WHERE id = 1")&.fetch(:since)
        since && time(since)
      end

      # Whether anything is there.
      def found?(sql, *values)
        !row("#{sql} LIMIT 1", *values).nil?
      end

      PIECE = 500 # values in a query
      private_constant :PIECE

      # Columns by which rows of other tables than the monthly ones are removed.
      AGES = { dump: :at, file: :changed_at }.freeze
      private_constant :AGES

      private

      def index(table)
        run("CREATE INDEX #{table.name}_#{table.index.join("_")} ON #{table.name} " \
            "(#{table.index.join(", ")})")
      end

      def move_horizon(time)
        put(:horizon, [[1, [time, horizon].compact.max]])
      end

      def marks(values)
        (["?"] * values.size).join(", ")
      end

      # Importers that write the same rows do so in the same order, so that none waits for another
      # one that waits for it.
      def in_order(table, rows)
        key = table.key.map { |name| table.columns.keys.index(name) }
        rows.sort_by { |row| row.values_at(*key) }
      end

      UNKNOWN = [nil, "unknown"].freeze
      private_constant :UNKNOWN

      def filled(before, row)
        before.zip(row).map { |old, new| UNKNOWN.include?(old) && !new.nil? ? new : old }
      end

      def refuse(error)
        raise StoreError, "#{name}: #{error.message.lines.first.to_s.strip}"
      end

      # The text of a column's definition.
      def column(name, type, types)
        nullable = type.end_with?("?")
        "#{name} #{types.fetch(type.to_s.delete_suffix("?").to_sym)}#{" NOT NULL" unless nullable}"
      end
    end
  end
end

# frozen_string_literal: true

require "time"

module HeapDump
  module Fleet
    # A file of SQLite: the store of one machine. Needs the gem sqlite3.
    class Sqlite < Store
      PATIENCE = 60_000 # milliseconds: so long another importer may write
      APPLICATION = 0x68656170 # "heap", in the header of the file
      TYPES = { id: "INTEGER", integer: "INTEGER", real: "REAL", boolean: "INTEGER", text: "TEXT",
                time: "TEXT" }.freeze
      TIME = "%FT%T.%6NZ" # which sorts as time does, and which SQLite's functions understand
      ONLY_READ = 0x41 # SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      private_constant :PATIENCE, :APPLICATION, :TYPES, :TIME, :ONLY_READ

      # +read+:: nothing is made or changed
      def initialize(path, name, read: false)
        super(name)
        Convert.need("sqlite3", "to keep a store in SQLite")
        @database = read ? connect_to_read(path) : connect(path)
        @statements = {}
      end

      def query(sql, *values)
        guard do
          columns, *rows = @database.execute2(sql, values.map { |value| encode(value) })
          names = columns.map(&:to_sym)
          rows.map { |row| names.zip(row).to_h }
        end
      end

      def run(sql, *values)
        guard { @database.execute(sql, values.map { |value| encode(value) }) }
      end

      def add(table, rows)
        insert("INSERT OR IGNORE", table, rows)
      end

      def append(table, rows)
        insert("INSERT", table, rows)
      end

      def put(table, rows)
        insert("INSERT OR REPLACE", table, rows)
      end

      def transaction
        answer = nil
        guard { @database.transaction(:immediate) { answer = yield } }
        answer
      end
      alias exclusively transaction

      def create(table)
        columns = table.columns.map { |name, type| column(name, type, TYPES) }
        run("CREATE TABLE #{table.name} (#{columns.join(", ")}, " \
            "PRIMARY KEY (#{table.key.join(", ")})) WITHOUT ROWID")
        index(table) if table.index
      end

      def columns(table)
        query("SELECT name FROM pragma_table_info(?)", table.to_s).map { |row| row[:name] }
      end

      def version
        number("PRAGMA user_version")
      end

      def version=(number)
        run("PRAGMA user_version = #{Integer(number)}")
      end

      # Its importers are of one machine and take turns in writing, so nothing is claimed: two that
      # read the same dump at the same time make the same rows.
      def claim(_uri)
        yield
      end

      # Within a transaction nobody else writes.
      def lock(_id); end

      def drop_before(time)
        transaction do
          move_horizon(time)
          Schema::TABLES.each_value do |table|
            age = table.monthly ? :at : AGES[table.name]
            run("DELETE FROM #{table.name} WHERE #{age} < ?", time) if age
          end
        end
      end

      def close
        @statements.each_value(&:close)
        @statements.clear
        @database.close unless @database.closed?
      end

      # A value of a column +:time+ (Time).
      def time(value)
        value && Time.iso8601(value)
      end

      private

      def connect(path)
        File.open(path, File::CREAT | File::RDWR, 0o600) { nil } # only its owner may read it
        database = SQLite3::Database.new(path)
        database.busy_timeout = PATIENCE
        ours(database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database
      rescue SystemCallError => e
        raise StoreError, "#{name} cannot be opened: #{Terminal::Trouble.words(e)}"
      rescue SQLite3::Exception => e
        raise StoreError, "#{name} cannot be opened: #{e.message}"
      end

      # Beside an importer nobody waits, because its log is written ahead.
      def connect_to_read(path)
        File.open(path) { nil } # says more than SQLite if that is not allowed
        database = reading(path)
        return database if application(database) == APPLICATION

        database.close
        raise StoreError, "#{name} is no store of a fleet"
      rescue SystemCallError => e
        raise StoreError, "#{name} cannot be opened: #{Terminal::Trouble.words(e)}"
      rescue SQLite3::Exception => e
        raise StoreError, "#{name} cannot be opened: #{e.message}"
      end

      # Even who only reads writes beside the file, to take part in the log. Who may not do that
      # reads the file as it is, as long as there is no log: then no importer is at work.
      def reading(path)
        database = SQLite3::Database.new(path, readonly: !File.writable?(path))
        database.busy_timeout = PATIENCE
        database.execute("PRAGMA query_only = ON")
        application(database)
        database
      rescue SQLite3::ReadOnlyException, SQLite3::CantOpenException
        database&.close
        raise if File.exist?("#{path}-wal")

        uri = path.b.gsub(%r{[^\w./-]}n) { |byte| format("%%%02X", byte.ord) }
        SQLite3::Database.new("file:#{uri}?immutable=1", flags: ONLY_READ)
      end

      # Marks an empty file as a store. Raises StoreError for a file of another program.
      def ours(database)
        return database if application(database) == APPLICATION

        database.transaction(:immediate) { mark(database) } # another one may do it meanwhile
        database
      end

      def mark(database)
        id = application(database)
        return if id == APPLICATION

        tables = database.get_first_value("SELECT count(*) FROM sqlite_master")
        raise StoreError, "#{name} is a database of another program; give another file" if
          tables.positive? || !id.zero?

        database.execute("PRAGMA application_id = #{APPLICATION}")
      end

      def application(database)
        database.get_first_value("PRAGMA application_id")
      end

      def insert(verb, table, rows)
        guard do
          statement = statement(verb, Schema::TABLES.fetch(table))
          rows.each do |row|
            statement.bind_params(row.map { |value| encode(value) })
            statement.step
            statement.reset!
          end
        end
      end

      def statement(verb, table)
        @statements[[verb, table.name]] ||= @database.prepare(
          "#{verb} INTO #{table.name} (#{table.columns.keys.join(", ")}) " \
          "VALUES (#{Array.new(table.columns.size, "?").join(", ")})"
        )
      end

      def encode(value)
        case value
        when Time then value.getutc.strftime(TIME)
        when true then 1
        when false then 0
        when Integer then value.bit_length < 64 ? value : raise(RangeError, "#{value} is too large")
        else value
        end
      end

      def guard
        yield
      rescue SQLite3::Exception, RangeError => e
        refuse(e)
      end
    end
  end
end

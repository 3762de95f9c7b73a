# frozen_string_literal: true

module HeapDump
  module Fleet
    # A schema of its own in a PostgreSQL database: the store of a team, into which importers on
    # several machines write at the same time. Needs the gem pg.
    class Postgres < Store
      TYPES = { id: "bigint", integer: "bigint", real: "double precision", boolean: "boolean",
                text: "text", time: "timestamptz" }.freeze
      PARAMETERS = { connect_timeout: 5, keepalives_idle: 20, keepalives_interval: 5,
                     keepalives_count: 3, fallback_application_name: "heapdump" }.freeze
      # The server notices within a minute that an importer has gone, and frees its claims. A claim
      # may take as long as a dump takes to be read. All is set for a transaction alone: behind a
      # pooler, the next one of this session is somebody else's.
      SETTINGS = "SET LOCAL TIME ZONE 'UTC'; SET LOCAL tcp_keepalives_idle = 20; " \
                 "SET LOCAL tcp_keepalives_interval = 5; SET LOCAL tcp_keepalives_count = 3; " \
                 "SET LOCAL idle_in_transaction_session_timeout = 0; " \
                 "SET LOCAL client_min_messages = warning; "
      # For those who ask: an answer for which nobody waits any more ends, too.
      READING = "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '300s'; "
      LOCK = 0x68656170 # "heap", for pg_advisory_xact_lock
      MONTH = "%Y_%m"
      TRIES = 5 # of what others hold up, because they do the same in another order
      private_constant :TYPES, :PARAMETERS, :SETTINGS, :READING, :LOCK, :MONTH, :TRIES

      autoload :Months, "#{__dir__}/postgres_months"
      include Months

      # +read+:: nothing is made or changed
      def initialize(url, schema, name, read: false)
        super(name)
        Convert.need("pg", "to keep a store in PostgreSQL")
        @schema = schema
        guard { connect(url, read) }
        @months = {}
      end

      def query(sql, *values)
        run(sql, *values).map { |row| row.transform_keys(&:to_sym) }
      end

      def run(sql, *values)
        guard { within { @connection.exec_params(numbered(sql), values) } }
      end

      def add(table, rows)
        insert(table, rows, "NOTHING")
      end

      def put(table, rows)
        keyed = Schema::TABLES.fetch(table)
        set = (keyed.columns.keys - keyed.key).map { |name| "#{name} = EXCLUDED.#{name}" }
        insert(table, rows, "UPDATE SET #{set.join(", ")}")
      end

      # COPY can neither skip nor replace rows.
      def append(table, rows)
        return if rows.empty?

        known = Schema::TABLES.fetch(table)
        make_months(known, rows) if known.monthly
        transaction do
          @encoder ||= PG::TextEncoder::CopyRow.new(type_map: PG::TypeMapAllStrings.new)
          @connection.copy_data("COPY #{table} FROM STDIN", @encoder) do
            rows.each { |row| @connection.put_copy_data(row.map { |value| plain(value) }) }
          end
        end
      end

      def lock(id)
        run("SELECT pg_advisory_xact_lock(?)", id)
      end

      # The block runs again if the server has ended it for the sake of another importer. Within
      # another transaction only this part of it does.
      def transaction(&block)
        idle = @connection.transaction_status == PG::PQTRANS_IDLE
        tries = 0
        begin
          guard { idle ? whole(&block) : part(&block) }
        rescue StandardError => e
          @months.clear # what has been made within it is gone
          raise unless held_up?(e) && (tries += 1) < TRIES

          sleep(rand * 0.1 * tries)
          retry
        end
      end

      def exclusively
        transaction do
          run("SELECT pg_advisory_xact_lock(#{LOCK})")
          yield
        end
      end

      def create(table)
        columns = table.columns.map { |name, type| column(name, type, TYPES) }
        run("CREATE TABLE #{table.name} (#{columns.join(", ")}, " \
            "PRIMARY KEY (#{table.key.join(", ")}))#{" PARTITION BY RANGE (at)" if table.monthly}")
        index(table) if table.index
      end

      def columns(table)
        query("SELECT a.attname AS name FROM pg_attribute a " \
              "JOIN pg_class c ON c.oid = a.attrelid " \
              "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND " \
              "c.relname = ? AND a.attnum > 0", @schema, table.to_s).map { |row| row[:name] }
      end

      def version
        return 0 unless found?("SELECT 1 FROM pg_tables WHERE schemaname = ? AND " \
                               "tablename = 'version'", @schema)

        number("SELECT max(number) FROM version")
      end

      def version=(number)
        run("CREATE TABLE IF NOT EXISTS version (number bigint PRIMARY KEY)")
        run("INSERT INTO version VALUES (?)", number)
      end

      # The lock lives as long as the transaction, and that as long as the connection: the claim of
      # an importer that was killed is free at once.
      def claim(uri, &block)
        transaction do
          row("SELECT uri FROM file WHERE uri = ? FOR UPDATE SKIP LOCKED", uri)&.then(&block)
        end
      end

      # Whole months are dropped at once.
      def drop_before(time)
        exclusively do
          move_horizon(time)
          AGES.each { |name, age| run("DELETE FROM #{name} WHERE #{age} < ?", time) }
          Schema::TABLES.each_value do |table|
            next unless table.monthly

            months_of(table).each do |month|
              run("DROP TABLE #{table.name}_#{month}") if month_after(month) <= time
            end
            run("DELETE FROM #{table.name} WHERE at < ?", time)
          end
        end
        @months.clear
      end

      def close
        @connection&.close
      rescue PG::Error
        nil
      end

      def time(value)
        value
      end

      private

      def connect(url, read)
        @connection = PG.connect(url, **PARAMETERS)
        @settings = "#{READING if read}#{SETTINGS}SET LOCAL search_path TO \"#{@schema}\""
        @connection.type_map_for_queries = PG::BasicTypeMapForQueries.new(@connection)
        @connection.type_map_for_results = PG::BasicTypeMapForResults.new(@connection)
        @connection.exec("CREATE SCHEMA IF NOT EXISTS \"#{@schema}\"") unless read || schema?
      end

      # Whoever may only use a schema may not ask to make it.
      def schema?
        @connection.exec_params("SELECT 1 FROM pg_namespace WHERE nspname = $1", [@schema]).any?
      end

      def within(&block)
        idle = @connection.transaction_status == PG::PQTRANS_IDLE
        idle ? whole(&block) : block.call
      end

      # Yields in a transaction that has our settings.
      def whole
        @connection.transaction do
          @connection.exec(@settings)
          yield
        end
      end

      # Yields between a savepoint and its end.
      def part
        @connection.exec("SAVEPOINT part")
        yield.tap { @connection.exec("RELEASE SAVEPOINT part") }
      rescue StandardError
        if [PG::PQTRANS_INTRANS, PG::PQTRANS_INERROR].include?(@connection.transaction_status)
          @connection.exec("ROLLBACK TO SAVEPOINT part")
        end
        raise
      end

      # SQLSTATE 40P01 and 40001.
      def held_up?(error)
        [error, error.cause].any? do |one|
          one.is_a?(PG::TRDeadlockDetected) || one.is_a?(PG::TRSerializationFailure)
        end
      end

      def numbered(sql)
        count = 0
        sql.gsub("?") { "$#{count += 1}" }
      end

      def insert(table, rows, conflict)
        return if rows.empty?

        table = Schema::TABLES.fetch(table)
        make_months(table, rows) if table.monthly
        rows = in_order(table, rows)
        arrays = table.columns.each_with_index.map do |(_, type), index|
          array(type.to_s.delete_suffix("?").to_sym, rows.map { |row| plain(row[index]) })
        end
        run("INSERT INTO #{table.name} SELECT * FROM unnest(#{arrays.map(&:first).join(", ")}) " \
            "ON CONFLICT (#{table.key.join(", ")}) DO #{conflict}", *arrays.map(&:last))
      end

      # A parameter with all values of a column, and how it is written.
      def array(type, values)
        @array ||= PG::TextEncoder::Array.new(elements_type: PG::TextEncoder::String.new)
        ["?::#{TYPES.fetch(type)}[]", @array.encode(values)]
      end

      def plain(value)
        case value
        when Time then value.getutc.strftime("%F %T.%6N+00")
        when nil then nil
        else value.to_s
        end
      end

      def guard
        yield
      rescue PG::Error => e
        refuse(e)
      end
    end
  end
end

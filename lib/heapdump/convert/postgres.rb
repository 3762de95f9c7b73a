# frozen_string_literal: true

require_relative "store"

module HeapDump
  module Convert
    # Tables in the schema "heapdump_objects" of a PostgreSQL database. A dump is a partition of
    # each, so that it is written without slowing down others, and removed at once. All
    # of a dump is written in one transaction: it is there or not.
    class Postgres < Store
      SCHEMA = "heapdump_objects" # "heapdump" is the fleet's
      TYPES = { number: "bigint", boolean: "boolean", text: "text" }.freeze
      # What queries about single objects need. Made when the rows are there.
      INDEXES = { "objects" => [%w[id], %w[dominator_id], %w[address]],
                  "edges" => [%w[from_id], %w[to_id]] }.freeze
      # Held while tables are made, because two importers cannot make the same one at once.
      LOCK = 0x6865617064756d70 # "heapdump"
      PARAMETERS = { connect_timeout: 10, fallback_application_name: "heapdump" }.freeze
      private_constant :TYPES, :INDEXES, :LOCK, :PARAMETERS

      # Raises HeapDump::Error if the server cannot be reached, or lacks a right, or has other
      # tables in the schema.
      def check(_input)
        Convert.need("pg", "to write to PostgreSQL")
        made?
      rescue ::PG::Error => e
        refused(e)
      end

      private

      def address(text)
        Asking::Address.parse(text, "-o").to_s
      rescue ArgumentError
        raise Error, "-o needs postgres://USER@HOST/DATABASE (@, / and % in a password are " \
                     "written %40, %2F and %25)"
      end

      def write_all(tables)
        Convert.need("pg", "to write to PostgreSQL")
        prepare(tables)
        connection.transaction do
          query("SELECT pg_advisory_xact_lock($1)", tables.dump_id)
          next false if there?(tables) && !@force

          remove(tables)
          Tables::NAMES.each { |table| fill(tables, table) }
          true
        end
      rescue ::PG::Error => e
        refused(e)
      ensure
        close
      end

      # A message of the server has no credentials in it, because #address allows no address that
      # libpq would quote.
      def refused(error)
        close
        raise Error, "#{name}: #{Terminal::Text.valid(error.message).lines.first.to_s.strip}"
      end

      def there?(tables)
        query("SELECT 1 FROM #{SCHEMA}.dump WHERE dump_id = $1", tables.dump_id).any?
      end

      # The tables without partitions, if they are not there.
      def prepare(tables)
        connection.transaction do
          query("SELECT pg_advisory_xact_lock($1)", LOCK)
          next if made?

          connection.exec("CREATE SCHEMA IF NOT EXISTS #{SCHEMA}")
          Tables::NAMES.each { |table| connection.exec(definition(tables, table)) }
        end
      end

      # Whether the tables are there. Raises HeapDump::Error if they are those of another program.
      def made?
        columns = query("SELECT attname FROM pg_attribute WHERE NOT attisdropped AND " \
                        "attrelid = to_regclass('#{SCHEMA}.dump')").map { |row| row["attname"] }
        foreign("schema #{SCHEMA}") unless columns.empty? || columns.include?("dump_id")
        columns.any?
      end

      def definition(tables, table)
        columns = tables.columns(table).map { |one| "#{one.name} #{TYPES.fetch(one.kind)}" }
        "CREATE TABLE #{SCHEMA}.#{table} (#{columns.join(", ")}) PARTITION BY LIST (dump_id)"
      end

      def partition(tables, table)
        format("#{SCHEMA}.%s_%012x", table, tables.dump_id)
      end

      def remove(tables)
        Tables::NAMES.each do |table|
          connection.exec("DROP TABLE IF EXISTS #{partition(tables, table)}")
        end
      end

      # A table of its own, which becomes a partition when it is full: so nobody waits for a lock
      # meanwhile. The check spares the server another look at each row.
      def fill(tables, table)
        own = partition(tables, table)
        check = "CHECK (dump_id IS NOT NULL AND dump_id = #{tables.dump_id})"
        connection.exec("CREATE TABLE #{own} (LIKE #{SCHEMA}.#{table}, #{check})")
        connection.copy_data("COPY #{own} FROM STDIN WITH (FREEZE)") do
          tables.each_text(table) { |text| connection.put_copy_data(text) }
        end
        INDEXES.fetch(table, []).each do |columns|
          connection.exec("CREATE INDEX ON #{own} (#{columns.join(", ")})")
        end
        connection.exec("ANALYZE #{own}")
        connection.exec("ALTER TABLE #{SCHEMA}.#{table} ATTACH PARTITION #{own} " \
                        "FOR VALUES IN (#{tables.dump_id})")
      end

      def query(sql, *values)
        connection.exec_params(sql, values).to_a
      end

      def connection
        @connection ||= begin
          connection = ::PG.connect(@target, **PARAMETERS)
          connection.set_notice_processor { |_| nil }
          connection.set_client_encoding("UTF8")
          connection
        end
      end

      def close
        @connection&.close
        @connection = nil
      end
    end
  end
end

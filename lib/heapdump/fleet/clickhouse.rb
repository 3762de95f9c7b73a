# frozen_string_literal: true

require "json"
require_relative "../click_house_server"

module HeapDump
  module Fleet
    # A database of ClickHouse over HTTP: the store of a large fleet. It has no transactions: a row
    # that is written again replaces itself (ReplacingMergeTree), and the row of a dump is the last
    # one that is written of it. Times are microseconds since 1970.
    class Clickhouse < Store
      TYPES = { id: "Int64", integer: "Int64", real: "Float64", boolean: "UInt8", text: "String",
                time: "Int64" }.freeze
      # Numbers of 64 bits are numbers in JSON, too; what is written can be read at once.
      SETTINGS = { "output_format_json_quote_64bit_integers" => 0 }.freeze
      READING = { "readonly" => 2 }.freeze # settings may be changed, as these are
      TIMEOUT = 300 # seconds for an answer
      MILLION = 1_000_000
      ESCAPED = { "\\" => "\\\\", "'" => "\\'" }.freeze
      private_constant :TYPES, :SETTINGS, :READING, :TIMEOUT, :MILLION, :ESCAPED

      # +address+:: a ClickHouseServer::Address
      # +read+::    nothing is made or changed
      def initialize(address, name, read: false)
        super(name)
        @database = address.database
        settings = read ? SETTINGS.merge(READING) : SETTINGS
        @server = ClickHouseServer.new(address, timeout: TIMEOUT, settings: settings)
        make_database unless read
      end

      # Rows that were written twice count once.
      def table(name)
        "#{name} FINAL"
      end

      def query(sql, *values)
        ask(bound(sql, values))
      end

      def run(sql, *values)
        post(bound(sql, values))
      end

      def put(table, rows)
        return if rows.empty?

        names = Schema::TABLES.fetch(table).columns.keys
        lines = rows.map { |row| JSON.generate(names.zip(row.map { |value| plain(value) }).to_h) }
        post("INSERT INTO #{table} FORMAT JSONEachRow", rows: lines.join("\n"))
      end
      alias add put
      alias append put

      def transaction
        yield
      end
      alias exclusively transaction

      # Two that import the same dump at the same time write the same rows.
      def claim(_uri)
        yield
      end

      def lock(_id); end

      def create(table)
        columns = table.columns.map { |name, type| "#{name} #{type(type)}" }
        month = "PARTITION BY toYYYYMM(toDateTime(intDiv(at, #{MILLION}))) " if table.monthly
        run("CREATE TABLE IF NOT EXISTS #{table.name} (#{columns.join(", ")}) " \
            "ENGINE = ReplacingMergeTree #{month}ORDER BY (#{table.key.join(", ")})")
      end

      def columns(table)
        ask(bound("SELECT name FROM system.columns WHERE database = ? AND table = ?",
                  [@database, table.to_s]), database: nil).map { |row| row[:name] }
      end

      def version
        return 0 if columns(:version).empty?

        number("SELECT max(number) AS n FROM version")
      end

      def version=(number)
        run("CREATE TABLE IF NOT EXISTS version (number Int64) ENGINE = TinyLog")
        run("INSERT INTO version VALUES (#{Integer(number)})")
      end

      # Whole months are dropped at once, the rest when the server gets round to it.
      def drop_before(time)
        move_horizon(time)
        AGES.each { |name, age| run("ALTER TABLE #{name} DELETE WHERE #{age} < ?", time) }
        month = time.getutc.strftime("%Y%m").to_i
        Schema::TABLES.each_value do |table|
          next unless table.monthly

          months(table).select { |name| name < month }
                       .each { |name| run("ALTER TABLE #{table.name} DROP PARTITION #{name}") }
          run("ALTER TABLE #{table.name} DELETE WHERE at < ?", time)
        end
      end

      def close
        @server.close
      end

      def time(value)
        value && Time.at(value / MILLION, value % MILLION, :microsecond).utc
      end

      private

      # Whoever may only use a database may not ask to make it.
      def make_database
        known = ask(bound("SELECT name FROM system.databases WHERE name = ?", [@database]),
                    database: nil)
        post("CREATE DATABASE IF NOT EXISTS `#{@database}`", database: nil) if known.empty?
      end

      def type(type)
        name = TYPES.fetch(type.to_s.delete_suffix("?").to_sym)
        type.end_with?("?") ? "Nullable(#{name})" : name
      end

      def months(table)
        query("SELECT DISTINCT partition FROM system.parts WHERE active AND database = ? " \
              "AND table = ?", @database, table.name.to_s).map { |row| row[:partition].to_i }
      end

      def plain(value)
        case value
        when Time then (value.to_i * MILLION) + value.usec
        when true then 1
        when false then 0
        when Integer then value.bit_length < 64 ? value : raise(StoreError, "#{value} is too large")
        else value
        end
      end

      def bound(sql, values)
        rest = values.dup
        sql.gsub("?") { literal(plain(rest.shift)) }
      end

      def literal(value)
        case value
        when Array then value.map { |one| literal(plain(one)) }.join(", ")
        when String then "'#{value.gsub(/[\\']/, ESCAPED)}'"
        when nil then "NULL"
        else value.to_s
        end
      end

      # Rows, as #query has them.
      def ask(sql, **where)
        answer = JSON.parse(post("#{sql} FORMAT JSONCompact", **where))
        names = answer["meta"].map { |column| column["name"].to_sym }
        answer["data"].map { |row| names.zip(row).to_h }
      rescue JSON::ParserError, TypeError, NoMethodError
        raise StoreError, "#{name}: what answers is no ClickHouse; give its HTTP port (8123)"
      end

      def post(...)
        @server.ask(...)
      rescue ClickHouseServer::Failed => e
        raise StoreError, e.message
      end
    end
  end
end

# frozen_string_literal: true

require "json"
require "net/http"

module HeapDump
  module Fleet
    # A database of ClickHouse over HTTP: the store of a large fleet. It has no transactions: a row
    # that is written again replaces itself (ReplacingMergeTree), and the row of a dump is the last
    # one that is written of it. Times are microseconds since 1970.
    class Clickhouse < Store
      TYPES = { id: "Int64", integer: "Int64", real: "Float64", boolean: "UInt8", text: "String",
                time: "Int64" }.freeze
      PORTS = { "clickhouse" => 8123, "clickhouses" => 8443 }.freeze
      # Numbers of 64 bits are numbers in JSON, too; what is written can be read at once.
      SETTINGS = { "output_format_json_quote_64bit_integers" => 0 }.freeze
      READING = { "readonly" => 2 }.freeze # settings may be changed, as these are
      TIMEOUT = 300 # seconds for an answer
      MILLION = 1_000_000
      ESCAPED = { "\\" => "\\\\", "'" => "\\'" }.freeze
      private_constant :TYPES, :PORTS, :SETTINGS, :READING, :TIMEOUT, :MILLION, :ESCAPED

      # +uri+::  URI of the server and the database
      # +read+:: nothing is made or changed
      def initialize(uri, name, read: false)
        super(name)
        @settings = read ? SETTINGS.merge(READING) : SETTINGS
        @uri = uri
        @database = uri.path.delete_prefix("/").then { |path| path.empty? ? "default" : path }
        connect
        make_database unless read
      end

      # Rows that were written twice count once.
      def table(name)
        "#{name} FINAL"
      end

      def query(sql, *values)
        answer = post("#{bound(sql, values)} FORMAT JSONCompact")
        answer = JSON.parse(answer)
        names = answer["meta"].map { |column| column["name"].to_sym }
        answer["data"].map { |row| names.zip(row).to_h }
      rescue JSON::ParserError, TypeError, NoMethodError
        raise StoreError, "#{name}: what answers is no ClickHouse; give its HTTP port (8123)"
      end

      def run(sql, *values)
        post(bound(sql, values))
      end

      def put(table, rows)
        return if rows.empty?

        names = Schema::TABLES.fetch(table).columns.keys
        lines = rows.map { |row| JSON.generate(names.zip(row.map { |value| plain(value) }).to_h) }
        post("INSERT INTO #{table} FORMAT JSONEachRow", lines.join("\n"))
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

      def version
        return 0 if number("EXISTS TABLE version").zero?

        number("SELECT max(number) AS n FROM version")
      end

      def version=(number)
        run("CREATE TABLE IF NOT EXISTS version (number Int64) ENGINE = TinyLog")
        run("INSERT INTO version VALUES (#{Integer(number)})")
      end

      # Whole months are dropped at once, the rest when the server gets round to it.
      def drop_before(time)
        month = time.getutc.strftime("%Y%m").to_i
        Schema::TABLES.each_value do |table|
          next unless table.monthly

          months(table).select { |name| name < month }
                       .each { |name| run("ALTER TABLE #{table.name} DROP PARTITION #{name}") }
          run("ALTER TABLE #{table.name} DELETE WHERE at < ?", time)
        end
      end

      def close
        @http.finish if @http.started?
      rescue IOError
        nil
      end

      def time(value)
        value && Time.at(value / MILLION, value % MILLION, :microsecond).utc
      end

      private

      def connect
        @http = Net::HTTP.new(@uri.hostname, @uri.port || PORTS.fetch(@uri.scheme))
        @http.use_ssl = @uri.scheme == "clickhouses"
        @http.open_timeout = 5
        @http.read_timeout = TIMEOUT
        @http.start
      rescue SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError => e
        raise StoreError, "#{name} cannot be reached: #{e.message.lines.first}"
      end

      # Whoever may only use a database may not ask to make it.
      def make_database
        wanted = @database
        @database = "default"
        known = number("SELECT count() AS n FROM system.databases WHERE name = ?", wanted)
        run("CREATE DATABASE #{wanted}") if known.zero? && wanted.match?(/\A\w+\z/)
        @database = wanted
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

      # A query is the body, unless it has rows.
      def post(query, rows = nil)
        parameters = { "database" => @database, **@settings, **(rows ? { "query" => query } : {}) }
        request = Net::HTTP::Post.new("/?#{URI.encode_www_form(parameters)}", headers)
        request.body = rows || query
        answer = @http.request(request)
        return answer.body.force_encoding(Encoding::UTF_8) if answer.is_a?(Net::HTTPOK)

        raise StoreError, "#{name}: #{answer.body.to_s.scrub.lines.first.to_s.strip[0, 300]}"
      rescue Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError
        raise StoreError, "#{name}: what answers speaks no HTTP; give the HTTP port (8123)"
      rescue SystemCallError, IOError, Timeout::Error, OpenSSL::SSL::SSLError => e
        raise StoreError, "#{name}: #{e.message}"
      end

      def headers
        user, password = [@uri.user, @uri.password].map do |text|
          text && URI::DEFAULT_PARSER.unescape(text)
        end
        { "X-ClickHouse-User" => user, "X-ClickHouse-Key" => password }.compact
      end
    end
  end
end

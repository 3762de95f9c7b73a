# frozen_string_literal: true

require "net/http"
require "securerandom"
require "uri"
require_relative "store"

module HeapDump
  module Convert
    # Tables in the database "heapdump" of a ClickHouse server, over HTTP. A dump is a partition of
    # each. Its rows are first put into tables of its own, whose partitions then take their places,
    # that of "dump" as the last: so whoever asks for the dumps that are there sees whole ones.
    class ClickHouse < Store
      DATABASE = "heapdump"
      TYPES = { number: "Int64", boolean: "UInt8", text: "String" }.freeze
      # By what rows are sorted in a partition. These columns are always known.
      KEYS = { "objects" => %w[id], "edges" => %w[from_id to_id], "threads" => %w[id],
               "frames" => %w[thread_id position], "dump" => [] }.freeze
      PORTS = { "clickhouse" => 8123, "clickhouse+https" => 8443 }.freeze
      BODY = 32 << 20 # bytes of text that are one request, and one part of a table
      TIMEOUT = 600 # seconds for one request
      WORDS = 300 # characters of what the server says
      private_constant :TYPES, :KEYS, :PORTS, :BODY, :TIMEOUT, :WORDS

      # Raises HeapDump::Error if the server cannot be reached, or lets nobody in.
      def check(_input)
        query("SELECT 1", database: nil)
      ensure
        close
      end

      private

      def address(text)
        @uri = URI.parse(text)
        port = PORTS[@uri.scheme]
        raise URI::InvalidURIError if port.nil? || @uri.host.to_s.empty?

        @port = @uri.port || port
        @database = @uri.path.delete_prefix("/")
        @database = DATABASE if @database.empty?
        raise URI::InvalidURIError unless @database.match?(/\A[A-Za-z_]\w*\z/)

        "#{@uri.scheme}://#{@uri.host}:#{@port}/#{@database}"
      rescue URI::Error # its message repeats the address
        raise Error, "-o needs clickhouse://USER@HOST:8123/DATABASE, or clickhouse+https:// " \
                     "(special characters in a password are written as %XX)"
      end

      def write_all(tables)
        prepare(tables)
        return false if there?(tables) && !@force

        Tables::NAMES.each { |table| fill(tables, table) }
        publish(tables)
        true
      ensure
        remove(tables)
        close
      end

      # Nothing is seen before all of it is there.
      def publish(tables)
        Tables::NAMES.each do |table|
          query("ALTER TABLE #{table} REPLACE PARTITION #{tables.dump_id} FROM #{own(tables,
                                                                                     table)}")
        end
      end

      def prepare(tables)
        query("CREATE DATABASE IF NOT EXISTS #{@database}", database: nil)
        Tables::NAMES.each { |table| query(definition(tables, table, table)) }
      end

      def there?(tables)
        query("SELECT count() FROM dump WHERE dump_id = #{tables.dump_id}").to_i.positive?
      end

      def definition(tables, table, name)
        keys = ["dump_id", *KEYS.fetch(table)]
        columns = tables.columns(table).map do |one|
          type = TYPES.fetch(one.kind)
          "#{one.name} #{keys.include?(one.name) ? type : "Nullable(#{type})"}"
        end
        "CREATE TABLE IF NOT EXISTS #{name} (#{columns.join(", ")}) ENGINE = MergeTree " \
          "PARTITION BY dump_id ORDER BY (#{keys.join(", ")})"
      end

      # Two importers of one dump have tables of different names, also on two machines.
      def own(tables, table)
        @mark ||= SecureRandom.hex(4)
        format("%s_%012x_%s", table, tables.dump_id, @mark)
      end

      def fill(tables, table)
        name = own(tables, table)
        query("DROP TABLE IF EXISTS #{name}")
        query(definition(tables, table, name))
        insert = "INSERT INTO #{name} FORMAT TabSeparated"
        body = +""
        tables.each_text(table) do |text|
          body << text
          next if body.bytesize < BODY

          query(insert, body: body)
          body = +""
        end
        query(insert, body: body) unless body.empty?
      end

      # What is left if the server cannot be reached any more is no part of any table.
      def remove(tables)
        Tables::NAMES.each { |table| query("DROP TABLE IF EXISTS #{own(tables, table)}") }
      rescue Error
        nil
      end

      # The answer of the server (String). Raises HeapDump::Error.
      def query(sql, body: "", database: @database)
        request = Net::HTTP::Post.new("/?#{URI.encode_www_form({ query: sql,
                                                                 database: database }.compact)}")
        request.basic_auth(*credentials) if @uri.user
        request.body = body
        answer = http.request(request)
        return answer.body.to_s if answer.is_a?(Net::HTTPOK)

        said = Terminal::Text.short(answer.body.to_s.strip, WORDS, keep: :start)
        raise Error, "#{name}: #{said} (HTTP #{answer.code})"
      rescue Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError
        raise Error, "#{name}: what answers speaks no HTTP; give the HTTP port (8123)"
      rescue SystemCallError, IOError, Timeout::Error, SocketError, OpenSSL::SSL::SSLError => e
        raise Error, "#{name}: #{Terminal::Trouble.words(e)}"
      end

      def credentials
        password = @uri.password ? unescape(@uri.password) : ENV.fetch("CLICKHOUSE_PASSWORD", "")
        [unescape(@uri.user), password]
      end

      def unescape(text)
        URI::DEFAULT_PARSER.unescape(text)
      end

      def http
        @http ||= begin
          http = Net::HTTP.new(@uri.hostname, @port, nil)
          http.use_ssl = @uri.scheme == "clickhouse+https"
          http.read_timeout = http.write_timeout = TIMEOUT
          http.max_retries = 0 # an INSERT that is sent twice would be there twice
          http.start
        end
      end

      def close
        @http&.finish
      rescue IOError
        nil
      ensure
        @http = nil
      end
    end
  end
end

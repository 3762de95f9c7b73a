# frozen_string_literal: true

require "securerandom"
require_relative "../click_house_server"
require_relative "store"

module HeapDump
  module Convert
    # Tables in the database "heapdump_objects" of a ClickHouse server, over HTTP. A dump is a
    # partition of each. Its rows are first put into tables of its own, whose partitions then take
    # their places, that of "dump" as the last: so whoever asks for the dumps that are there sees
    # whole ones.
    class ClickHouse < Store
      DATABASE = "heapdump_objects"
      TYPES = { number: "Int64", boolean: "UInt8", text: "String" }.freeze
      # By what rows are sorted in a partition. These columns are always known.
      KEYS = { "objects" => %w[id], "edges" => %w[from_id to_id], "threads" => %w[id],
               "frames" => %w[thread_id position], "dump" => [] }.freeze
      BODY = 32 << 20 # bytes of text that are one request, and one part of a table
      LEFT = 86_400 # seconds after which nobody works at a table of one dump
      private_constant :TYPES, :KEYS, :BODY, :LEFT

      # Raises HeapDump::Error if the server cannot be reached, or lets nobody in, or
      # has other tables in the database.
      def check(_input)
        columns = query("SELECT name FROM system.columns WHERE database = '#{@database}' AND " \
                        "table = 'dump'", database: nil).split
        foreign("database #{@database}") unless columns.empty? || columns.include?("dump_id")
      ensure
        @server.close
      end

      private

      def address(text)
        address = ClickHouseServer.address(text, DATABASE)
        @database = address.database
        @server = ClickHouseServer.new(address)
        address.name
      rescue URI::Error # its message repeats the address
        raise Error, "-o needs clickhouse://USER@HOST:8123/DATABASE, or clickhouses:// over TLS " \
                     "(special characters in a password are written as %XX)"
      end

      def write_all(tables)
        check(nil)
        prepare(tables)
        sweep
        return false if there?(tables) && !@force

        Tables::NAMES.each { |table| fill(tables, table) }
        publish(tables)
        true
      ensure
        remove(tables)
        @server.close
      end

      # The row in "dump" says that all others are there: it goes first, if there is one because of
      # --force, and comes last.
      def publish(tables)
        query("ALTER TABLE dump DROP PARTITION #{tables.dump_id}")
        Tables::NAMES.each do |table|
          query("ALTER TABLE #{table} REPLACE PARTITION #{tables.dump_id} FROM #{own(tables,
                                                                                     table)}")
        end
      end

      def prepare(tables)
        query("CREATE DATABASE IF NOT EXISTS `#{@database}`", database: nil)
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

          query(insert, rows: body)
          body = +""
        end
        query(insert, rows: body) unless body.empty?
      end

      # Removes what importers that were killed have left: nobody writes to a table for a day.
      def sweep
        left = query("SELECT name FROM system.tables WHERE database = '#{@database}' AND " \
                     "match(name, '^(#{Tables::NAMES.join("|")})_[0-9a-f]{12}_[0-9a-f]{8}$') AND " \
                     "metadata_modification_time < now() - #{LEFT}")
        left.split.each { |name| query("DROP TABLE IF EXISTS #{name}") }
      end

      # What is left if the server cannot be reached any more is no part of any table.
      def remove(tables)
        Tables::NAMES.each { |table| query("DROP TABLE IF EXISTS #{own(tables, table)}") }
      rescue Error
        nil
      end

      def query(...)
        @server.ask(...)
      end
    end
  end
end

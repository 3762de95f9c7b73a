# frozen_string_literal: true

require "fileutils"
require_relative "store"

module HeapDump
  module Convert
    # Files of Parquet in a directory, as Spark, Trino, Athena and DuckDB find them:
    #
    #   DIR/objects/app=puma/date=2026-11-21/dump=5413c1e2a9f0/00000.parquet
    #
    # The folder of a dump gets its name when it is whole. They are written by the gem polars-df,
    # which takes the columns of the reader in C as they are (docs/decisions/0049).
    class Parquet < Store
      ROWS = 1 << 19 # of a file, which is as much as is in memory at once
      GROUP = 1 << 17 # rows that a query can skip at once
      CREATE = File::WRONLY | File::CREAT | File::EXCL
      TYPES = { number: "Int64", boolean: "Boolean", text: "String" }.freeze
      private_constant :ROWS, :GROUP, :CREATE, :TYPES

      # Raises HeapDump::Error if the directory cannot be written to, or the gem is missing.
      def check(_input)
        load_polars
        if File.exist?(@target) && !File.directory?(@target)
          raise Error, "#{name} is no directory; give another name"
        end

        above = File.directory?(@target) ? @target : File.dirname(File.absolute_path(@target))
        return if File.directory?(above) && File.writable?(above)

        raise Error, "#{name} cannot be made or written to; give another directory"
      end

      private

      def load_polars
        require "set" # which it does not load itself on Ruby 3.1
        Convert.need("polars-df", "to write Parquet", "polars")
      end

      def write_all(tables)
        load_polars
        @made = []
        folders = Tables::NAMES.to_h { |table| [table, folder(tables, table)] }
        return false if File.exist?(folders["dump"]) && !@force

        Tables::NAMES.each { |table| fill(tables, table, partial(folders[table])) }
        publish(folders)
        true
      rescue SystemCallError => e
        raise Error, "#{name} cannot be written: #{Terminal::Trouble.words(e)}"
      rescue ::Polars::Error => e
        raise Error, "#{name} cannot be written: #{trouble(e)}"
      ensure
        @made&.each { |path| FileUtils.rm_rf(path) }
      end

      # Polars puts errors of the system into words of its own.
      def trouble(error)
        number = error.message[/\(os error (\d+)\)/, 1]
        return Terminal::Trouble.words(SystemCallError.new(nil, number.to_i)) if number

        Terminal::Text.valid(error.message)
      end

      def folder(tables, table)
        File.join(@target, table, "app=#{tables.app}", "date=#{tables.date}",
                  format("dump=%012x", tables.dump_id))
      end

      # Engines leave out what begins with a dot.
      def partial(path)
        File.join(File.dirname(path), ".#{File.basename(path)}.partial-#{Process.pid}")
      end

      # The row in "dump" says that all others are there: it goes first, if there is one because of
      # --force, and comes last.
      def publish(folders)
        FileUtils.rm_rf(folders["dump"])
        folders.each_value do |path|
          FileUtils.rm_rf(path) # another one is there with --force, or if one was killed
          File.rename(partial(path), path)
        end
      end

      def fill(tables, table, path)
        @made << path
        FileUtils.mkdir_p(path, mode: 0o700)
        frames(tables, table).each_with_index do |frame, i|
          file = File.join(path, format("%05d.parquet", i))
          File.open(file, CREATE, 0o600) { |_| nil }
          frame.write_parquet(file, compression: "zstd", statistics: true, row_group_size: GROUP)
          frame = nil # rubocop:disable Lint/UselessAssignment
          GC.start # Ruby does not know how large these frames are
        end
      end

      # The rows of a table as frames of Polars. A table without rows has one empty frame.
      def frames(tables, table)
        return [small(tables, table)] unless tables.large?(table)

        Enumerator.new do |all|
          tables.each_batch(table, ROWS) { |batch| all << ::Polars::DataFrame.new(batch) }
        end
      end

      def small(tables, table)
        columns = tables.columns(table)
        rows = tables.rows(table)
        series = columns.each_with_index.map do |one, i|
          ::Polars::Series.new(one.name, rows.map { |row| row[i] },
                               dtype: ::Polars.const_get(TYPES.fetch(one.kind)))
        end
        ::Polars::DataFrame.new(series)
      end
    end
  end
end

# frozen_string_literal: true

require "heapdump/convert"
require "json"
require "open3"

# Engines that read the tables of a dump, for tests. Each of them has `rows(table)`, an Array of
# Hashes in which truths are true and false, and `query(sql)`, which gives rows as the engine does.
module Engines
  # Columns that are truths, which some engines have as numbers.
  TRUTHS = %w[
    reachable program frozen old shared singleton finalizer error main gc_ran whole with_values
  ].freeze

  def self.rows(rows)
    rows.map do |row|
      row.to_h { |name, value| [name, truth?(name, value) ? truth(value) : value] }
    end
  end

  # "program" is a text in one of the tables.
  def self.truth?(name, value)
    TRUTHS.include?(name) && [0, 1, "0", "1", true, false].include?(value)
  end

  def self.truth(value) # rubocop:disable Naming/PredicateMethod
    [true, 1, "1", "t", "true"].include?(value)
  end

  # The sqlite3 of the system.
  class Sqlite
    def self.missing
      "no sqlite3 here (apt-get install sqlite3)" unless Engines.command?("sqlite3")
    end

    def initialize(path)
      @path = path
    end

    def rows(table)
      Engines.rows(query("SELECT * FROM #{table} ORDER BY rowid"))
    end

    def query(sql)
      out, status = Open3.capture2e("sqlite3", "-bail", "-json", @path, sql)
      raise "sqlite3: #{out}" unless status.success?

      out.empty? ? [] : JSON.parse(out.force_encoding("UTF-8"))
    end
  end

  # DuckDB, over the files of Parquet in a directory.
  class DuckDb
    def self.missing
      "no duckdb here (pip install duckdb-cli)" unless Engines.command?("duckdb")
    end

    def initialize(directory)
      @views = %w[objects edges threads frames dump].map do |table|
        files = "#{directory}/#{table}/*/*/*/*.parquet"
        "CREATE VIEW #{table} AS SELECT * FROM read_parquet('#{files}', hive_partitioning = false);"
      end.join
    end

    def rows(table)
      Engines.rows(query("SELECT * FROM #{table}"))
    end

    def query(sql)
      out, status = Open3.capture2e("duckdb", "-bail", "-json", ":memory:", @views + sql)
      raise "duckdb: #{out}" unless status.success?

      out.strip.empty? ? [] : JSON.parse(out.force_encoding("UTF-8"))
    end
  end

  # A PostgreSQL server.
  class PostgreSql
    def initialize(url)
      @connection = PG.connect(url)
      @connection.type_map_for_results = PG::BasicTypeMapForResults.new(@connection)
      @connection.exec("SET search_path = heapdump_objects")
    end

    def rows(table)
      Engines.rows(query("SELECT * FROM #{table}"))
    end

    def query(sql)
      @connection.exec(sql).to_a
    end

    def close
      @connection.close
    end
  end

  def self.command?(name)
    ENV.fetch("PATH").split(":").any? { |dir| File.executable?(File.join(dir, name)) }
  end
end

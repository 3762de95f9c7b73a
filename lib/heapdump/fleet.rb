# frozen_string_literal: true

require_relative "snapshot"
require_relative "convert"

module HeapDump
  # What many dumps of many processes say together, in a database: rows for each dump and class,
  # dump and way, sample, work; never a row for an object.
  #
  #   store = HeapDump::Fleet.open("sqlite:fleet.db")
  #   HeapDump::Fleet::Import.new(store.url).run(["/var/tmp/heapdump"])
  #   HeapDump::Fleet::Leaks.new(store).rows.first.way # => "constant Registry::CACHE …"
  module Fleet
    autoload :Bucket, "#{__dir__}/fleet/bucket"
    autoload :Address, "#{__dir__}/fleet/address"
    autoload :Ids, "#{__dir__}/fleet/ids"
    autoload :Schema, "#{__dir__}/fleet/schema"
    autoload :Store, "#{__dir__}/fleet/store"
    autoload :StoredExtracts, "#{__dir__}/fleet/stored_extracts"
    autoload :Sqlite, "#{__dir__}/fleet/sqlite"
    autoload :Postgres, "#{__dir__}/fleet/postgres"
    autoload :Clickhouse, "#{__dir__}/fleet/clickhouse"
    autoload :Import, "#{__dir__}/fleet/import"
    autoload :Importer, "#{__dir__}/fleet/importer"
    autoload :Following, "#{__dir__}/fleet/following"
    autoload :Notes, "#{__dir__}/fleet/notes"
    autoload :Classes, "#{__dir__}/fleet/classes"
    autoload :Clock, "#{__dir__}/fleet/clock"
    autoload :History, "#{__dir__}/fleet/history"
    autoload :JudgedDumps, "#{__dir__}/fleet/judged_dumps"
    autoload :Judging, "#{__dir__}/fleet/judging"
    autoload :Leaks, "#{__dir__}/fleet/leaks"
    autoload :LeastSquares, "#{__dir__}/fleet/least_squares"
    autoload :Lines, "#{__dir__}/fleet/lines"
    autoload :Overview, "#{__dir__}/fleet/overview"
    autoload :Processes, "#{__dir__}/fleet/processes"
    autoload :Question, "#{__dir__}/fleet/question"
    autoload :Work, "#{__dir__}/fleet/work"
    autoload :Rows, "#{__dir__}/fleet/rows"
    autoload :Source, "#{__dir__}/fleet/source"

    # The store cannot be reached or refuses; the message says what to do.
    class StoreError < Error; end

    # Opens a store (Store) by its address: "sqlite:FILE", "postgres://…" or "clickhouse://…". Its
    # tables are made, or changed if an older version has made them. Raises StoreError, and Error
    # for an address that is none or a gem that is missing.
    #
    #   HeapDump::Fleet.open("postgres://ops@db/heaps").version # => 1
    def self.open(address)
      Address.parse(address).open
    end
  end
end

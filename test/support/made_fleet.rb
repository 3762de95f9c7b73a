# frozen_string_literal: true

require_relative "made_extract"
require "heapdump/fleet"
require "heapdump/snapshot"

# The dumps of a fleet that never was: 50 processes, three revisions, 20 dumps each. Revision r1 is
# sound; r2 leaks sessions, 30 an hour in each process; r3 does not, but leaks memory that no object
# has. Jobs named "Import" leave 5 rows each behind, in all of them.
module MadeFleet
  DUMPS = 20
  REVISIONS = { "r1" => 15, "r2" => 20, "r3" => 15 }.freeze
  NAMES = { "session" => "Session", "row" => "Row", "other" => "String",
            "cached" => "Cached" }.freeze

  module_function

  # Yields [name, Extract] of each dump, process by process.
  def each
    return to_enum(:each) unless block_given?

    pid = 100
    REVISIONS.each_with_index do |(revision, count), age|
      count.times do
        pid += 1
        random = Random.new(pid)
        imports = 0
        DUMPS.times do |n|
          imports += random.rand(0..20)
          yield "#{pid}-#{n}", dump([pid, revision], (age * 48) + n, n, imports, random)
        end
      end
    end
  end

  def dump(process, hour, number, imports, random)
    pid, revision = process
    sizes = { "session" => revision == "r2" ? 200 + (30 * number) : 200 + random.rand(0..40),
              "row" => 500 + (5 * imports), "other" => 5000 + random.rand(0..900),
              "cached" => 200 + (1000 * (1 - Math.exp(-number / 3.0))).round }
    native = revision == "r3" ? number * (4 << 20) : random.rand(0..99_999)
    MadeExtract.make(
      hour, pid: pid, start: pid * 7, ways: sizes,
            identity: { revision: revision, app: pid.even? ? "shop" : "api" },
            classes: { "Class" => 800, **sizes.transform_keys { |name| NAMES.fetch(name) } },
            work: { "Import" => imports, "Mail" => 100 + (number * 10) + random.rand(0..5) },
            account: { rss: (100 << 20) + native, other_malloc: (10 << 20) + native, rest: 1 << 20 }
    )
  end

  # Puts all into a store, or those of every so many-th process.
  def import(url, every: 1)
    store = HeapDump::Fleet.open(url)
    extracts = each.select { |name, _| (name.to_i % every).zero? }.to_h
    importer = HeapDump::Fleet::Importer.new(store, extract: ->(path) { extracts.fetch(path) })
    ids = extracts.keys.map do |name|
      file = HeapDump::Fleet::Source::File.new(uri: "web:#{name}", path: name, bytes: 1,
                                               changed_at: MadeExtract::BASE)
      importer.import(file).process_id
    end
    HeapDump::Fleet::Judging.new(store).run(ids)
    store
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/engines"
require "support/hostile_tables"
require "support/made_dump"
require "support/shop"

# The tables that `heapdump convert` makes of a dump, in a database of SQLite, which another program
# than ours reads.
class TestTables < HeapDumpTest
  include CommandLine
  include HostileTables

  def setup
    super
    missing = Engines::Sqlite.missing
    skip "SKIPPED: #{missing}" if missing
  end

  def convert(dump, *options)
    path = File.join(scratch, "#{File.basename(dump)}#{options.join}.db")
    heapdump!("convert", dump, "--to", "sqlite", "-o", path, *options)
    Engines::Sqlite.new(path).tap do |db|
      assert_equal [{ "integrity_check" => "ok" }], db.query("PRAGMA integrity_check")
    end
  end

  def made(name = "made", &)
    MadeDump.write(File.join(scratch, "#{name}.json"), 0, &)
  end

  def test_objects_are_those_of_the_snapshot
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    rows = convert(Shop.dump).rows("objects")
    nodes = [*snapshot.each, *roots(snapshot)]
    assert_equal nodes.map(&:id), rows.map { |row| row["id"] }
    assert_none nodes.zip(rows).reject { |node, row| same?(snapshot, node, row) }, "rows differ"
  end

  def roots(snapshot)
    (snapshot.objects...(snapshot.graph.nodes - 1)).map { |number| snapshot.node(number) }
  end

  def same?(snapshot, node, row)
    dominator = snapshot.dominator(node)
    above = dominator.id unless dominator.nil? || dominator.type == "VIRTUAL_ROOT"
    flags = HeapDump::Snapshot::Node::FLAGS.select { |flag| row[flag.to_s] }
    place = [row["file"], row["line"]].compact.join(":")
    [node.address&.then { |address| format("0x%x", address) }, node.type, node.kind, node.name,
     node.class_name, node.class_node&.id, node.memsize, node.retained_size,
     snapshot.retained_objects(node), above, node.reachable?, node.program?,
     node.flags - %i[conservative vm_cache], node.location.to_s, node.generation] ==
      [*row.values_at("address", "type", "kind", "name", "class", "class_id", "memsize",
                      "retained_size", "retained_objects", "dominator_id", "reachable",
                      "program"), flags, place, row["generation"]]
  end

  def test_lengths_are_those_of_the_lines
    fields = { "STRING" => "bytesize", "ARRAY" => "length", "HASH" => "size" }
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    rows = convert(Shop.dump).rows("objects")
    rows.first(snapshot.objects).each_slice(7) do |row, *|
      field = fields[row["type"]]
      expected = snapshot.line(row["id"])[field] if field
      unless row["type"] == "SYMBOL"
        assert_equal [row["id"], expected],
                     row.values_at("id", "length")
      end
    end
  end

  def test_sums_of_classes_are_those_of_the_histogram
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    rows = convert(Shop.dump).query(<<~SQL)
      SELECT class, count(*) AS objects, sum(memsize) AS bytes FROM objects
      WHERE reachable AND address IS NOT NULL AND class IS NOT NULL GROUP BY class
    SQL
    expected = snapshot.histogram.select(&:key).group_by(&:key).filter_map do |name, all|
      [name, all.sum(&:objects), all.sum(&:bytes)] if all.sum(&:objects).positive?
    end
    assert_equal(expected.sort, rows.map(&:values).sort)
  end

  def test_edges_are_its_references
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    edges = convert(Shop.dump, "--values").rows("edges").group_by { |row| row["from_id"] }
    [*snapshot.each.select { |node| (node.id % 5).zero? }, *roots(snapshot)].each do |node|
      expected = node.references(limit: 1 << 30).map { |held| [held.node.id, *words(held.edge)] }
      found = edges.fetch(node.id, []).map do |row|
        row.values_at("to_id", "kind", "name", "key_id", "frame")
      end
      assert_equal expected, found, node.to_s
    end
    assert_equal snapshot.graph.nodes - 1,
                 [*edges.keys, *snapshot.each.map(&:id), *roots(snapshot).map(&:id)].uniq.size
  end

  # Kind, name, key and frame of an edge, as its row has them.
  def words(edge)
    key = edge.name.id if edge.kind == :value_at && edge.name
    name = edge.name.to_s if edge.name && !key
    name = HeapDump::Snapshot.const_get(:Keys).text(name) if edge.kind == :value && name
    [edge.kind.to_s, name, key, edge.frame]
  end

  def test_frames_are_those_of_the_threads
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    db = convert(Shop.dump)
    threads = db.rows("threads")
    assert_equal snapshot.each.count { |node|
      %w[VM/thread fiber].include?(node.kind)
    }, threads.size
    frames = db.rows("frames").group_by { |row| row["thread_id"] }
    threads.each do |thread|
      expected = Array(snapshot.line(thread["id"])["frames"]).map do |frame|
        [frame["label"] || frame["method"], frame["file"], frame["line"],
         snapshot.node(thread["id"]).related(frame["self"])&.id]
      end
      assert_equal(expected, frames.fetch(thread["id"], []).map do |row|
        row.values_at("label", "file", "line", "self_id")
      end)
      assert_equal expected.size, thread["frames"]
    end
  end

  def test_facts_of_the_dump
    row = convert(Shop.dump).rows("dump").fetch(0)
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    assert_equal snapshot.header.values_at("time", "host", "pid", "ruby", "program"),
                 row.values_at("time", "host", "pid", "ruby", "program")
    assert_equal [snapshot.objects, true, false, nil],
                 row.values_at("objects", "whole", "with_values", "warnings")
    assert_equal snapshot.header, JSON.parse(row["header"])
    assert_equal snapshot.histogram.bytes, row["reachable_memsize"]
  end

  SECRETS = { string: "hunter2", key: "4111111111111111", thread: "alice's thread" }.freeze

  def secretive
    made("secret") do |one|
      symbol = one.symbol(SECRETS[:string])
      one.constant("A", one.hash([[one.string(SECRETS[:string]), one.array([symbol])],
                                  [:":written", one.string("x")],
                                  [SECRETS[:key].to_i % 100_000_007, one.string("y")]]))
      one.root(one.thread([["run", "/app/a.rb", 1]], thread_name: SECRETS[:thread]))
    end
  end

  def test_secrets_are_there_only_if_they_are_wanted
    dump = secretive
    convert(dump)
    bytes = File.binread(Dir["#{scratch}/*.db"].first)
    [*SECRETS.values, (SECRETS[:key].to_i % 100_000_007).to_s].each do |one|
      refute_includes bytes, one
    end
    db = convert(dump, "--values")
    assert_equal [{ "value" => SECRETS[:string] }],
                 db.query("SELECT value FROM objects WHERE class = 'String' AND length = 7")
    assert_equal SECRETS[:thread], db.rows("threads").first["name"]
    assert_includes db.rows("edges").map { |row|
      row["name"]
    }, (SECRETS[:key].to_i % 100_000_007).to_s
  end

  def test_hostile_names
    db = convert(hostile_dump(File.join(scratch, "hostile.json")), "--values")
    expected = HOSTILE.map { |name| name.gsub("\0", "\\x00") }
    assert_equal expected.map { |name| "K#{name}" }.sort,
                 db.rows("objects").filter_map { |row| row["class"] }.grep(/\AK/).uniq.sort
    values = db.rows("objects").select { |row| row["type"] == "STRING" }.map { |row| row["value"] }
    assert_equal expected.sort, values.sort
    ivars = db.rows("edges").select { |row| row["kind"] == "ivar" }
    assert_equal expected.map { |name| "@#{name}" }.sort, ivars.map { |row| row["name"] }.sort
    assert_equal(expected.sort, db.rows("frames").map { |row| row["label"] }.sort)
  end

  # JSON has characters in two halves.
  def test_escapes_of_json
    dump = File.join(scratch, "bytes.json")
    File.write(dump, <<~'JSON')
      {"type":"ROOT","root":"vm","references":["0x1000"]}
      {"address":"0x1000","type":"STRING","value":"\ud83d\ude00\n\u0000","memsize":40}
    JSON
    assert_equal "\u{1F600}\n\\x00", convert(dump, "--values").rows("objects").first["value"]
  end

  LENGTHS = "SELECT length(value) AS n FROM objects WHERE type = 'STRING' ORDER BY id"

  # Rows that do not fit on a page, around each limit of the format, and trees of any height.
  def test_long_rows
    lengths = [0, 1, 126, 127, 900, 1000, 8000, *8060..8170, 9000, 16_200, *16_330..16_420,
               100_000, 1_000_000]
    dump = made do |one|
      lengths.each do |size|
        one.root(one.string("é"[0, size & 0] + ("x" * size)))
      end
    end
    found = convert(dump,
                    "--values").query(LENGTHS)
    assert_equal lengths, found.map { |row| row["n"] }
  end

  def test_any_number_of_rows
    [0, 1, 2, 50, 60, 70, 600, 3000, 40_000].each do |count|
      dump = made { |one| one.root(one.array(Array.new(count) { one.object("Thing") })) }
      db = convert(dump, "--force")
      ids = db.query("SELECT id FROM objects WHERE class = 'Thing'").map { |row| row["id"] }
      assert_equal count, ids.size
      next if ids.empty?

      [ids.first, ids[count / 2], ids.last].each do |id|
        assert_equal [{ "n" => 1 }],
                     counted(db, "to_id", "= #{id}")
      end
      assert_operator counted(db, "from_id", ">= 0").first["n"],
                      :>=, count
    end
  end

  def counted(db, column, condition)
    db.query("SELECT count(*) AS n FROM edges INDEXED BY edges_#{column} " \
             "WHERE #{column} #{condition}")
  end

  def test_dumps_of_object_space_and_torn_ones
    torn = File.join(scratch, "torn.json")
    File.binwrite(torn, File.binread(Shop.dump, File.size(Shop.dump) / 2))
    path = File.join(scratch, "torn.db")
    answer = heapdump("convert", torn, "--to", "sqlite", "-o", path)
    assert_equal 0, answer.status
    row = Engines::Sqlite.new(path).rows("dump").first
    assert_equal false, row["whole"]
    refute_empty row["warnings"]
    foreign = File.join(scratch, "foreign.json")
    File.write(foreign,
               %({"type":"ROOT","root":"vm","references":["0x1000"]}\n) +
               %({"address":"0x1000","type":"STRING","bytesize":3,"value":"abc","memsize":40}\n))
    db = convert(foreign)
    assert_equal [nil, "unknown", nil], db.rows("dump").first.values_at("whole", "app", "time")
    assert_equal 3, db.rows("objects").first["length"]
  end

  def test_the_number_of_a_dump_is_that_of_its_contents
    copy = File.join(scratch, "copy.json.gz")
    Zlib::GzipWriter.open(copy) { |io| io.write(File.binread(Shop.dump)) }
    ids = [Shop.dump, copy, made do |one|
      one.root(one.string("x"))
    end].map { |dump| convert(dump).rows("dump").first["dump_id"] }
    assert_equal ids[0], ids[1]
    refute_equal ids[0], ids[2]
  end

  def test_what_is_there_stays
    path = File.join(scratch, "heap.db")
    File.write(path, "precious")
    assert_match(/heap.db is there already; --force replaces it/,
                 heapdump("convert", Shop.dump, "--to", "sqlite", "-o", path).err)
    assert_equal "precious", File.read(path)
    heapdump!("convert", Shop.dump, "--to", "sqlite", "-o", path, "--force")
    assert_equal 0o600, File.stat(path).mode & 0o777
    assert_equal ["heap.db"], Dir.children(scratch)
  end

  def test_a_full_disk_leaves_nothing
    path = File.join(scratch, "heap.db")
    code = <<~'RUBY'
      require "heapdump/cli"
      trap("XFSZ", "IGNORE")
      Process.setrlimit(Process::RLIMIT_FSIZE, 1 << 20)
      exit HeapDump::CLI.run(["convert", ARGV[0], "--to", "sqlite", "-o", ARGV[1]])
    RUBY
    outcome = Child.ruby(code, Shop.dump, path)
    assert_equal 1, outcome.status.exitstatus
    assert_match(/the database cannot be written: File too large/, outcome.err)
    assert_empty Dir.children(scratch)
  end

  def test_wrong_usage
    assert_match(/say where to with -o/, heapdump("convert", Shop.dump, "--to", "sqlite").err)
    assert_match(/--values is for sqlite/,
                 heapdump("convert", Shop.dump, "--to", "csv", "--values").err)
    assert_match(/would be no database/,
                 heapdump("convert", Shop.dump, "--to", "sqlite", "-o", "x.gz").err)
    err = heapdump("convert", Shop.dump, "--to", "postgres", "-o",
                   "postgres://me:secret@host/db").err
    assert_match(/can read a password in an argument/, err)
    refute_match(/secret/, err)
    assert_raises(ArgumentError) { HeapDump::Convert.store("xml", "x") }
  end
end

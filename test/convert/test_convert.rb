# frozen_string_literal: true

require "test_helper"
require "heapdump/convert"
require "support/command_line"
require "support/made_dump"
require "support/shop"
require "support/slow_heap"

# What `heapdump convert` writes, read as those read it that it is meant for.
class TestConvert < HeapDumpTest
  include CommandLine

  def self.converted
    @converted ||= Hash.new do |all, format|
      path = File.join(Dumps.root, "shop.#{format}")
      line = ["convert", Shop.dump, "--to", format, "-o", path]
      status = HeapDump::CLI.run(line, out: StringIO.new)
      raise "not converted" unless status.zero?

      all[format] = path
    end
  end

  def converted(format)
    self.class.converted[format]
  end

  def slow
    @slow ||= SlowHeap.new(Shop.dump)
  end

  def test_files_are_for_their_owner_alone
    assert_equal 0o600, File.stat(converted("csv")).mode & 0o777
    refute(Dir.children(Dumps.root).any? { |name| name.include?("partial") })
  end

  def test_what_is_somebody_elses_stays
    path = File.join(scratch, "heap.csv")
    elsewhere = File.join(scratch, "elsewhere")
    File.write(elsewhere, "precious")
    File.symlink(elsewhere, path)
    assert_match(/heap.csv is no file but something else/,
                 heapdump("convert", Shop.dump, "--to", "csv", "-o", path).err)
    File.rename(path, "#{path}.partial-#{Process.pid}")
    assert_match(/partial-\d+ cannot be written: there is a file of that name already/,
                 heapdump("convert", Shop.dump, "--to", "csv", "-o", path).err)
    assert File.symlink?("#{path}.partial-#{Process.pid}")
    assert_equal "precious", File.read(elsewhere)
    refute File.exist?(path)
  end

  def test_what_was_written_is_told
    units = HeapDump::Terminal::Units
    objects = "#{units.count(File.foreach(converted("csv")).count - 1)} objects of #{Shop.dump}\n"
    path = File.join(scratch, "heap.csv.gz")
    told = heapdump!("convert", Shop.dump, "--to", "csv", "-o", path).out
    assert_equal "#{path}: #{units.bytes(File.size(path))}, #{objects}", told
    tables = File.join(scratch, "heap.db")
    assert_equal "#{tables}, #{objects}",
                 heapdump!("convert", Shop.dump, "--to", "sqlite", "-o", tables).out
  end

  def test_output_goes_where_it_is_wanted
    assert_equal File.read(converted("csv")), heapdump!("convert", Shop.dump, "--to", "csv").out
    assert_equal 64, heapdump("convert", Shop.dump).status
    assert_equal 64, heapdump("convert", Shop.dump, "--to", "xml").status
    failed = heapdump("convert", Shop.dump, "--to", "csv", "-o", "/nonexistent/x")
    assert_equal 1, failed.status
    assert_equal 1, failed.err.lines.size
  end

  def test_csv_has_a_row_for_each_object
    table = rows(File.read(converted("csv")))
    assert_equal slow.lines.keys.sort, table.map { |row| row["address"] }.sort
    table.each do |row|
      line = slow.lines[row["address"]]
      assert_equal [line["type"], line["memsize"].to_s], row.values_at("type", "bytes")
    end
    assert_equal 84, table.count { |row| row["class"] == "Session" }
  end

  # By RFC 4180. Ruby has no reader of its own any more.
  def rows(text)
    cells = text.scan(/\G(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/)
    assert_equal text.size, cells.join.size + (2 * cells.count(&:first)), "all of it is valid"
    head, *rest = cells.slice_after { |_, _, separator| separator == "\n" }.map do |row|
      row.map { |quoted, plain| quoted ? quoted.gsub('""', '"') : plain }
    end
    rest.map { |row| head.zip(row).to_h }
  end

  def test_cells_cannot_be_formulas
    assert_equal "'=1+1", HeapDump::Terminal::Csv.field("=1+1")
    assert_equal %("'@a,""b"""), HeapDump::Terminal::Csv.field('@a,"b"')
  end

  # https://www.speedscope.app/file-format-schema.json, what it asks of a sampled profile.
  def test_speedscope
    file = JSON.parse(File.read(converted("speedscope")))
    assert_equal HeapDump::Convert::Speedscope::SCHEMA, file["$schema"]
    frames = file["shared"]["frames"]
    assert(frames.all? { |frame| frame.keys == ["name"] && frame["name"].is_a?(String) })
    assert_equal frames.uniq, frames
    profile = file["profiles"].fetch(file["activeProfileIndex"])
    assert_equal %w[endValue name samples startValue type unit weights], profile.keys.sort
    assert_equal %w[sampled bytes], profile.values_at("type", "unit")
    assert_equal profile["samples"].size, profile["weights"].size
    assert(profile["samples"].flatten.all? { |frame| frame.between?(0, frames.size - 1) })
    assert_equal slow.bytes(slow.live), profile["weights"].sum
    assert_equal profile["endValue"], profile["weights"].sum
    stacks = profile["samples"].map { |stack| stack.map { |frame| frames[frame]["name"] } }
    assert(stacks.any? { |stack| stack.each_cons(2).include?(%w[Hash Session]) })
  end

  # As DevTools reads it (v8/src/profiler/heap-snapshot-generator.cc).
  def test_heapsnapshot
    file = JSON.parse(File.read(converted("heapsnapshot")))
    meta = file["snapshot"]["meta"]
    assert_equal meta["node_fields"].size, meta["node_types"].size
    assert_equal meta["edge_fields"].size, meta["edge_types"].size
    nodes = file["nodes"].each_slice(meta["node_fields"].size).to_a
    edges = file["edges"].each_slice(meta["edge_fields"].size).to_a
    assert_equal [nodes.size, edges.size], file["snapshot"].values_at("node_count", "edge_count")
    assert_equal slow.lines.size + slow.roots.size + 1, nodes.size
    assert_equal edges.size, nodes.sum { |node| node[4] }
    check_nodes(nodes, file["strings"], meta["node_types"][0])
    check_edges(edges, nodes, file["strings"], meta)
  end

  def check_nodes(nodes, strings, types)
    assert(nodes.all? { |node| node[0].between?(0, types.size - 1) && strings[node[1]] })
    assert_equal nodes.size, nodes.map { |node| node[2] }.uniq.size, "ids are unique"
    assert_equal slow.bytes(slow.lines.keys), nodes.sum { |node| node[3] }
    assert_equal strings.uniq, strings
  end

  def check_edges(edges, nodes, strings, meta)
    types = meta["edge_types"][0]
    numbered = [types.index("element"), types.index("hidden")]
    edges.each do |type, name, to|
      assert_equal 0, to % meta["node_fields"].size
      assert nodes[to / meta["node_fields"].size]
      assert numbered.include?(type) || strings[name]
    end
  end

  def test_heapsnapshot_names_its_edges
    file = JSON.parse(File.read(converted("heapsnapshot")))
    names = file["edges"].each_slice(3).filter_map { |_type, name, _to| file["strings"][name] }
    ["constant CACHE", "@state", "captured payload", "$current"].each do |name|
      assert_includes names, name
    end
  end

  # [type, name] of the node of each object, by address.
  def snapshot_nodes(path, snapshot)
    file = JSON.parse(File.read(path))
    types = file["snapshot"]["meta"]["node_types"][0]
    nodes = file["nodes"].each_slice(7).map do |type, name, id|
      { type: types[type], name: file["strings"][name], id: id }
    end
    snapshot.each.zip(nodes.drop(1)).to_h { |node, written| [node.to_s, written] }
  end

  # An object is counted by its name, everything else by its type.
  def test_heapsnapshot_says_what_things_are
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    nodes = snapshot_nodes(converted("heapsnapshot"), snapshot)
    registry = snapshot.modules_named("Registry").first
    cache = registry["CACHE"]
    { registry => ["object", "Registry (module)"], cache => %w[object Hash],
      registry["@pool"] => %w[object Array], cache["k1"] => %w[object Session],
      cache["k1"]["@state"] => ["string", "waiting for payment"] }.each do |node, expected|
      assert_equal expected, nodes[node.to_s].values_at(:type, :name)
    end
    bus = snapshot.modules_named("Object").first["BUS"]
    block = bus["@subscribers"][0]
    assert_match(/\Aproc \S*shop.rb:27\z/, nodes[block.to_s][:name])
    code = nodes[block.line["iseq"]]
    assert_equal "code", code[:type]
    assert_match(/\Ablock in (Object#)?handle \S*shop.rb:27\z/, code[:name])
    assert_empty(nodes.values.select { |node| node[:type] == "array" })
  end

  # Whatever comes and goes beside it, and before it.
  def test_heapsnapshot_has_the_same_ids_for_the_same_objects
    addresses = [0x7f10_1230_2000, 0x7f10_1230_2028, 0x7f10_1233_0050, 0x55d0_6540_4000]
    more = [0x7f10_1230_1000, 0x7f10_1230_2050, 0x7f10_1232_0050, 0x55d0_6540_0008]
    ids = [addresses, addresses + more].map.with_index do |all, i|
      path = MadeDump.write(File.join(scratch, "#{i}.json"), i) do |made|
        made.constant("ALL", made.array(all.map { |one| made.object("Item", address: one) }))
      end
      output = File.join(scratch, "#{i}.heapsnapshot")
      heapdump!("convert", path, "--to", "heapsnapshot", "-o", output)
      snapshot_nodes(output, HeapDump::Snapshot.open(path)).transform_values { |node| node[:id] }
    end
    addresses.each do |address|
      one = format("0x%x", address)
      assert_equal ids[0][one], ids[1][one]
    end
  end

  # Readers have 32 bits for an id, and look for odd ones.
  def test_heapsnapshot_ids_fit
    numbers = made_ids
    # whatever addresses a dump has: far from each other, near, on pages that share their numbers
    addresses = [1, 2, 3, 0x10_000, 0x10_001, *(0x7f00_0000..0x7f00_9000), 1 << 34, (1 << 34) + 8,
                 1 << 40, (1 << 47) + 0xfff8, (1 << 64) - 8]
    ids = addresses.map { |address| numbers.of_object(address) }
    %w[vm vm machine_context global_tbl].each { |words| ids << numbers.of_root(words) }
    ids << 1
    assert_equal ids.uniq.size, ids.size
    assert(ids.all? { |id| id.odd? && id < 1 << 32 })
    others = made_ids
    roots = %w[global_tbl machine_context vm].map { |words| others.of_root(words) }
    assert_equal roots.sort, (ids.last(5) - [1, ids[-4]]).sort
  end

  def made_ids
    HeapDump::Convert.const_get(:Heapsnapshot) # which loads it
    HeapDump::Convert.module_eval { const_get(:HeapsnapshotIds) }.new
  end

  # The same references as in the dump that it was made from.
  def test_objspace
    lines = File.foreach(converted("objspace")).map { |line| JSON.parse(line) }
    objects = lines.select { |line| line["address"] }
    assert_equal slow.lines.keys.sort, objects.map { |line| line["address"] }.sort
    objects.each do |line|
      held = References.of(slow.lines[line["address"]].except("class"))
      assert_equal held.sort, line.fetch("references", []).sort
    end
    roots = lines.select { |line| line["type"] == "ROOT" }
    assert_equal slow.roots.map { |line| [line["root"], References.of(line).sort] },
                 roots.map { |line| [line["root"], line["references"].sort] }
  end

  # In processes of their own: they are not meant to live beside others.
  def read_by(code)
    Child.ruby!(code, converted("objspace"), gems: true).out
  end

  def test_heapy_reads_it
    out = read_by('require "heapy"; Heapy::Analyzer.new(ARGV[0]).analyze')
    assert_match(/Generation: +nil object count: \d+/, out)
  end

  def test_sheap_reads_it
    out = read_by(<<~'RUBY')
      require "set"
      require "sheap"
      heap = Sheap::Heap.new(ARGV[0])
      sessions = heap.instances_of(heap.class_named("Session").first)
      p heap.objects.reject(&:root?).size, sessions.size, sessions.first.inverse_references.size
    RUBY
    assert_equal [slow.lines.size.to_s, "84", "1"], out.split
  end

  def test_heap_profiler_reads_it
    out = read_by(<<~'RUBY')
      require "heap_profiler/full"
      dump = HeapProfiler::Dump.new(ARGV[0])
      analyzer = HeapProfiler::Analyzer.new(dump, HeapProfiler::Index.new(dump))
      p analyzer.run(%w[objects memory], %w[class])["class"].objects.fetch("Session")
    RUBY
    assert_equal "84", out.strip
  end

  def test_it_opens_again_with_the_same_sizes
    again = HeapDump::Snapshot.open(converted("objspace"))
    first = HeapDump::Snapshot.open(Shop.dump)
    assert_equal first.graph.totals, again.graph.totals
    session = first.find(class: "Session").map(&:retained_size)
    assert_equal session, again.find(class: "Session").map(&:retained_size)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/shop"

# The dominator tree in cells, against the objects that the cells stand for.
class TestFolded < HeapDumpTest
  include CommandLine

  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(Shop.dump({ gc: false }))
  end

  def snapshot
    self.class.snapshot
  end

  def cache
    snapshot.modules_named("Registry").first["CACHE"]
  end

  # Nothing is lost at any level.
  def assert_sums(cells)
    below = cells.drop(1).group_by(&:parent)
    cells.each_with_index do |cell, i|
      assert_equal cell.retained, cell.bytes + below.fetch(i, []).sum(&:retained), cell.inspect
      assert_operator cell.parent, :<, i if i.positive?
      assert_operator below.fetch(i, []).count { |one| one.kind == :other }, :<=, 1
      assert_predicate cell, :frozen?
    end
    assert_equal [nil, :node], [cells.first.parent, cells.first.kind]
  end

  def test_the_whole_tree
    objects, bytes, = snapshot.graph.totals
    [0, 1, 2, 3, 30, 2000].each do |limit|
      cells = snapshot.folded(limit: limit)
      assert_operator cells.size, :<=, [limit, 2].max
      assert_sums(cells)
      assert_equal [objects, bytes], [cells.sum(&:objects), cells.sum(&:bytes)]
      assert_equal [bytes, "the VM"], [cells.first.retained, cells.first.label]
    end
  end

  def test_below_a_node
    cells = snapshot.folded(below: cache)
    assert_sums(cells)
    assert_equal [cache, cache.retained_size, snapshot.retained_objects(cache)],
                 [cells.first.node, cells.first.retained, cells.sum(&:objects)]
    assert_equal cells, snapshot.folded(below: cache.to_s)
    assert_first_level(cells.select { |cell| cell.parent.eql?(0) })
  end

  def assert_first_level(cells)
    below = snapshot.dominated(cache, limit: 1000)
    expected = below.group_by(&:class_name).to_h do |name, nodes|
      [name, [nodes.size, nodes.sum(&:memsize), nodes.sum(&:retained_size)]]
    end
    assert_equal expected, cells.to_h { |cell| [cell.label, cell.to_a.last(3)] }
    assert_equal %i[class], cells.map(&:kind).uniq
    session = cells.find { |cell| cell.label == "Session" }
    assert_equal session.node.retained_size, below.map(&:retained_size).max
  end

  def test_what_has_no_cell_is_in_the_rest
    all = snapshot.folded(below: cache)
    few = snapshot.folded(below: cache, limit: 4)
    assert_sums(few)
    assert_equal [4, all.sum(&:objects)], [few.size, few.sum(&:objects)]
    rest = few.select { |cell| cell.kind == :other }
    assert_equal [[nil, "others"]], rest.map { |cell| [cell.node, cell.label] }.uniq
    kept = few.reject { |cell| cell.kind == :other }
    assert_equal all.first(kept.size), kept
  end

  def test_garbage_has_no_cells
    garbage = snapshot.each.find { |node| !node.reachable? }
    assert_empty snapshot.folded(below: garbage)
    assert_raises(HeapDump::NotFound) { snapshot.folded(below: 1) }
    assert_raises(ArgumentError) { snapshot.folded(limit: -1) }
  end

  def test_the_command
    dump = Shop.dump({ gc: false })
    lines = heapdump!("top", dump, cache.to_s, "--cells", "4").lines
    assert_equal 5, lines.size
    assert_match(/^ *\d.* KiB  100.0 % +1  #{cache}  Hash of 80$/, lines[1])
    assert_match(/^ *\d.* KiB +\d+\.\d % +80  0x\h+    Session$/, lines[2])
    assert_match(/^ *\d.*B .* others$/, lines.last)
  end

  def test_the_command_in_json
    dump = Shop.dump({ gc: false })
    json = heapdump!("top", dump, cache.to_s, "--cells", "4", "--json").json
    expected = snapshot.folded(below: cache, limit: 4).map do |cell|
      { "parent" => cell.parent, "kind" => cell.kind.to_s, "label" => cell.label,
        "example" => cell.node&.to_s, "objects" => cell.objects, "bytes" => cell.bytes,
        "retained" => cell.retained }
    end
    assert_equal [expected, cache.to_s], [json["cells"], json["below"]["address"]]
    all = heapdump!("top", dump, "--cells", "2", "--json").json
    assert_equal [nil, ["the VM", "others"]], [all["below"], all["cells"].map { _1["label"] }]
  end
end

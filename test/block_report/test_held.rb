# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "objspace"
require "set"
require "support/shop"

# What a block report puts together in C is held in one way by the words of the signatures, too.
class TestBlockReportHeld < HeapDumpTest
  Link = Struct.new(:before, :value)
  Odd = Struct.new(:left1, :left2, :other)
  KEPT = [] # rubocop:disable Style/MutableConstant

  # Ways that are easily mixed up: sets in sets, lists, two variables that differ in digits, modules
  # without a constant, parts of arrays, frames.
  def plant
    links = (1..50).reduce(nil) { |last, i| Link.new(last, i.even? ? [i.to_s] : { i => i.to_s }) }
    odd = Odd.new(Odd.new(nil, Odd.new("a".dup, nil, ["b".dup]), nil), Odd.new(["c".dup]), nil)
    nameless = Class.new { const_set(:INSIDE, [+"d"]) }
    former = Class.new { const_set(:INSIDE, [+"e"]) }
    self.class.const_set(:Former, former)
    self.class.send(:remove_const, :Former)
    KEPT.push(links, odd, nameless, former, Set[Set[Set["f".dup, [1]]], "g".dup],
              Set[[Set["h".dup]]], Array.new(30) { |i| "part #{i}" }[5..], proc { links })
    Thread.current[:test_held] = [+"i"]
  end

  def teardown
    KEPT.clear
    Thread.current[:test_held] = nil
    super
  end

  # Each object is a run of its own, so that it is a row of its own, with the way that is its.
  def ways(snapshot, nodes)
    asked = nodes.map.with_index { |node, i| [node.address, 1, i, 0, 0, 0].pack("QQLLLL") }.join
    rows = snapshot.graph.held(asked)
    assert_equal nodes.each_index.map { |i| [i, 1, 1] }, rows.map { |row| row.values_at(0, 2, 3) }
    rows.map { |row| row[1] }
  end

  def words(snapshot, finding, node)
    rank, _, _, flat = snapshot.graph.best_path(node.id, nil)
    return unless rank

    steps = flat.each_slice(2).to_a
    first, *rest = steps
    path = [first.first, *rest.flat_map(&:reverse)]
    [rank, steps.any? { |number, _| snapshot.node(number).kind == "iseq" },
     finding.signature(path), (node.type if node.module?)]
  end

  # Of code and of methods only some, as there are so many of them.
  def check(snapshot)
    finding = HeapDump::Snapshot::Ways::Finding.new(snapshot)
    nodes = snapshot.each.select { |node| node.type != "IMEMO" || (node.id % 10).zero? }
    all = Hash.new { |known, at| known[at] = words(snapshot, finding, nodes[at]) }
    ways = ways(snapshot, nodes)
    wrong = ways.each_with_index.reject { |way, at| all[way] == all[at] }
    assert_empty(wrong.first(3).map { |pair| pair.map { |at| [nodes[at], all[at]] } })
    [ways.uniq.size, all.values.uniq.size, nodes.size]
  end

  def test_all_objects_of_this_process
    held = [plant]
    path = File.join(scratch, "heap.json")
    HeapDump.dump(path, strings: :none)
    ways, words, objects = check(HeapDump::Snapshot.open(path, index: false))
    assert_operator words, :<=, ways
    assert_operator ways, :<, objects
    assert held
  end

  def test_another_dump
    ways, = check(HeapDump::Snapshot.open(Shop.dump, index: false))
    assert_operator ways, :>, 100
  end

  def test_rows_are_sums_of_runs_sites_and_classes
    snapshot = HeapDump::Snapshot.open(Shop.dump, index: false)
    node = snapshot.find(limit: 1).first
    rows = [[1, 0, 5, 7], [2, 0, 5, 7], [4, 1, 5, 7], [8, 1, 6, 7], [16, 0, 5, 8]]
    asked = rows.map { |bytes, *rest| [node.address, bytes, *rest, 0].pack("QQLLLL") }.join
    assert_equal [[0, 0, 2, 3], [2, 0, 1, 4], [3, 3, 1, 8], [4, 4, 1, 16]],
                 snapshot.graph.held(asked)
    nowhere = [8, 1, 0, 0, 0, 0].pack("QQLLLL")
    assert_equal [[0, 0, 2, 2]], snapshot.graph.held(nowhere * 2)
    assert_empty snapshot.graph.held("")
    assert_raises(TypeError) { snapshot.graph.held(nil) }
  end

  # The dump of a report has less in it than others, but paths are the same.
  def test_a_brief_dump_has_the_same_paths
    plant
    full, brief = [false, true].map do |brief|
      path = File.join(scratch, "#{brief}.json")
      HeapDump.dump(path, strings: :none, brief: brief)
      HeapDump::Snapshot.open(path, index: false)
    end
    assert_operator File.size(brief.path), :<, File.size(full.path) * 0.9
    told = [full, brief].map { |snapshot| paths_of_planted(snapshot) }
    assert_operator told.first.size, :>, 100
    assert_empty told.first.to_a - told.last.to_a
    assert_equal told.first.size, told.last.size
  end

  PLAIN = %w[ARRAY HASH OBJECT STRING STRUCT].freeze
  private_constant :PLAIN

  # What the kept objects hold, in the order of the walk, as a compaction may move all of them.
  def paths_of_planted(snapshot)
    first = snapshot.modules_named(self.class.name).first
    finding = HeapDump::Snapshot::Ways::Finding.new(snapshot)
    queue = snapshot.references(first, limit: 1000).select { |held| held.edge.name == "KEPT" }
                    .map(&:node)
    seen = queue.to_h { |node| [node.id, true] }
    while (node = queue.shift)
      snapshot.references(node, limit: 200).map(&:node).each do |held|
        next if !PLAIN.include?(held.type) || seen[held.id]

        seen[held.id] = true
        queue << held
      end
    end
    seen.keys.map.with_index do |number, i|
      node = snapshot.node(number)
      [i, node.type, node.class_name, words(snapshot, finding, node)]
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/made_dump"
require "support/shop"

# The paths to all objects of a set as one tree, against the path to each of them.
class TestMergedPaths < HeapDumpTest
  include CommandLine

  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(dump)
  end

  def self.dump
    Shop.dump({ gc: false })
  end

  def snapshot
    self.class.snapshot
  end

  def sessions
    snapshot.find(class: "Session", limit: 10_000).items
  end

  def assert_all(merged, set)
    live, garbage = set.partition(&:reachable?).map { |nodes| [nodes.size, nodes.sum(&:memsize)] }
    assert_equal live, [merged.first.objects, merged.first.bytes]
    assert_equal garbage, [merged.garbage, merged.garbage_bytes]
  end

  # Every level has the objects of the level below and its own.
  def assert_sums(merged, set)
    assert_all(merged, set)
    merged.reject(&:other?).each_with_index do |branch, i| # rests come last
      below = merged.below(i).map { |index| merged[index] }
      assert_equal branch.objects, branch.own_objects + below.sum(&:objects), branch.inspect
      assert_equal branch.bytes, branch.own_bytes + below.sum(&:bytes), branch.inspect
      assert_operator branch.retained, :>=, [branch.own_retained, *below.map(&:retained)].max
      assert_operator below.count(&:other?), :<=, 1
    end
  end

  def test_values_are_frozen
    merged = snapshot.merged_paths({ class: "Session" })
    [merged, merged.branches, *merged].each { |value| assert_predicate value, :frozen? }
  end

  def test_the_objects_of_a_class
    merged = snapshot.merged_paths({ class: "Session" })
    assert_sums(merged, sessions)
    ends = merged.select { |branch| branch.own_objects.positive? }
    expected = sessions.select(&:reachable?).group_by { |node| snapshot.path_to(node).signature }
    assert_equal(expected.map { |_, nodes| nodes.size }.sort, ends.map(&:own_objects).sort)
    ends.each do |branch|
      nodes = expected.fetch(snapshot.path_to(branch.node).signature)
      assert_equal [nodes.size, nodes.sum(&:memsize), snapshot.retained_size(nodes)],
                   [branch.own_objects, branch.own_bytes, branch.own_retained]
      assert_equal nodes.map(&:retained_size).max, branch.node.retained_size
    end
  end

  # What is left has no path over the references that are cut, and the rest has no other.
  def test_without_a_branch
    all = snapshot.merged_paths({ class: "Session" })
    assert_equal [nil, nil, nil], [all.cut, all.released, all.released_bytes]
    all.each_with_index do |branch, index|
      next assert_not_to_be_cut(index) unless branch.edge

      left = snapshot.merged_paths({ class: "Session" }, without: index)
      assert_operator left.cut, :>, 0
      assert_equal all.first.objects, left.first.objects + left.released, branch.to_s
      assert_equal all.first.bytes, left.first.bytes + left.released_bytes, branch.to_s
    end
    assert_not_to_be_cut(all.size)
    cache = all.find_index { |branch| branch.to_s == "constant CACHE → Hash" }
    left = snapshot.merged_paths({ class: "Session" }, without: all.below(cache).first)
    assert_equal [80, 80], [left.cut, left.released]
    left = snapshot.merged_paths({ class: "Session" }, without: cache)
    assert_equal [1, 0], [left.cut, left.released], "the code that uses the constant has it, too"
    refute_includes left.map(&:to_s), "constant CACHE → Hash"
  end

  def assert_not_to_be_cut(index)
    error = assert_raises(ArgumentError) do
      snapshot.merged_paths({ class: "Session" }, without: index)
    end
    assert_match(/\Awithout: (no reference leads to|is the index of) a? ?branch/, error.message)
  end

  # From the first step on, in words.
  def test_the_way_to_the_cache
    merged = snapshot.merged_paths({ class: "Session" })
    at = merged.below(0).find { |index| merged[index].to_s == "Registry (module)" }
    words = []
    while at
      words << [merged[at].to_s, merged[at].objects]
      at = merged.below(at).first
    end
    assert_equal [["Registry (module)", 81], ["constant CACHE → Hash", 80], ["[…] → Session", 80]],
                 words
    assert_equal ["all", nil, nil], [merged.first.to_s, merged.first.parent, merged.first.edge]
    assert_includes merged.map(&:to_s), "captured payload → Session"
    frame = /\A(?:Object#)?wait \S+shop.rb:\d+ → local results → Array\z/
    assert(merged.any? { |branch| branch.to_s.match?(frame) })
  end

  def test_sets
    by_conditions = snapshot.merged_paths({ class: "Session" })
    [sessions, sessions.reverse + sessions, sessions.map(&:to_s),
     snapshot.find(class: "Session", limit: 10_000)].each do |set|
      assert_equal by_conditions.to_a, snapshot.merged_paths(set).to_a
    end
    [{ type: "HASH", min_size: 100 }, { value: "item" }, {}].each do |conditions|
      set = snapshot.find(**conditions, limit: 1_000_000).items
      assert_sums(snapshot.merged_paths(conditions, limit: 100_000), set)
    end
    one = sessions.first
    assert_equal [1, 1], [one, one.to_s].map { snapshot.merged_paths(_1).first.objects }
    assert_equal [[0, 0]], snapshot.merged_paths([]).map { [_1.objects, _1.retained] }
  end

  def test_limits
    strings = snapshot.find(type: "STRING", limit: 1_000_000).items
    [0, 1, 2, 3, 10, 100].each do |limit|
      merged = snapshot.merged_paths({ type: "STRING" }, limit: limit)
      assert_operator merged.size, :<=, [limit, 2].max
      assert_sums(merged, strings)
      rests = merged.select(&:other?)
      assert_equal [["others", nil, nil, 0]],
                   rests.map { [_1.to_s, _1.edge, _1.node, _1.own_objects] }.uniq
    end
  end

  def test_wrong_arguments
    { /no condition :size; they are class, type, value, min_size/ => [{ size: 1 }],
      /there is no type THING/ => [{ type: "THING" }],
      /-1 is negative/ => [{ type: "STRING" }, { limit: -1 }] }.each do |message, (set, options)|
      error = assert_raises(ArgumentError) { snapshot.merged_paths(set, **options.to_h) }
      assert_match message, error.message
    end
    assert_raises(HeapDump::NotFound) { snapshot.merged_paths({ class: "Nowhere" }) }
    assert_raises(HeapDump::NotFound) { snapshot.merged_paths([1]) }
  end

  # A list of any length is one branch, and what several hold is counted once.
  def test_lists_and_modules
    path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      link = nil
      5000.times do
        link = made.object("Link", ivars: { :@next => link, :@text => made.string("x") })
      end
      made.constant("LIST", link)
    end
    opened = HeapDump::Snapshot.open(path)
    merged = opened.merged_paths({ class: "Link" })
    assert_equal [["all", 5000, 0], ["Store (module)", 5000, 0], ["constant LIST → Link", 5000, 1],
                  ["@next → Link", 4999, 4999]],
                 merged.map { [_1.to_s, _1.objects, _1.own_objects] }
    assert_equal [400_000], merged.first(3).map(&:retained).uniq
    modules = opened.merged_paths(opened.modules_named("Store"))
    assert_equal ["all", "Object (class)", "constant Store → (MODULE)"], modules.map(&:to_s)
  end

  def test_the_command
    out = heapdump!("why", self.class.dump, "Session", "--tree", "40").out
    assert_match(/^objects +bytes +retained  held through$/, out)
    assert_match(/^ +80 +3.1 KiB +\S+ KiB      constant CACHE → Hash → \[…\] → Session$/, out)
    assert_match(/^ +1 +40 B +\S+ B      @pool → Array → \[…\] → Session$/, out)
    json = heapdump!("why", self.class.dump, "Session", "--tree", "40", "--json").json
    merged = snapshot.merged_paths({ class: "Session" }, limit: 40)
    assert_equal merged.map { [_1.parent, _1.to_s, _1.objects, _1.own_retained] },
                 json["branches"].map { _1.values_at("parent", "text", "objects", "own_retained") }
    assert_equal [2, "Session", 0], json.values_at("schema_version", "class", "garbage")
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/made_dump"
require "support/shop"

# References in groups, against all of them one by one.
class TestReferenceGroups < HeapDumpTest
  include CommandLine

  ELEMENTS = { index: :index, key: :key, value: :value_at, value_at: :value_at,
               value_int: :value_at }.freeze

  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(Shop.dump({ gc: false }))
  end

  def snapshot
    self.class.snapshot
  end

  # How many references there are by edge and class, and how many objects at their other ends.
  def grouped(references)
    groups = references.group_by do |reference|
      edge, node = reference.to_a
      element = ELEMENTS[edge.kind]
      [element ? [element, nil, nil] : [edge.kind, edge.name, edge.frame], class_of(node)]
    end
    groups.transform_values { |all| [all.size, all.map(&:node).uniq.size] }
  end

  def class_of(node)
    return node.words if node.root?

    [node.class_node || [node.type, node.kind]]
  end

  def told(page)
    page.to_h do |group|
      edge = group.edge
      [[[edge.kind, edge.name, edge.frame], class_of(group.example)],
       [group.references, group.objects]]
    end
  end

  def some_nodes
    nodes = snapshot.each.to_a.sample(300, random: Random.new(1))
    nodes.concat(%w[Object String Class Session Registry].map { snapshot.modules_named(_1).first })
  end

  def test_groups_are_all_references
    some_nodes.each do |node|
      all = snapshot.referrers(node, limit: 1_000_000, instances: true)
      groups = snapshot.referrer_groups(node, limit: 100_000)
      assert_equal grouped(all), told(groups), node.inspect
      assert_equal [all.total, groups.total], [groups.sum(&:references), groups.size]

      all = snapshot.references(node, limit: 1_000_000)
      groups = snapshot.reference_groups(node, limit: 100_000)
      assert_equal grouped(all).transform_values(&:first), told(groups).transform_values(&:first)
      assert_equal [nil], groups.map(&:objects).uniq if groups.any?
    end
  end

  def test_the_largest_come_first_and_others_are_summed_up
    object = snapshot.modules_named("Object").first
    all = snapshot.referrer_groups(object, limit: 1000)
    assert_equal all.map(&:references).sort.reverse, all.map(&:references)
    [1, 3, all.size - 1, all.size].each do |limit|
      page = snapshot.referrer_groups(object, limit: limit)
      assert_equal [all.total, all.sum(&:references)], [page.total, page.sum(&:references)]
      assert_equal all.first(limit), page.first(limit)
      assert_equal limit < all.size, page[limit]&.others? || false
      assert_equal [limit, all.size].min + (limit < all.size ? 1 : 0), page.size
      assert_predicate page[-1], :frozen?
    end
    assert_empty snapshot.referrer_groups(object, limit: 0)
    assert_raises(ArgumentError) { snapshot.referrer_groups(object, limit: -1) }
  end

  def test_the_example_retains_most
    registry = snapshot.modules_named("Registry").first
    cache = registry["CACHE"]
    group = snapshot.reference_groups(cache).find { |one| one.words == "Session" }
    largest = Array.new(Shop::SESSIONS) { |i| cache["k#{i}"].retained_size }.max
    assert_equal [Shop::SESSIONS, "[…]", largest],
                 [group.references, group.edge.to_s, group.example.retained_size]
  end

  # Words of classes and roots, and a class with instances.
  def test_words
    path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      text = made.string("shared")
      items = Array.new(50) { made.object("Item", ivars: { "@a": text }) }
      made.constant("LIST", made.array(items))
      made.constant("TABLE", made.hash([[text, text], [":k", text], [1, text]]))
      made.root(text)
    end
    opened = HeapDump::Snapshot.open(path)
    text = opened.find(value: "shared").first
    assert_equal [["Item", "@a", 50, 50], ["Hash", "[…]", 3, 1], ["root vm", "(no name)", 1, 1],
                  ["Hash", "as a key", 1, 1]].sort,
                 opened.referrer_groups(text).map { |one|
                   [one.words, one.edge.to_s, one.references, one.objects]
                 }.sort
    item = opened.modules_named("Item").first
    instances = opened.referrer_groups(item).first
    assert_equal ["class", 50], [instances.edge.to_s, instances.references]
    assert_command(path, text.to_s)
  end

  def assert_command(path, text)
    out = heapdump!("show", path, text, "--limit", "4").out
    assert_match(/^Referred to by  55
  50 × Item → @a
  3 × Hash → \[…\]
  1 × Hash → as a key
  1 × others
  Item 0x/, out)
    refute_match(/ × /, heapdump!("show", path, text, "--limit", "100").out)
    json = heapdump!("show", path, text, "--json", "--limit", "1").json["referrer_groups"]
    groups = json["groups"].map { _1.values_at("edge", "class", "references", "objects") }
    assert_equal [4, [["@a", "Item", 50, 50], [nil, "others", 5, nil]]], [json["total"], groups]
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/shop"

# Groups in other orders and of a part, against all of them; those of the top of the tree against
# its objects.
class TestHistogram < HeapDumpTest
  include CommandLine

  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(dump)
  end

  def self.dump
    Shop.dump({ gc: false, traced: true })
  end

  def snapshot
    self.class.snapshot
  end

  WORDS = { class: "classes", type: "types", location: "places", generation: "generations",
            gem: "gems" }.freeze

  def test_orders
    WORDS.each_key do |by|
      all = snapshot.histogram(by: by)
      %i[retained bytes objects].each do |sort|
        histogram = snapshot.histogram(by: by, sort: sort)
        figures = histogram.map { |row| row[sort].to_i }
        assert_equal figures.sort.reverse, figures, [by, sort]
        assert_equal all.map(&:label).sort, histogram.map(&:label).sort
        assert_nil histogram.rest
      end
    end
  end

  def test_a_part_and_the_rest_are_all
    WORDS.each do |by, word|
      all = snapshot.histogram(by: by, sort: :objects)
      (0..all.size).step(3).each do |limit|
        part = snapshot.histogram(by: by, sort: :objects, limit: limit)
        assert_equal [all.first(limit), all.total], [part.rows, part.total]
        assert_equal [all.objects, all.bytes, all.known?], [part.objects, part.bytes, part.known?]
        next assert_nil(part.rest) if limit == all.size

        assert_rest(all.drop(limit), part.rest, word)
      end
    end
  end

  # By a look at the objects, not by a histogram of them.
  def test_traced
    line = '{"address":"0x7f%02x","type":"OBJECT","class":"0x7fff","memsize":40%s}'
    { "" => false, ',"generation":3' => false, ',"file":"a.rb","line":1' => true }
      .each do |fields, traced|
        path = File.join(scratch, "traced.json")
        File.write(path, format("#{line}\n#{line}\n", 8, "", 16, fields))
        made = HeapDump::Snapshot.open(path, index: false)
        assert_equal [traced, traced], [made.summary.traced?, made.summary.locations.known?], fields
      end
    assert_predicate snapshot.summary, :traced?
  end

  def assert_rest(rows, rest, word)
    assert_equal(%i[objects bytes garbage garbage_bytes].map { |figure| rows.sum(&figure) },
                 rest.to_a.values_at(2, 3, 6, 7))
    assert_equal [nil, nil, nil], [rest.key, rest.retained, rest.largest]
    word = word.sub(/(?<=s)es\z|s\z/, "") if rows.size == 1
    assert_equal "#{rows.size} smaller #{word}", rest.label
    assert_predicate rest, :frozen?
  end

  def test_wrong_arguments
    { /sort: is one of retained, bytes, objects, not :name/ => { sort: :name },
      /by: is one of class, type, location, generation, gem, not :x/ => { by: :x },
      /-1 is negative/ => { limit: -1 }, /-2 is negative/ => { by: :gem, limit: -2 } }
      .each do |message, wrong|
        %i[histogram top_groups].each do |method|
          error = assert_raises(ArgumentError) { snapshot.public_send(method, **wrong) }
          assert_match message, error.message
        end
      end
  end

  def test_groups_of_the_top
    [true, false].each do |program|
      top = snapshot.top(limit: 1_000_000, program: program)
      { type: :type.to_proc, class: ->(node) { node.class_node&.id || [node.type, node.kind] } }
        .each do |by, key|
        histogram = snapshot.top_groups(by: by, program: program)
        expected = top.group_by(&key)
        assert_equal(expected.values.map { |nodes| sums(nodes) }.sort,
                     histogram.map { |row| [row.objects, row.bytes, row.retained] }.sort)
        assert_equal top.total, histogram.objects
      end
      assert_gems(top, program)
    end
  end

  def sums(nodes)
    [nodes.size, nodes.sum(&:memsize), nodes.sum(&:retained_size)]
  end

  def assert_gems(top, program)
    gems = snapshot.top_groups(by: :gem, program: program)
    expected = top.group_by { |node| HeapDump::Snapshot::Places.gem_of(node.location) }
    assert_equal expected.transform_values { |nodes| sums(nodes) },
                 gems.to_h { |row| [row.label, [row.objects, row.bytes, row.retained]] }
    part = snapshot.top_groups(by: :gem, program: program, limit: 1)
    assert_equal gems.sum(&:retained), part.sum(&:retained) + part.rest.retained
    assert_nil gems["(unknown)"].key
  end

  def test_groups_below_an_object
    cache = snapshot.modules_named("Registry").first["CACHE"]
    below = snapshot.dominated(cache, limit: 1000)
    row = snapshot.top_groups(below: cache)["Session"]
    sessions = below.select { |node| node.class_name == "Session" }
    assert_equal sums(sessions), [row.objects, row.bytes, row.retained]
    part = snapshot.top_groups(below: cache, limit: 0)
    assert_equal [below.total, below.sum(&:retained_size)], [part.objects, part.rest.retained]
  end

  def test_the_command
    out = heapdump!("top", self.class.dump, "--by", "class", "--limit", "2").out
    assert_match(/^ *retained +share +objects  address +class$/, out)
    assert_match(/^ *\S+ \S+ +\S+ % +[\d,]+ +\d+ smaller classes$/, out)
    assert_match(/^besides: /, out)
    json = heapdump!("top", self.class.dump, "--by", "gem", "--limit", "1", "--all", "--json").json
    histogram = snapshot.top_groups(by: :gem, limit: 1)
    row = histogram.first
    assert_equal [histogram.total, [row.label, row.objects, row.retained], histogram.rest.retained],
                 [json["total"], json["rows"][0].values_at("label", "objects", "retained"),
                  json["rest"]["retained"]]
    untraced = heapdump!("top", Shop.dump({ gc: false }), "--by", "location").out
    assert_match(/allocations were not traced/, untraced)
  end
end

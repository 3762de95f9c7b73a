# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/shop"
require "support/slow_heap"

# Lists of objects, sorted and in pages.
class TestFind < HeapDumpTest
  include CommandLine

  class << self
    def snapshot
      @snapshot ||= HeapDump::Snapshot.open(dump)
    end

    def slow
      @slow ||= SlowHeap.new(dump)
    end

    def dump
      Shop.dump({ gc: false })
    end
  end

  def snapshot
    self.class.snapshot
  end

  def slow
    self.class.slow
  end

  ORDERS = {
    size: ->(node, _) { -node.memsize },
    address: ->(node, _) { node.address },
    retained: ->(node, _) { node.reachable? ? [0, -node.retained_size] : [1, -node.memsize] },
    referrers: lambda do |node, slow|
      rooted = slow.roots.sum { |root| References.of(root).count(node.to_s) }
      -slow.referrers(node.to_s).size - rooted
    end,
    length: ->(node, _) { -(node.line.values_at("length", "size", "bytesize").compact.first || -1) }
  }.freeze

  def test_orders
    [{ class: "Session" }, { type: "HASH" }, { type: "STRING", min_size: 100 }].each do |conditions|
      nodes = snapshot.find(**conditions, sort: :address, limit: 100_000).items
      assert_operator nodes.size, :>, 40
      ORDERS.each do |sort, key|
        expected = nodes.sort_by { |node| [*key.call(node, slow), node.id] }
        found = snapshot.find(**conditions, sort: sort, limit: 100_000)
        assert_equal expected.map(&:id), found.map(&:id), sort
      end
    end
  end

  def test_pages_are_everything_and_never_overlap
    [{ type: "HASH" }, { class: "Session" }, { value: "item" }].each do |conditions|
      HeapDump::Snapshot::Search::SORTS.each do |sort|
        all = snapshot.find(**conditions, sort: sort, limit: 10_000)
        pages = (0..all.total).step(7).map do |offset|
          snapshot.find(**conditions, sort: sort, limit: 7, offset: offset)
        end
        assert_equal [all.total], pages.map(&:total).uniq
        assert_equal all.items, pages.flat_map(&:items)
        assert_equal all.total, all.items.uniq.size
      end
    end
  end

  def test_wrong_orders
    error = assert_raises(ArgumentError) { snapshot.find(sort: :name) }
    assert_equal "sort: is one of retained, size, address, referrers, length, not :name",
                 error.message
    [{ offset: -1 }, { value: "x", offset: -1 }].each do |wrong|
      error = assert_raises(ArgumentError) { snapshot.find(**wrong) }
      assert_match(/-1 is negative/, error.message)
    end
    assert_empty snapshot.find(class: "Session", offset: 1 << 40)
  end

  def test_the_command
    answers = [0, 3].map do |offset|
      heapdump!("find", self.class.dump, "--type", "HASH", "--sort", "size", "--limit", "3",
                "--offset", offset.to_s)
    end
    total = snapshot.find(type: "HASH").total
    listed = answers.flat_map { |answer| answer.out.scan(/0x\h+/) }
    assert_equal snapshot.find(type: "HASH", sort: :size, limit: 6).map(&:to_s), listed
    assert_match(/ more \(--limit #{total} shows all\)$/, answers[0].out)
    left = HeapDump::Terminal::Units.count(total - 6)
    assert_match(/^… #{left} more \(--offset 6 goes on\)$/, answers[1].out)
    refute_match(/ more /, heapdump!("find", self.class.dump, "--type", "HASH", "--offset",
                                     (total - 2).to_s).out)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"
require "support/grown_dumps"

# Every rule of Leaks::Rules decides something: for each of them there are dumps of which something
# else is said if the rule has another value.
class TestRules < HeapDumpTest
  include GrownDumps

  RULES = HeapDump::Leaks::Rules

  # Rule => another value of it, and the dumps (a method below).
  CASES = {
    IDLE: [5, :idle_at_the_end], STAY_DUMPS: [5, :some_stay], SYMBOLS_PER_STEP: [100, :symbols],
    NAMES_PER_STEP: [21, :names], CONTENT_BYTES: [5_000, :data],
    LINE_BYTES: [10_000, :lines], CONTENT_ENTRIES: [2, :few_entries], INNER_OBJECTS: [4, :payloads],
    INNER_BYTES: [1, :large_payloads], OTHER_HOLDERS: [4, :index_of_a_third],
    MOST: [0.3, :pairs_of_a_third], SAME_PACE: [0.3, :uneven_pairs], FEW: [5, :two_dumps],
    FEW_BYTES: [100, :two_dumps], PAIR: [3, :three_large_ones], SLOW: [5, :slow],
    SLOW_STEPS: [2, :slow], SLOWER: [0.05, :fills_up], SLOWER_CONTENT: [0.1, :text_fills_up],
    PACE: [0.4, :pace_falls], UNEVEN: [0.05, :uneven], STABLE: [700, :much_has_moved],
    KEPT: [0.1, :third_is_kept], SURGE: [3, :traffic], SURGE_OBJECTS: [1_000, :traffic],
    EVEN: [0.001, :even], EVEN_OBJECTS: [1_000, :even], EVEN_STEPS: [4, :even],
    STAY_PER_STEP: [11, :some_stay], STAY_EVEN: [1.1, :some_stay],
    STAY_LONGER: [1.1, :some_stay], STAY_GROWTH: [10, :some_stay],
    ALSO_GREW: [0, :one_step], ALSO_GREW_PART: [0.5, :one_step],
    CACHE_BYTES: [1 << 30, :call_caches], OF_VM_PART: [0.5, :symbol_table],
    SILENT_PART: [5, :on_no_path], KIND_PART: [2, :on_no_path], KINDS: [0, :on_no_path],
    SPARE_TIMES: [100, :spare_room], SPARE_BYTES: [10_000, :spare_room], GREW_PART: [0.3, :process]
  }.freeze

  def test_each_rule_has_a_case
    assert_equal RULES.constants.sort, CASES.keys.sort
  end

  def test_each_rule_decides_something
    CASES.each do |rule, (value, dumps)|
      paths = send(dumps)
      before = judgement(paths)
      refute_equal before, with(rule, value) { judgement(paths) }, rule
      assert_equal before, judgement(paths), "#{rule} is as it was"
    end
  end

  # The reader has no values of its own, and takes none that it does not know.
  def test_the_reader_takes_its_rules_and_no_others
    graphs = grown(0, 10, 20).map { |path| HeapDump::Snapshot.open(path).graph }
    rules = RULES.for_reader
    assert_kind_of HeapDump::Growth, HeapDump::Growth.of(graphs, rules)
    rules.each_key do |name|
      [nil, 0, -1, 0.5, "1", 1 << 40].each do |value|
        error = assert_raises(ArgumentError) do
          HeapDump::Growth.of(graphs, rules.merge(name => value))
        end
        assert_includes error.message, name.to_s
      end
    end
    assert_raises(ArgumentError) { HeapDump::Growth.of(graphs, rules.merge(other: 1)) }
    assert_raises(TypeError) { HeapDump::Growth.of(graphs, nil) }
  end

  private

  def with(rule, value)
    before = RULES.const_get(rule)
    set(rule, value)
    yield
  ensure
    set(rule, before)
  end

  def set(rule, value)
    RULES.send(:remove_const, rule)
    RULES.const_set(rule, value)
  end

  # All that is said, but for which object is the example.
  def judgement(paths)
    found = HeapDump::Leaks.of(paths)
    [found.suspects, found.cleared, found.also_grew, found.growth].map do |all|
      all.map { |one| one.to_h.except(:path, :command) }
    end
  end

  def series(*counts)
    counts.map.with_index { |count, number| dump(number) { |made| yield made, count, number } }
  end

  # The process doubles. The stacks have a quarter of the growth, the pages the rest.
  def process
    [[100, 20], [150, 40], [200, 55]].map.with_index do |(pages, stacks), number|
      memory = { rss: pages + stacks, heap_pages: { touched: pages }, stacks: { touched: stacks },
                 code: { bytes: 0 } }
      dump(number, memory: memory) { |made| made.constant("NONE", nil) }
    end
  end

  def call_caches
    cached_pages(0, 10, 20)
  end

  def symbol_table
    symbol_tables(10, 40, 70)
  end

  def on_no_path
    items_in_two_lists("Ant", "Bee", "Cat", "Dog", "Elk")
  end

  def spare_room
    strings_with_room(10, 20, 30)
  end

  def idle_at_the_end
    grown(100, 200, 300, 400, 500, 500)
  end

  def two_dumps
    grown(0, 8)
  end

  def one_step
    grown(100, 120, 120)
  end

  def slow
    grown(0, 5, 9)
  end

  def fills_up
    grown(0, 100, 110)
  end

  def text_fills_up
    texts(100, 2_100, 3_000)
  end

  def pace_falls
    grown(200, 400, 500)
  end

  def uneven
    grown(0, 10, 110)
  end

  def three_large_ones
    series(0, 3) do |made, count|
      made.constant("ALL", made.array(objects(made, "Session", count, 0x50_0000, memsize: 50_000)))
    end
  end

  def symbols
    series(20, 40, 60) do |made, count|
      count.times { |i| made.root(made.symbol("key #{i}")) }
    end
  end

  def names
    series(20, 40, 60) do |made, count|
      count.times { |i| made.value("LIMIT_#{i}", i) }
    end
  end

  def data
    series(100, 900, 1_800) do |made, bytes|
      made.constant("TABLE", made.data("Table", "table", memsize: bytes))
    end
  end

  # Arrays of numbers with room for more.
  def lines
    series(100, 200, 300) do |made, count|
      made.constant("SEEN", made.array([1] * count, memsize: 4_000))
    end
  end

  # Two entries more, and a longer line.
  def few_entries
    series(1, 2, 3) do |made, count|
      made.constant("SEEN", made.array([1 << 200] * count, memsize: 4_000))
    end
  end

  # Of the nodes each third has a payload.
  def payloads(memsize: 1)
    series(30, 60, 90) do |made, count|
      nodes = objects(made, "Node", count, 0x50_0000, memsize: 400) do |i|
        next {} unless (i % 3).zero?

        { "@load" => made.object("Payload", address: 0x90_0000 + (i * 64), memsize: memsize) }
      end
      made.constant("NODES", made.array(nodes))
    end
  end

  def large_payloads
    payloads(memsize: 2_000)
  end

  def index_of_a_third
    series(30, 60, 90) do |made, count|
      list = sessions(made, count)
      made.constant("INDEX", made.array(list.select.with_index { |_, i| (i % 3).zero? }))
    end
  end

  def pairs_of_a_third
    series(30, 60, 90) do |made, count|
      list = sessions(made, count).select.with_index { |_, i| (i % 3).zero? }
      pairs(made, list)
    end
  end

  def uneven_pairs
    series([10, 10], [20, 25], [30, 30]) do |made, (count, others)|
      list = sessions(made, count)
      pairs(made, list + Array.new([others - count, 0].max) { list.first })
    end
  end

  def pairs(made, list)
    all = list.map.with_index do |session, i|
      made.array([i, session], address: 0x700_0000 + (i * 64))
    end
    made.constant("QUEUE", made.array(all))
  end

  # So many sessions, all of them other ones in each dump.
  def replaced(*counts)
    series(*counts) do |made, count, number|
      sessions(made, count, from: (number + 1) * 0x100_0000)
      yield made, number if block_given?
    end
  end

  def traffic
    replaced(20, 60, 140)
  end

  def even
    replaced(1_000, 1_030, 1_061, 1_091)
  end

  # Of the pages that do not grow four in ten have moved.
  def much_has_moved
    replaced(20, 25, 30) do |made, number|
      pages = objects(made, "Page", 180, 0x4000_0000) +
              objects(made, "Page", 120, 0x5000_0000 + (number * 0x10_0000))
      made.constant("PAGES", made.array(pages))
    end
  end

  def third_is_kept
    series(80, 95, 105) do |made, count, number|
      sessions(made, count, from: 0x50_0000 + (number * 55 * 64))
    end
  end

  # Ten more stay from dump to dump, among a number that goes up and down.
  def some_stay
    series(0, 1, 2, 3) do |made, step|
      stay = entries(made, 10 * step, from: 0x900_0000)
      going = entries(made, [100, 130, 95, 120][step], from: (step + 1) * 100_000)
      made.constant("OPEN", made.hash(stay + going))
    end
  end
end

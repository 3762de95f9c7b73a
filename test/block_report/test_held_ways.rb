# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "set"
require "support/made_dump"
require "support/naive_held_ways"
require "support/shop"

# Who holds survivors: what is put together and counted in C, against each object looked at alone.
class TestBlockReportHeldWays < HeapDumpTest
  Link = Struct.new(:before, :value)
  Odd = Struct.new(:left1, :left2, :other)
  KEPT = [] # rubocop:disable Style/MutableConstant

  def teardown
    KEPT.clear
    Thread.current[:test_held] = nil
    super
  end

  def made(&)
    path = MadeDump.write(File.join(scratch, "heap.json"), 1, &)
    HeapDump::Snapshot.open(path, index: false)
  end

  # Survivors at these addresses, of different sizes, runs, sites and classes.
  def survivors(addresses, random, runs: 1, sites: 1, classes: 1)
    addresses.map do |address|
      [address, 40 * random.rand(1..3), random.rand(runs), random.rand(sites), random.rand(classes),
       0]
    end
  end

  # What C says of the survivors must be what is so, whatever the number of ways that it gives.
  def check(snapshot, survivors, places: [0], runs: 1, exactly: true, mosts: [0, 1, 3, 1 << 20])
    naive = NaiveHeldWays.new(snapshot, survivors, places, runs)
    all = naive.all
    mosts.each do |most|
      naive.given(most).each do |reason, (given, rest, ways)|
        assert_operator ways, :<=, most
        whole = all.fetch(reason)
        exactly ? check_exactly(whole, given, rest, most) : check_sums(whole, given, rest, ways)
      end
    end
    all
  end

  # Each way that is given is whole, they are the largest, and the rest is the sum of the others.
  def check_exactly(whole, given, rest, most)
    assert_equal whole.slice(*given.keys), given
    largest = whole.values.map(&:size).max(most)
    assert_equal largest, given.values.map(&:size).sort.reverse
    assert_equal rest_of(whole.except(*given.keys).values, rest[3].size), rest
  end

  # The sum of some Figures, as Graph#held_ways has it.
  def rest_of(others, runs)
    objects, bytes = others.map(&:medians).transpose.map(&:sum)
    sums = others.map(&:objects).reduce(Array.new(runs, 0)) do |all, one|
      all.zip(one).map(&:sum)
    end
    [others.size, objects || 0, bytes || 0, sums, others.count(&:growing?), others.sum(&:few)]
  end

  # The same where one signature may be of several ways: nothing is lost or counted twice.
  def check_sums(whole, given, rest, ways)
    assert_empty given.keys - whole.keys
    given.each do |key, figures|
      figures.objects.zip(whole.fetch(key).objects) { |part, all| assert_operator part, :<=, all }
    end
    assert_equal whole.values.sum { |one| one.objects.sum },
                 given.values.sum { |one| one.objects.sum } + rest[3].sum
    assert_operator ways + rest.first, :>=, whole.size
    assert_equal whole, given if rest.first.zero?
  end

  def random_heap(random)
    made do |heap|
      pool = Array.new(8) { |i| heap.string("s#{i}") }
      60.times { pool << random_object(heap, random, pool) }
      4.times { |i| heap.constant("KEPT_#{%w[A B C D][i]}", pool.sample(random: random)) }
      heap.root(pool.sample(random: random))
      heap.root_field("handler", pool.sample(random: random))
      thread = heap.thread([["run", "/app/a.rb", 3]], thread_name: "t")
      heap.local(thread, 0, "row", pool.sample(random: random))
      literals = pool.sample(2, random: random)
      heap.constant("CODE", heap.internal("iseq", label: "x", literals: literals))
    end
  end

  def random_object(heap, random, pool)
    some = Array.new(random.rand(1..3)) { pool.sample(random: random) }
    case random.rand(7)
    when 0 then heap.array(some)
    when 1 then heap.hash(some.map.with_index { |one, i| [i, one] })
    when 2 then heap.object("Row#{random.rand(3)}", ivars: { "@a1": some[0], "@a2": some[1] })
    when 3 then heap.object("Node", ivars: { "@next": some[0], "@value": some[1] })
    when 4 then heap.shared_array(some)
    when 5 then heap.object("Set", ivars: { "@hash": heap.hash(some.map { |one| [one, "true"] }) })
    else heap.hidden_data("table", references: some)
    end
  end

  # Survivors are what a program sees, so no buffers that arrays share.
  def seen?(node)
    !node.root? && !(node.type == "ARRAY" && node.class_name.nil?)
  end

  def test_random_heaps
    40.times do |seed|
      random = Random.new(seed)
      snapshot = random_heap(random)
      addresses = snapshot.each.filter_map { |node| node.address if seen?(node) }
      asked = addresses.sample(random.rand(1..120), random: random) + [0x8]
      runs = random.rand(1..4)
      list = survivors(asked + asked.first(3), random, runs: runs, sites: 3, classes: 2)
      check(snapshot, list, places: [0, 1, 1], runs: runs)
    end
  end

  # Many of one way, of which none is left out of the count.
  def test_many_in_one_way
    all = nil
    snapshot = made do |heap|
      all = Array.new(3000) { heap.object("Row") }
      heap.constant("ROWS", heap.array(all))
    end
    list = survivors(all.map(&:hex), Random.new(1), runs: 2)
    found = check(snapshot, list, runs: 2)
    assert_equal [3000], found[:named].values.map { |one| one.objects.sum }
  end

  # Each has a way of its own: names differ in more than digits.
  def test_many_ways_with_one_each
    all = []
    snapshot = made do |heap|
      name = +"aa"
      400.times do
        all << heap.object("Row")
        heap.constant("C_#{name.succ!.upcase}", all.last)
      end
    end
    list = survivors(all.map(&:hex), Random.new(2), runs: 3)
    found = check(snapshot, list, runs: 3, mosts: [0, 7, 399, 400])
    assert_equal 400, found[:named].size
  end

  # Ways that are of one size: which of them are given makes no difference to the sums.
  def test_ties
    all = []
    snapshot = made do |heap|
      %w[A B C D E].each do |name|
        all.concat(rows = Array.new(4) { heap.object("Row") })
        heap.constant(name, heap.array(rows))
      end
    end
    list = all.map { |address| [address.hex, 40, 0, 0, 0, 0] }
    check(snapshot, list, mosts: [0, 1, 2, 4, 5, 6])
    naive = NaiveHeldWays.new(snapshot, list, [0], 1)
    assert_equal naive.given(2), naive.given(2)
  end

  # A list of 20,000 links: the path has a step more for each, and a way has few.
  def test_deep_ones
    all = nil
    snapshot = made do |heap|
      all = (1..20_000).reduce([]) do |links, _|
        links << heap.object("Node", ivars: { "@next": links.last, "@value": heap.string("x") })
      end
      heap.constant("LIST", all.last)
    end
    values = snapshot.each.select { |node| node.type == "STRING" }.map(&:address)
    list = (all.map(&:hex) + values).map { |address| [address, 40, 0, 0, 0, 0] }
    ways, rest = snapshot.graph.held_ways(list.map { |one| one.pack("QQLLLL") }.join,
                                          [0].pack("L"), 1, 10).first
    assert_equal 0, rest.first
    assert_equal [1, 1, 19_999, 19_999], ways.map { |way| way[1].sum }.sort
    assert_operator ways.map { |way| way[3].size }.max, :<, 20
    check(snapshot, list.values_at(0, 1, 19_998, 19_999, 20_000, 39_998, 39_999), mosts: [9])
  end

  # A long path whose steps differ.
  def test_long_ones
    all = nil
    snapshot = made do |heap|
      name = +"aa"
      all = (1..300).reduce([]) do |links, _|
        links << heap.object("Row", ivars: { "@#{name.succ!}": links.last })
      end
      heap.constant("LONG", all.last)
    end
    found = check(snapshot, survivors(all.map(&:hex), Random.new(3)), mosts: [0, 5, 300])
    assert_equal 300, found[:named].size
  end

  def test_nothing_and_wrong_questions
    snapshot = HeapDump::Snapshot.open(Shop.dump, index: false)
    graph = snapshot.graph
    assert_equal([[[], [0, 0, 0, [0, 0], 0, 0]]] * 7, graph.held_ways("", "", 2, 5))
    one, other = [0, 1].map { |run| [8, 1, run, 0, 0, 0].pack("QQLLLL") }
    assert_equal [[0, [1], [1], nil]], graph.held_ways(one, [0].pack("L"), 1, 5).last.first
    assert_raises(ArgumentError) { graph.held_ways(one, "", 1, 5) }
    assert_raises(ArgumentError) { graph.held_ways(other, "\0" * 4, 1, 5) }
    assert_raises(ArgumentError) { graph.held_ways(one, "\0" * 4, 0, 5) }
    assert_raises(ArgumentError) { graph.held_ways(one, "\0" * 4, 1, -1) }
    assert_raises(TypeError) { graph.held_ways(nil, "", 1, 1) }
  end

  # Ways that are easily mixed up: sets in sets, lists, variables that differ in digits, modules
  # without a constant, parts of arrays, frames.
  def plant
    links = (1..50).reduce(nil) { |last, i| Link.new(last, i.even? ? [i.to_s] : { i => i.to_s }) }
    odd = Odd.new(Odd.new(nil, Odd.new("a".dup, nil, ["b".dup]), nil), Odd.new(["c".dup]), nil)
    nameless = Class.new { const_set(:INSIDE, [+"d"]) }
    KEPT.push(links, odd, nameless, nameless.new, Set[Set[Set["f".dup, [1]]], "g".dup],
              Set[[Set["h".dup]]], Array.new(30) { |i| "part #{i}" }[5..], proc { links })
    Thread.current[:test_held] = [+"i"]
  end

  # Of code and of methods only some, as there are so many of them.
  def test_objects_of_this_process
    held = plant
    path = File.join(scratch, "heap.json")
    HeapDump.dump(path, strings: :none)
    [path, Shop.dump].each do |dump|
      snapshot = HeapDump::Snapshot.open(dump, index: false)
      nodes = snapshot.each.reject do |node|
        node.root? || (node.type == "IMEMO" && !(node.id % 20).zero?)
      end
      nodes = nodes.each_slice(5).map(&:first) if nodes.size > 20_000
      list = nodes.map { |node| [node.address, node.memsize, node.id % 2, 0, 0, 0] }
      check(snapshot, list, runs: 2, exactly: false, mosts: [10, 1 << 20])
    end
    assert held
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/shop"
require "support/slow_heap"

# What a Snapshot says of a real dump, against a slow reader that shares no code with it.
class TestSnapshot < HeapDumpTest
  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(Shop.dump({ gc: false }))
  end

  def self.slow
    @slow ||= SlowHeap.new(Shop.dump({ gc: false }))
  end

  def snapshot
    self.class.snapshot
  end

  def slow
    self.class.slow
  end

  def node(address)
    snapshot.object(address)
  end

  # The same objects in each run.
  def some_addresses(number)
    slow.lines.keys.sort.sample(number, random: Random.new(1))
  end

  def test_every_object_is_there_as_in_its_line
    assert_equal slow.lines.size, snapshot.objects
    assert_empty snapshot.warnings
    slow.lines.each do |address, line|
      node = node(address)
      assert_equal [address, line["type"], line["memsize"]],
                   [node.to_s, node.type, node.memsize]
      assert words_of(line) == [node.kind, node.name], address
      assert slow.class_of(line) == node.class_node&.to_s, address
    end
  end

  def words_of(line)
    case line["type"]
    when "DATA", "IMEMO" then [line["struct"] || line["imemo_type"], nil]
    when "CLASS", "MODULE" then [nil, line["name"]]
    else [nil, nil]
    end
  end

  def test_lines_are_read_again
    some_addresses(200).each { |address| assert_equal slow.lines[address], node(address).line }
    assert_equal "HEADER", snapshot.header["type"]
    assert_equal snapshot.objects, snapshot.footer["objects"]
  end

  def test_garbage_is_what_no_root_reaches
    garbage = slow.lines.keys.reject { |address| node(address).reachable? }
    assert_equal (slow.lines.keys - slow.live.to_a).sort, garbage.sort
    assert_operator garbage.size, :>, 0
    assert_equal [slow.live.size, slow.bytes(slow.live), garbage.size, slow.bytes(garbage)],
                 snapshot.graph.totals
  end

  def test_references_and_referrers
    some_addresses(300).each do |address|
      held = snapshot.references(address, limit: 1_000_000)
      holders = snapshot.referrers(address, limit: 1_000_000)
      assert_equal slow.holds(address).sort, addresses(held), "references of #{address}"
      assert_equal slow.referrers(address).sort, addresses(holders), "referrers of #{address}"
      assert_equal held.size, held.total
    end
  end

  # Without roots, which have none, and without weak references.
  def addresses(page)
    page.select { |reference| reference.edge.holds? && reference.node.address }
        .map { |reference| reference.node.to_s }.sort
  end

  def test_retained_sizes_are_what_would_go
    some_addresses(60).each do |address|
      expected = slow.retained(address)
      assert_equal slow.bytes(expected), snapshot.retained_size(address), address
      assert_equal expected.size, snapshot.retained_objects(address), address
    end
  end

  def test_retained_size_of_a_set
    set = slow.lines.select { |_, line| line["class_name"] == "Session" }.keys
    assert_equal slow.bytes(slow.retained(*set)), snapshot.retained_size(set)
    assert_equal slow.bytes(slow.retained(*set)), snapshot.retained_size(set + set)
    assert_equal 0, snapshot.retained_size([])
  end

  def test_dominators_hold_what_they_dominate
    dominated = some_addresses(40).select { |address| snapshot.dominator(address)&.address }
    assert_operator dominated.size, :>, 20
    dominated.each do |address|
      dominator = snapshot.dominator(address)
      assert_includes slow.retained(dominator.to_s), address
      below = snapshot.dominated(dominator, limit: 1_000_000)
      assert_includes below.map(&:to_s), address
      assert_equal dominator.retained_size, dominator.memsize + below.sum(&:retained_size)
    end
  end

  def test_histograms
    live = slow.live.map { |address| slow.lines[address] }
    by_type = live.group_by { |line| line["type"] }
    assert_histogram by_type, snapshot.histogram(by: :type)
    by_class = live.group_by { |line| slow.class_of(line) }
    named = by_class.select { |address, _| address && slow.lines[address]["name"] }
                    .transform_keys { |address| slow.lines[address]["name"] }
    rows = snapshot.histogram(by: :class).select(&:key)
    assert_histogram named, rows
    assert_equal live.size, snapshot.histogram(by: :class).objects
  end

  def assert_histogram(expected, rows)
    expected = expected.transform_values do |lines|
      [lines.size, lines.sum { |line| line["memsize"] }]
    end
    living = rows.select { |row| row.objects.positive? }
    assert_equal(expected, living.to_h { |row| [row.key, [row.objects, row.bytes]] })
  end

  def test_retained_size_of_a_class_is_of_the_set
    row = snapshot.histogram(by: :class)["Session"]
    members = slow.lines.select { |_, line| line["class_name"] == "Session" }.keys & slow.live.to_a
    union = members.map { |address| slow.retained(address) }.reduce(:|)
    assert_equal slow.bytes(union), row.retained
    assert_equal row.largest.retained_size, members.map { |one| snapshot.retained_size(one) }.max
  end

  def test_a_histogram_of_what_an_object_keeps_alive
    cache = snapshot.find(type: "HASH", limit: 10_000).find { |node| node.line["size"] == Shop::SESSIONS }
    row = snapshot.histogram(by: :class, below: cache)["Session"]
    assert_equal Shop::SESSIONS, row.objects
  end

  def test_paths_are_real_edge_by_edge
    some_addresses(80).each do |address|
      paths = snapshot.paths(address, limit: 5)
      assert_equal slow.live.include?(address), !paths.empty?, address
      paths.each { |path| assert_path(path, address) }
    end
  end

  def assert_path(path, address)
    assert_equal address, path.target.to_s
    assert_equal "ROOT", path.root.type
    first, *rest = path.steps
    assert_includes slow.roots.select { |root| root["root"] == path.root.kind }
                        .flat_map { |root| References.of(root) }, first.node.to_s
    [first, *rest].each_cons(2) do |from, to|
      assert_includes slow.holds(from.node.to_s), to.node.to_s, path.inspect
    end
    addresses = path.steps.map { |step| step.node.to_s }
    assert_equal addresses.uniq, addresses
  end

  def test_top_is_sorted_and_retains_most
    top = snapshot.top(limit: 50).map(&:retained_size)
    assert_equal top.sort.reverse, top
    page = snapshot.top(limit: 5, offset: 5)
    assert_equal snapshot.top(limit: 10).items.drop(5), page.items
    assert_operator page.total, :>, 10
  end

  def test_find
    sessions = slow.lines.values.select { |line| line["class_name"] == "Session" }
    assert_equal sessions.size, snapshot.find(class: "Session").total
    assert_equal 7, snapshot.find(class: "Session", limit: 7).size
    large = slow.lines.values.select { |line| line["memsize"] >= 4096 }
    assert_equal large.map { |line| line["address"] }.sort,
                 snapshot.find(min_size: 4096, limit: 100_000).map(&:to_s).sort
    assert_raises(HeapDump::NotFound) { snapshot.find(class: "Nowhere") }
    assert_raises(ArgumentError) { snapshot.find(type: "NOWHERE") }
  end

  def test_find_by_content
    wanted = slow.lines.values.select { |line| line["value"].to_s.match?(/item 1\d/) }
    wanted.select! { |line| %w[STRING SYMBOL REGEXP].include?(line["type"]) }
    addresses = wanted.map { |line| line["address"] }.sort
    assert_operator addresses.size, :>, 9
    assert_equal addresses, snapshot.find(value: /item 1\d/, limit: 10_000).map(&:to_s).sort
    found = snapshot.find(value: "item 1", limit: 10_000)
    found = found.select { |one| one.line["value"].match?(/item 1\d/) }
    assert_equal addresses, found.map(&:to_s).sort
    evil = snapshot.find(value: "\e]0;owned\a", class: "String").max_by(&:memsize)
    assert_equal "evil \e]0;owned\a\e[2J \u009b31m \u202e", evil.line["value"]
  end

  # Ruby finds the fault in it only where a text has more than ASCII.
  def test_a_regexp_that_cannot_be_matched
    error = assert_raises(ArgumentError) { snapshot.find(value: /(?<=(?i)ss)x/) }
    assert_match(/\Avalue: invalid pattern in look-behind/, error.message)
  end

  # As where Regexp.timeout is set.
  def test_a_regexp_that_takes_too_long
    text = +"text"
    text.define_singleton_method(:match?) { |_| raise RegexpError, "regexp match timeout" }
    error = assert_raises(HeapDump::Error) { HeapDump::Snapshot::Values.matches?(text, /a/) }
    assert_match(/given up: regexp match timeout/, error.message)
  end

  def test_a_sample_is_spread_over_all
    sample = snapshot.sample("Session", limit: 50)
    assert_equal 50, sample.size
    assert_equal sample.map(&:id).sort.uniq, sample.map(&:id)
    live = slow.live.count { |address| slow.lines[address]["class_name"] == "Session" }
    assert_equal live, sample.total
    assert_equal live, snapshot.sample("Session", limit: 10_000).size
  end

  def test_duplicate_strings
    wasted = groups_of_equal_strings.map { |lines| waste(lines) }
    duplicates = snapshot.duplicate_strings(limit: 5)
    assert_equal [wasted.size, groups_of_equal_strings.sum(&:size), wasted.sum],
                 [duplicates.contents, duplicates.copies, duplicates.wasted]
    assert_equal wasted.max(5), duplicates.map(&:wasted)
    all = snapshot.duplicate_strings(limit: 10_000)
    waiting = all.find { |one| one.value == "waiting for payment" }
    assert_equal 'Session#@state', waiting.owners.first.first
    assert_operator waiting.copies, :>=, Shop::SESSIONS
  end

  def groups_of_equal_strings
    strings = slow.live.map { |address| slow.lines[address] }
                  .select { |line| line["type"] == "STRING" }
    groups = strings.group_by { |line| line.values_at("value", "value_base64", "encoding") }
    groups.reject { |content, lines| content.first(2).none? || lines.size < 2 }.values
  end

  def waste(lines)
    sizes = lines.map { |line| line["memsize"] }
    sizes.sum - sizes.max
  end

  def test_addresses_are_checked
    assert_raises(HeapDump::NotFound) { snapshot.retained_size("0x1") }
    assert_raises(ArgumentError) { snapshot.object("Session") }
    assert_nil snapshot.object(8)
  end

  def test_arguments_are_checked
    other = HeapDump::Snapshot.open(Shop.dump({ gc: false }))
    stranger = other.top.first
    { /negative/ => -> { snapshot.top(limit: -1) },
      /-3 is negative/ => -> { snapshot.top(offset: -3) },
      /-2 is negative/ => -> { snapshot.paths(snapshot.top.first, limit: -2) },
      /-4 is negative/ => -> { snapshot.find(value: "x", limit: -4) },
      /-6 is negative/ => -> { snapshot.find(value: "x", min_size: -6) },
      /-5 is negative/ => -> { snapshot.find(min_size: -5) },
      /-1 is negative/ => -> { snapshot.references(snapshot.top.first, limit: -1) },
      /String or a Regexp/ => -> { snapshot.find(value: 12) },
      /is an object of .*opened on its own/ => -> { snapshot.retained_size(stranger) },
      /"x" is no Snapshot/ => -> { snapshot.diff("x") },
      /:nope is no flag/ => -> { stranger.flag?(:nope) } }.each do |message, wrong|
      assert_match message, assert_raises(ArgumentError, &wrong).message
    end
  end

  def test_more_than_there_is_is_all_there_is
    node = snapshot.top.first
    assert_equal snapshot.references(node).total,
                 snapshot.references(node, limit: 1 << 40).size
    assert_equal snapshot.objects, snapshot.find(limit: 1 << 62).size
    assert_empty snapshot.top(offset: 1 << 40)
  end

  def test_a_file_that_changes_while_it_is_open
    Dir.mktmpdir do |directory|
      path = File.join(directory, "heap.json")
      FileUtils.cp(Shop.dump({ gc: false }), path)
      opened = HeapDump::Snapshot.open(path)
      addresses = some_addresses(5)
      File.truncate(path, 100)
      addresses.each do |address|
        error = assert_raises(HeapDump::ReadError) { opened.object(address).line }
        assert_match(/heap\.json is not what it was when it was opened/, error.message)
      end
    end
  end

  def test_values_are_frozen
    node = snapshot.find(class: "Session").first
    path = snapshot.paths(node).first
    [node, node.line, path, path.hops, path.hops.first, path.steps.first, path.steps.first.edge,
     snapshot.histogram, snapshot.histogram.first, snapshot.top].each do |value|
      assert_predicate value, :frozen?, value.class
    end
  end
end

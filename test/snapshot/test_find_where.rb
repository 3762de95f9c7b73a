# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/made_dump"
require "support/shop"
require "support/slow_heap"

# Objects by conditions, each looked for again in the lines of a real dump.
class TestFindWhere < HeapDumpTest
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

  def found(where, opened = snapshot)
    page = opened.find(where: where, limit: 1_000_000)
    assert_equal page.total, page.size
    page.map(&:to_s).sort
  end

  # Ruby takes all that is not ASCII for a part of a name.
  def test_names_that_are_not_ascii
    path = File.join(scratch, "names.json")
    MadeDump.write(path, 0) do |made|
      made.constant("KEPT", made.object("Données🚀", ivars: { "@größe€" => made.string("x") }))
    end
    names = HeapDump::Snapshot.open(path)
    ["class = Données🚀", '@größe€ = "x"', 'class = "Données🚀"'].each do |where|
      assert_equal 1, names.find(where: where).total, where
    end
    error = assert_raises(HeapDump::Snapshot::InvalidCondition) { names.find(where: "class = 🚀") }
    assert_match(/the name of a class/, error.message)
  end

  # The objects whose line meets a block.
  def lines(&block)
    found = slow.lines.select { |_, line| block.call(line) }.keys
    refute_empty found
    found.sort
  end

  def class_name(line)
    address = slow.class_of(line)
    address && slow.lines[address]["name"]
  end

  # The names of a class and its ancestors, included modules too.
  def ancestors(line)
    names = []
    at = slow.lines[line["class"]]
    while at
      of = at["type"] == "ICLASS" ? slow.lines[at["module"]] : at
      names << of["name"]
      at = slow.lines[at["superclass"]]
    end
    names
  end

  def test_classes_and_types
    assert_equal lines { |line| class_name(line) == "Session" }, found("class = Session")
    assert_equal lines { |line| class_name(line) != "String" }, found("class != String")
    %w[Session Comparable Module Exception Kernel].each do |name|
      expected = lines { |line| ancestors(line).include?(name) }
      assert_equal expected, found("is_a = #{name}"), name
      assert_equal slow.lines.size - expected.size, found("is_a != #{name}").size
    end
    assert_equal lines { |line| line["type"] == "HASH" }, found("type = HASH")
    assert_equal lines { |line| line["type"] != "HASH" }, found("type != hash")
  end

  def test_flags
    %w[frozen old finalizer].each do |flag|
      expected = lines { |line| line[flag] == true || line["flags"].to_h[flag] == true }
      assert_equal expected, found("flag = #{flag}"), flag
      assert_equal slow.lines.size - expected.size, found("flag != #{flag}").size, flag
    end
  end

  def test_pages
    count = snapshot.summary.memory.sparse_objects
    found = snapshot.find(where: "page = sparse", sort: :address, limit: 100_000)
    assert_equal [count, count], [found.total, found.uniq.size]
    strings = found.select { |node| node.type == "STRING" && node.memsize > 40 }
    assert_equal strings.map(&:id),
                 snapshot.find(where: "page = sparse and size > 40", type: "STRING",
                               sort: :address, limit: 100_000).map(&:id)
    texts = snapshot.find(value: "e", where: "page = sparse", limit: 100_000).map(&:id)
    assert_empty texts - found.map(&:id)
    error = assert_raises(HeapDump::NotFound) do
      HeapDump::Snapshot.open(Shop.dump(:dump_all)).find(where: "page = sparse")
    end
    assert_match(/does not say what pages there are/, error.message)
  end

  RELATIONS = { "=" => :==, "!=" => :!=, "<" => :<, "<=" => :<=, ">" => :>, ">=" => :>= }.freeze

  def test_numbers
    RELATIONS.each do |operator, method|
      expected = lines { |line| line["memsize"].to_i.public_send(method, 80) }
      assert_equal expected, found("size #{operator} 80"), operator
      expected = lines { |line| line["type"] == "ARRAY" && line["length"].public_send(method, 2) }
      assert_equal expected, found("type = ARRAY and length #{operator} 2")
      nodes = snapshot.find(type: "HASH", limit: 100_000)
      expected = nodes.select { |node| node.retained_size.public_send(method, 1024) }
      assert_equal expected.map(&:to_s).sort, found("type = HASH and retained #{operator} 1k")
      expected = nodes.select { |node| snapshot.retained_objects(node).public_send(method, 3) }
      assert_equal expected.map(&:to_s).sort, found("type = HASH and objects #{operator} 3")
    end
    sizes = HeapDump::Snapshot::WhereFields::LENGTHS
    assert_equal lines { |line| (name = sizes[line["type"]]) && line[name].to_i > 40 },
                 found("length > 40")
  end

  # Of an object: what its line refers to, without its class and weak references.
  def held(address)
    line = slow.lines.fetch(address)
    inner = line["fields"] ? slow.lines[line["fields"]] : {}
    [line, inner].flat_map { |one| References.of(one.except("class")) }
  end

  def test_relatives
    sessions = lines { |line| class_name(line) == "Session" }
    all = sessions.flat_map { |address| held(address) }.uniq.sort
    assert_equal all, found("held_by = Session")
    strings = all.select { |address| slow.lines[address]["type"] == "STRING" }
    assert_equal strings, found("held_by = Session and type = STRING")
    assert_equal slow.lines.size - all.size, found("held_by != Session").size
    one = sessions.first
    assert_equal held(one).uniq.sort, found("held_by = #{one}")
    registry = snapshot.modules_named("Registry").first
    assert_equal held(registry.to_s).uniq.sort, found("held_by = Registry")
    holders = lines { |line| held(line["address"]).intersect?(sessions) }
    assert_equal holders - inner, found("holds = Session") - inner
    holders = lines { |line| held(line["address"]).include?(registry.to_s) }
    assert_equal holders, found("holds = Registry")
  end

  # Tables of variables, which are looked through.
  def inner
    slow.lines.select { |_, line| line["imemo_type"] == "fields" }.keys
  end

  def variable(line, name)
    line.dig("ivars", name) || slow.lines.dig(line["fields"], "ivars", name)
  end

  def test_variables
    sessions = slow.lines.select { |_, line| class_name(line) == "Session" }
    numbers = sessions.transform_values { |line| variable(line, "@number") }
    { "= 7" => ->(n) { n == 7 }, "!= 7" => ->(n) { n != 7 }, "< 0" => ->(n) { n < 0 }, # rubocop:disable Style/NumericPredicate
      ">= 78" => ->(n) { n >= 78 }, "== nil" => ->(_) { false } }.each do |condition, block|
      expected = numbers.select { |_, number| block.call(number) }.keys.sort
      assert_equal expected, found("class = Session and @number #{condition}"), condition
    end
    waiting = found('@state == "waiting for payment" and class = Session')
    assert_equal sessions.keys.sort, waiting
    assert_equal waiting, found("class = Session and @state =~ /PAY/i")
    assert_empty found("class = Session and @state !~ /pay/")
    assert_empty found('class = Session and @nothing != "x"')
    one = sessions.keys.first
    basket = variable(sessions[one], "@basket")
    assert_equal [one], found("is_a = Session and @basket = #{basket}")
  end

  def test_all_at_once
    sessions = found("class = Session and @number >= 10 and @number < 20")
    assert_equal 10, sessions.size
    page = snapshot.find(where: "@number >= 10 and @number < 20", class: "Session", sort: :address,
                         limit: 3, offset: 2)
    assert_equal [10, sessions.map(&:hex).sort[2, 3]], [page.total, page.map(&:address)]
    merged = snapshot.merged_paths({ where: "class = Session and @number >= 10 and @number < 20" })
    assert_equal 10, merged.first.objects
    text = snapshot.find(value: "item 1", where: "held_by = Array and length < 7", limit: 1000)
    assert_equal ["item 1"], text.map { |node| node.line["value"] }.uniq
  end

  def made
    @made ||= MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      symbol = made.symbol("made up")
      big = made.number
      made.change(big, value: (10**30).to_s)
      values = { :@symbol => ":open", :@made => symbol, :@float => 1.5, :@big => big, :@no => nil,
                 :@yes => true }
      thing = made.object("Thing", ivars: values)
      made.change(thing, ivars: values)
      made.constant("A", thing)
      made.constant("B", made.array([made.object("Thing", ivars: { :@symbol => ":closed" })]))
      part = made.shared_array([made.string("element")])
      made.constant("C", part)
      made.constant("D", elsewhere(made))
    end
  end

  # As since Ruby 4.0: the variables stand in the line of another object.
  def elsewhere(made)
    fields = made.internal("fields", ivars: { :@far => ":away", :@near => made.string("by") })
    made.string("with variables").tap { |address| made.change(address, fields: fields) }
  end

  def test_variables_in_another_line
    opened = HeapDump::Snapshot.open(made)
    ["@far == :away", '@near == "by" and @far =~ /w/',
     "@far = :away and type = STRING"].each do |where|
      assert_equal ["with variables"], opened.find(where: where).map { _1.line["value"] }
    end
    assert_empty opened.find(where: "@far = :here")
    held = opened.find(where: "type = STRING and held_by = String")
    assert_equal ["by"], held.map { |node| node.line["value"] }
  end

  def test_values
    opened = HeapDump::Snapshot.open(made)
    { "@symbol == :open" => 1, "@symbol != :open" => 1, "@symbol =~ /open|closed/" => 2,
      "@symbol !~ /open/" => 1, "@made == :\"made up\"" => 1, "@made =~ /up/" => 1,
      "@made == \"made up\"" => 0, "@float > 1" => 1, "@float = 1.5" => 1, "@big > 1000000" => 1,
      "@big == 1#{"0" * 30}" => 1, "@no == nil" => 1, "@no != nil" => 0, "@yes == true" => 1,
      "@yes = false" => 0, "@symbol < 3" => 0, "@yes =~ /true/" => 0 }.each do |where, number|
      assert_equal number, found(where, opened).size, where
    end
    element = opened.find(where: "held_by = Array and type = STRING").first
    assert_equal "element", element.line["value"], "in the array whose elements lie elsewhere"
    assert_equal 1, opened.find(where: "holds = String and class = Array").total
  end

  # Nothing is read where there would be too much to read.
  def test_a_limit_before_the_work
    opened = HeapDump::Snapshot.open(made)
    graph = opened.graph
    graph.define_singleton_method(:find) do |limit: nil, **|
      limit.eql?(0) ? [1_000_001, 0, []] : raise("it looks")
    end
    %w[@a length].each do |subject|
      error = assert_raises(HeapDump::Error) { opened.find(where: "#{subject} = 3 and size > 1") }
      assert_match(/\A1,000,001 objects meet the other conditions, and for #{subject} the line of /,
                   error.message)
      assert_match(/at most 1,000,000 are; narrow it, as with class = Name, is_a/, error.message)
    end
    error = assert_raises(HeapDump::Error) { opened.find(type: "HASH", sort: :length) }
    assert_match(/ and for the order of lengths the line of each has to be read/, error.message)
    assert_raises(RuntimeError) { opened.find(where: "size > 1") }
  end

  def test_what_a_dump_does_not_have
    assert_raises(HeapDump::NotFound) { snapshot.find(where: "class = Nowhere") }
    assert_raises(HeapDump::NotFound) { snapshot.find(where: "held_by = 0x1") }
    assert_raises(HeapDump::Snapshot::InvalidCondition) { snapshot.find(where: "size") }
    none = HeapDump::Snapshot.open(Shop.dump({ gc: false, strings: :none }))
    assert_raises(HeapDump::NotFound) { none.find(where: '@state == "x"') }
    assert_equal 1, none.find(where: "class = Session and @number = 7").total
    foreign = HeapDump::Snapshot.open(Shop.dump(:dump_all))
    error = assert_raises(HeapDump::NotFound) { foreign.find(where: "@number = 7") }
    assert_match(/does not have the values of instance variables/, error.message)
    assert_operator foreign.find(where: "is_a = Session").total, :>, Shop::SESSIONS
  end

  def test_the_command
    dump = self.class.dump
    out = heapdump!("find", dump, "--where", "class = Session and @number < 3 and @number >= 0").out
    assert_match(/\A3 found$/, out)
    json = heapdump!("find", dump, "--where", "@number = 7", "--class", "Session", "--sort", "size",
                     "--json").json
    assert_equal 1, json["total"]
    answer = heapdump("find", dump, "--where", "size > big")
    assert_equal [64, "heapdump: where: a number (4096, 64k, 1M) is expected at character 8, not " \
                      "\"big\"\n"], [answer.status, answer.err]
    cut = Shop.dump({ gc: false, strings: 4 })
    answer = heapdump("find", cut, "--where", '@state == "wait" and class = Session')
    assert_match(/the first 4 bytes are in the dump/, answer.err)
    assert_equal "0 found\n", answer.out
  end
end

# frozen_string_literal: true

require "test_helper"
require "objspace"
require "support/reader_program"

# ObjectSpace.dump_all's lines, of the Ruby that runs here.
class TestForeignDumps < HeapDumpTest
  CODE = <<~'RUBY'
    require "json"
    require "objspace"
    class Whole
      def initialize(i) = (@string, @list, @table = "string #{i}", [i], { i => i.to_s })
    end
    class Partly
      def initialize(i) = (@number, @string = i, "string #{i}")
    end
    WHOLE = Array.new(20) { |i| Whole.new(i) }
    PARTLY = Array.new(20) { |i| Partly.new(i) }
    WHOLE.last.instance_variable_set(:@more, +"more")
    address = ->(object) { ObjectSpace.dump(object)[/0x\h+/] }
    ObjectSpace.trace_object_allocations { TRACED = Whole.new(1) }
    facts = (WHOLE + PARTLY + [TRACED]).to_h do |object|
      [address[object], object.instance_variables.to_h do |name|
        value = object.instance_variable_get(name)
        [name, value.is_a?(Integer) ? value : address[value]]
      end]
    end
    GC.start
    GC.disable
    File.open(ARGV[0], "w") { |file| ObjectSpace.dump_all(output: file, full: ARGV[1] == "full") }
    print JSON.generate(facts: facts, traced: address[TRACED])
    exit!(0)
  RUBY

  def setup
    super
    skip(CProgram.missing) if CProgram.missing
  end

  # Path, facts, and the graph of it.
  def dumped(*options)
    path = File.join(scratch, "theirs.json")
    $stdout.flush
    facts = JSON.parse(Child.ruby!(CODE.sub("exit!(0)", "$stdout.flush; exit!(0)"), path,
                                   *options).out)
    [path, facts, ReaderProgram.print_graph.run(path)]
  end

  def test_every_object_and_reference
    path, _, graph = dumped
    assert_equal [:ok, 1, 0], [graph.status, *graph.figures.values_at(:objspace_format, :bad_lines)]
    objects = File.foreach(path).map { |text| JSON.parse(text) }
    objects.select! { |line| line["address"] && !%w[SHAPE NONE ZOMBIE].include?(line["type"]) }
    differences = objects.filter_map do |line|
      node = graph.nodes[line["address"]]
      "#{node} for #{line}" unless node && facts_of(node) == expected(line)
    end
    assert_none differences, "objects are not as in the dump"
  end

  # Their superclass is one of the references.
  def test_superclasses_have_their_name
    path, _, graph = dumped
    lines = File.foreach(path).map { |text| JSON.parse(text) }
    lines.select! { |line| %w[CLASS ICLASS].include?(line["type"]) && line["superclass"] }
    assert_operator lines.size, :>, 500
    lines.each do |line|
      assert_includes graph.nodes[line["address"]], "\tFIELD superclass #{line["superclass"]}"
    end
  end

  # Where every variable refers to something; where one holds a number, which one is not known.
  def test_names_of_variables_where_they_are_certain
    skip "Ruby #{RUBY_VERSION} tells no shapes" if RUBY_VERSION < "3.2"
    _, facts, graph = dumped
    facts["facts"].each do |address, variables|
      named = graph.nodes[address].scan(/IVAR (\S+) (\S+)/).to_h
      whole = variables.values.none?(Integer)
      assert_equal whole ? variables : {}, named, graph.nodes[address]
    end
  end

  def test_allocations
    _, facts, graph = dumped
    assert_match(/\tat=-e:\d+@\d+(\t|$)/, graph.nodes[facts["traced"]])
  end

  def test_empty_slots_are_no_objects
    _, _, graph = dumped("full")
    assert_equal [:ok, 0], [graph.status, graph.figures[:unknown_types]]
  end

  private

  def expected(line)
    imemo = line["type"] == "IMEMO" # on Ruby 3.1 their class is whatever lies there
    weak = [line["receiver_class"]].compact
    [line["type"], imemo ? "-" : line["class"] || "-", line["memsize"] || 0,
     ((line["references"] || []) + weak).sort]
  end

  def facts_of(node)
    fields = node.split("\t")
    [fields[1], fields[2].delete_prefix("class="), fields[3].delete_prefix("memsize=").to_i,
     (fields[7..] || []).map { |edge| edge[/\S+\z/] }.sort]
  end
end

# frozen_string_literal: true

require "test_helper"
require "tsort"
require "heapdump/snapshot"
require "support/command_line"

# Dumps of ObjectSpace.dump_all, which tell little of themselves: all of a heap, a part, two in one
# file.
class TestForeignWholeness < HeapDumpTest
  include CommandLine

  WAYS = <<~'RUBY'
    require "objspace"
    class Kept
      def initialize(other) = @other = other
    end
    def open(name, &block) = File.open(File.join(ARGV[0], name), "w", &block)
    open("all.json") { |io| ObjectSpace.dump_all(output: io) }
    GC.start
    ObjectSpace.trace_object_allocations_start
    generation = GC.count
    KEPT = Array.new(30) { Kept.new("kept") }
    RING = [].tap { |ring| ring << [ring] }
    open("since.json") { |io| ObjectSpace.dump_all(output: io, since: generation) }
    exit!(0)
  RUBY

  def test_a_whole_heap
    path = File.join(dumps, "all.json")
    answer = heapdump!("verify", path)
    assert_match(/^format +ObjectSpace.dump_all$/, answer.out)
    assert_match(/^valid; there is no footer to tell whether it is whole$/, answer.out)
    json = heapdump!("verify", path, "--json").json
    assert_equal [true, nil, []], json.values_at("valid", "whole", "warnings")
    assert_equal [nil, nil], json["checks"].values_at("header_first", "footer_last")
    HeapDump::Snapshot.open(path, strict: true)
  end

  def test_a_part_is_read_as_living
    path = File.join(dumps, "since.json")
    answer = heapdump("verify", path)
    assert_equal 0, answer.status
    assert_match(/no ROOT lines.*all objects are read as living/, answer.err)
    assert_match(/^valid; .*whole, and no ROOT line$/, answer.out)
    assert_match(/read as living/, heapdump("summary", path).err)

    snapshot = HeapDump::Snapshot.open(path)
    nodes = (0...snapshot.objects).map { |number| snapshot.node(number) }
    assert_empty(nodes.reject { |node| snapshot.reachable?(node) })
    assert_operator snapshot.find(type: "OBJECT", limit: 50).total, :>=, 30
    HeapDump::Snapshot.open(path, strict: true) # nothing is wrong with it
  end

  # Who holds whom is as in the lines, and sizes tell it.
  def test_sizes_and_paths_of_a_part
    path = made(<<~'LINES')
      {"address":"0x1000","type":"ARRAY","references":["0x1028","0x1050"],"memsize":40}
      {"address":"0x1028","type":"STRING","memsize":100}
      {"address":"0x1050","type":"HASH","references":["0x1078"],"memsize":200}
      {"address":"0x1078","type":"HASH","references":["0x1050"],"memsize":300}
      {"address":"0x10a0","type":"OBJECT","references":["0x10c8"],"memsize":1}
      {"address":"0x10c8","type":"OBJECT","references":["0x10a0","0x10f0"],"memsize":2}
      {"address":"0x10f0","type":"OBJECT","references":["0x10f0"],"memsize":4}
    LINES
    snapshot = HeapDump::Snapshot.open(path)
    sizes = %w[0x1000 0x1028 0x1050 0x1078 0x10f0].map { |at| snapshot.retained_size(at) }
    assert_equal [640, 100, 500, 300, 4], sizes
    ring = %w[0x10a0 0x10c8].map { |at| snapshot.retained_size(at) }
    assert_equal 7, ring.max
    path = snapshot.paths("0x1028").first
    assert_equal %w[unknown 0x1000], [path.root.kind, path.steps.first.node.to_s]
    assert_match(/something unknown \(the dump has no ROOT lines\)/, path.root.words)
    assert_nil snapshot.text(path.root.id)
  end

  # The root holds one object of each circle that nothing outside holds, and nothing else.
  def test_no_more_is_held_than_has_to_be
    random = Random.new(1)
    40.times do
      edges = Array.new(40) { Array.new(random.rand(3)) { random.rand(40) } }
      lines = edges.each_with_index.map do |to, from|
        JSON.generate(address: address(from), type: "OBJECT", memsize: 1,
                      references: to.map { |one| address(one) })
      end
      snapshot = HeapDump::Snapshot.open(made("#{lines.join("\n")}\n"))
      held = snapshot.references(snapshot.node(40), limit: 50).map { |one| one.node.address }
      assert_equal sources(edges).size, held.size
      assert(sources(edges).all? { |circle| circle.one? { |i| held.include?(address(i).hex) } })
      assert((0...40).all? { |i| snapshot.reachable?(address(i)) })
    end
  end

  def test_a_list_of_a_million_without_roots
    first = 0x1000
    last = 0x1000 + (999_999 * 8)
    lines = first.step(last, 8).map do |at|
      format(%({"address":"0x%x","type":"ARRAY","references":["0x%x"],"memsize":1}\n), at,
             [at + 8, last].min)
    end
    snapshot = HeapDump::Snapshot.open(made(lines.join))
    assert_equal [1_000_000, 1], [first, last].map { |at| snapshot.retained_size(at) }
  end

  # They may be told by nothing but their addresses, which come again.
  def test_two_in_one_file
    text = File.binread(File.join(dumps, "all.json"))
    path = made(text + text)
    answer = heapdump("verify", path)
    line = HeapDump::Terminal::Units.count(text.lines.size + 1)
    byte = HeapDump::Terminal::Units.count(text.bytesize)
    assert_equal 1, answer.status
    assert_match(/two dumps in it, the second begins at line #{line} \(byte #{byte}\)/, answer.err)
    assert_raises(HeapDump::Corrupt) { HeapDump::Snapshot.open(path, strict: true) }
  end

  def test_cut_off
    text = File.binread(File.join(dumps, "all.json"))
    line_end = text.index("\n", text.bytesize / 2) # what ends with a line may be a whole dump
    answer = heapdump("verify", made(text[0...(line_end - 1)]))
    assert_equal 1, answer.status
    assert_match(/^damaged$/, answer.out)
  end

  private

  def dumps
    @dumps ||= scratch.tap { |directory| Child.ruby!(WAYS, directory) }
  end

  def address(number)
    format("0x%x", 0x1000 + (number * 40))
  end

  # Strongly connected components to which no edge leads from outside.
  def sources(edges)
    circles = TSort.strongly_connected_components(->(&each) { edges.each_index(&each) },
                                                  ->(node, &each) { edges[node].each(&each) })
    circles.reject do |circle|
      edges.each_with_index.any? { |to, from| !circle.include?(from) && to.intersect?(circle) }
    end
  end

  def made(text)
    File.join(scratch, "made.json").tap { |path| File.binwrite(path, text) }
  end
end

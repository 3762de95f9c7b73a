# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "heapdump/convert"
require "json"

# Three dumps of a program that keeps objects between them, read by others. Run by rake devtools.
class TestDevtools < HeapDumpTest
  TOOLS = File.expand_path(ARGV.shift)

  PROGRAM = <<~'RUBY'
    require "heapdump"
    class Invoice
      def initialize(number) = (@number = number; @text = "invoice #{number} " * 3)
    end
    class Report; end
    LISTS = []
    CALLS = []
    GONE = Array.new(40) { Report.new }
    def dump(number) = HeapDump.dump("#{ARGV[0]}/#{number}.json")
    dump(1)
    KEPT = Array.new(300) { |i| Invoice.new(i) }
    200.times { |i| LISTS << [{ i => i.to_s * 9 }, i * 1.5] }
    100.times { |i| CALLS << -> { i } }
    GONE.clear
    dump(2)
    KEPT.concat(Array.new(10) { |i| Invoice.new(i) })
    dump(3)
    exit!(0)
  RUBY

  class << self
    def dumps
      @dumps ||= begin
        directory = File.join(Dumps.root, "devtools").tap { |path| Dir.mkdir(path) }
        Child.ruby!(PROGRAM, directory, flags: ["-W0", "--disable=gems"], timeout: 60)
        (1..3).map { |number| HeapDump::Snapshot.open("#{directory}/#{number}.json") }
      end
    end

    # As they are converted.
    def files
      @files ||= dumps.map do |snapshot|
        snapshot.path.sub(".json", ".heapsnapshot").tap do |path|
          File.open(path, "w") do |io|
            HeapDump::Convert.writer("heapsnapshot", snapshot).write(io)
          end
        end
      end
    end

    def read_by(script, *paths)
      result = File.join(Dumps.root, "#{script}.json")
      outcome = Child.run({}, "node", File.join(TOOLS, script), result, *paths, timeout: 300)
      raise "#{script}: #{outcome.err}" unless File.exist?(result)

      JSON.parse(File.read(result))
    end

    def devtools
      @devtools ||= read_by("devtools.mjs", *files.first(2))
    end

    def memlab
      @memlab ||= read_by("memlab.cjs", *files)
    end
  end

  def dumps
    self.class.dumps
  end

  # Numbers of nodes in a converted file, in its order: the virtual root, objects, roots.
  def ids(number)
    file = JSON.parse(File.read(self.class.files[number]))
    width = file["snapshot"]["meta"]["node_fields"].size
    all = file["nodes"].each_slice(width).map { |node| node[2] }
    all.drop(1) + all.first(1)
  end

  def assert_same_sizes(found, number)
    snapshot = dumps[number]
    same = ids(number).each_with_index.count do |id, node|
      next unless snapshot.graph.reachable?(node)

      assert_equal retained(snapshot, node), found.fetch(id.to_s), snapshot.node(node).words
      true
    end
    assert_operator same, :>, 5_000
    puts "#{same} of #{same} retained sizes are the same"
  end

  # What nothing holds they count as held by the first node.
  def retained(snapshot, node)
    size = snapshot.graph.retained(node).first
    node == snapshot.graph.nodes - 1 ? size + snapshot.graph.totals.last : size
  end

  def test_devtools_finds_the_same_retained_sizes
    self.class.devtools["retained"].each_with_index { |found, i| assert_same_sizes(found, i) }
  end

  def test_memlab_finds_the_same_retained_sizes
    assert_same_sizes(self.class.memlab["retained"], 1)
  end

  # [added, removed], by addresses.
  def difference(name)
    before, after = dumps.first(2).map do |snapshot|
      snapshot.each.select { |node| node.class_name == name }.map(&:address)
    end
    [(after - before).size, (before - after).size]
  end

  def test_devtools_finds_the_same_differences
    diff = self.class.devtools["diff"]
    %w[Invoice Array Hash Report].each { |name| assert_equal difference(name), diff[name], name }
    assert_equal [[300, 0], [0, 40]], diff.values_at("Invoice", "Report")
    assert_equal 100, diff["Function"].first
    assert_empty diff.keys & %w[Object Class Module]
    puts "Chrome DevTools: #{diff}"
  end

  # What one dump has and the one before has not, and is there still in the next one.
  def test_memlab_finds_what_leaks
    leaks = self.class.memlab["leaks"]
    sets = dumps.map { |snapshot| snapshot.each.to_h { |node| [node.address, node] } }
    leaked = sets[1].reject { |address, _| sets[0].key?(address) || !sets[2].key?(address) }
    %w[Invoice Array Hash].each do |name|
      expected = leaked.values.count { |node| node.class_name == name && node.reachable? }
      assert_equal expected, leaks[name], name
    end
    assert_equal [300, nil], leaks.values_at("Invoice", "Report")
    puts "memlab: #{leaks.slice("Invoice", "Array", "Hash")}"
  end
end

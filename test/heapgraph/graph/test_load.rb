# frozen_string_literal: true

require "test_helper"
require "support/reader_program"
require "support/slow_graph"

# Dumps of ours as the reader in C and a slow one in Ruby see them.
class TestLoad < HeapDumpTest
  RAILS = <<~'RUBY'
    require "support/rails_app"
    require "heapdump"
    Dir.mktmpdir { |directory| Dir.chdir(directory) { RailsApp.boot } }
    HeapDump.dump(ARGV[0])
    exit!(0)
  RUBY

  TRACED = <<~'RUBY'
    require "heapdump"
    class Planted; end
    HeapDump.trace_allocations do
      KEPT = [Planted.new, "a string", proc { Planted }, [1], Enumerator.new { 1 }]
      HeapDump.dump(ARGV[0])
    end
    exit!(0)
  RUBY

  def setup
    super
    skip(CProgram.missing) if CProgram.missing
  end

  def test_the_nasty_heap
    assert_same_graph Dumps.nasty.path
  end

  def test_a_rails_app
    skip "HEAPDUMP_TEST_RAILS=skip" if ENV["HEAPDUMP_TEST_RAILS"] == "skip"
    path = File.join(scratch, "rails.json")
    Child.ruby!(RAILS, path, gems: true, timeout: 120)
    assert_same_graph path
  end

  def test_allocations
    path = File.join(scratch, "traced.json")
    Child.ruby!(TRACED, path)
    graph = assert_same_graph(path)
    planted = graph.nodes.values.grep(/\tOBJECT\t.*\tat=-e:4@\d+/)
    assert_equal 1, planted.size
  end

  def test_any_number_of_threads_and_any_compression
    plain = Dumps.small.path
    expected = load(plain, "-t", 1).out
    [2, 3, 16].each { |threads| assert_equal expected, load(plain, "-t", threads).out }
    %w[gzip zstd].each do |tool|
      packed = File.join(scratch, "dump-#{tool}") # told by content, not by name
      system(tool, "-c", plain, out: packed) or flunk "#{tool} failed"
      assert_equal without_damage(expected), without_damage(load(packed, "-l").out)
      piped = ReaderProgram.print_graph.run("-", input: File.binread(packed))
      assert_equal expected, piped.out
    end
    assert_equal expected, ReaderProgram.print_graph.run("-", input: File.binread(plain)).out
  end

  def test_chains_of_frames
    text = File.binread(Dumps.small.path)
    expected = load(Dumps.small.path).out
    { "gzip" => "gz", "zstd" => "zst" }.each do |tool, extension|
      packed = File.join(scratch, "chain.#{extension}")
      size = 700_001 # lines go over the ends of frames
      (0...text.bytesize).step(size) do |at|
        part = IO.popen([tool, "-qc"], "r+b") { |io| exchange(io, text.byteslice(at, size)) }
        File.binwrite(packed, part, mode: "ab")
      end
      assert_equal expected, load(packed, "-l").out
    end
  end

  def test_every_line_is_found_again
    assert_equal :ok, load(Dumps.nasty.path, "-l", "-q").status
  end

  def test_classes_without_a_line_have_the_name_that_their_instances_tell
    path = dump_of(<<~'LINES')
      {"address":"0x1000","type":"OBJECT","class":"0x2000","class_name":"Session"}
    LINES
    graph = load(path)
    assert_equal "0x2000\tMISSING\tclass=-\tmemsize=0\tflags=0\tlabel=Session\tat=",
                 graph.nodes["0x2000"]
    assert_equal 1, graph.figures[:missing]
  end

  def test_texts_that_look_like_addresses_are_no_edges
    path = dump_of(<<~'LINES')
      {"address":"0x1000","type":"STRING","value":"0x1008","encoding":"0x1008","memsize":40}
      {"address":"0x1008","type":"CLASS","name":"0x1000","constant_locations":{"A":"0x1000"},"autoload":["0x1000"]}
      {"address":"0x1010","type":"DATA","struct":"0x1000","thread_name":"0x1000","status":"0x1000","label":"0x1000","method":"0x1000"}
      {"address":"0x1018","type":"FILE","path":"0x1000","error":"0x1000","file":"0x1000","line":1}
    LINES
    graph = load(path)
    assert_equal 0, graph.figures[:edges]
    assert_equal 4, graph.figures[:objects]
  end

  def test_fields_of_later_versions
    path = dump_of(<<~'LINES')
      {"address":"0x1000","type":"OBJECT","novel":"0x1008","list":["0x1008",{"deep":["0x1010"]}],"text":"0x10 "}
    LINES
    assert_match(/\tFIELD novel 0x1008\tFIELD list 0x1008\tFIELD list 0x1010\z/,
                 load(path).nodes["0x1000"])
  end

  def test_edges_by_hand
    path = dump_of(<<~'LINES')
      {"address":"0x1000","type":"HASH","entries":[["0x1008",1],["0x1008","0x1010"],[7,"0x1010"],[":s","0x1010"],[null,"0x1010"],[-1,"0x1010"],[134217727,"0x1010"]]}
      {"address":"0x1008","type":"STRUCT","members":{"a\tb\u0001\"":"0x1000","é":"0x1000","n":1}}
      {"address":"0x1010","type":"DATA","frames":[{"line":3,"label":"go","file":"a.rb","self":"0x1000","locals":{"x":"0x1008"}},{"method":"sleep","entry":"0x1000"},{"method":null,"self":"0x1000"}],"weak":[["0x1000",1]]}
    LINES
    nodes = load(path).nodes
    assert_edges nodes["0x1000"], "KEY 0 0x1008", "KEY 1 0x1008", "VALUE_AT 0x1008 0x1010",
                 "VALUE_INT 7 0x1010", "VALUE :s 0x1010", "VALUE nil 0x1010", "VALUE -1 0x1010",
                 "VALUE 134217727 0x1010"
    assert_edges nodes["0x1008"], 'MEMBER a\x09b\x01" 0x1000', "MEMBER é 0x1000"
    assert_edges nodes["0x1010"], 'FRAME go a.rb:3\x1fself 0x1000',
                 'FRAME_LOCAL go a.rb:3\x1fx 0x1008', 'FRAME sleep\x1fentry 0x1000',
                 'FRAME ?\x1fself 0x1000', "WEAK  0x1000"
  end

  private

  def assert_edges(node, *edges)
    assert_equal edges, node.split("\t")[7..]
  end

  def load(path, *options)
    ReaderProgram.print_graph.run(*options, path)
  end

  def without_damage(text)
    text.gsub(/^damaged.*\n/, "")
  end

  def exchange(io, text)
    writer = Thread.new do
      io.write(text)
      io.close_write
    end
    io.read.tap { writer.join }
  end

  def dump_of(lines)
    path = File.join(scratch, "dump-#{@dumps = (@dumps || 0) + 1}.json")
    objects = lines.lines.grep(/address/).size
    File.write(path, "{\"type\":\"HEADER\",\"format\":1}\n#{lines}" \
                     "{\"type\":\"FOOTER\",\"objects\":#{objects},\"complete\":true}\n")
    path
  end

  # Node by node, and returns what the reader in C says.
  def assert_same_graph(path)
    graph = load(path)
    assert_equal :ok, graph.status, graph.err
    assert_equal 1, graph.figures[:whole]
    expected = SlowGraph.new(path).nodes
    differences = (expected.keys | graph.nodes.keys).filter_map do |id|
      found = graph.nodes[id]&.gsub(/\tVALUE -?\d+(\.\d+)?(e[+-]\d+)? /) do |key|
        key.match?(/[.e]/) ? "\tVALUE float " : key
      end
      "#{found.inspect[0, 2000]} is #{expected[id].inspect[0, 2000]}" if found != expected[id]
    end
    assert_none differences, "nodes are not the same in #{path}"
    graph
  end
end

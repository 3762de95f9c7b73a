# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "objspace"
require "support/shop"
require "timeout"

# How the reader behaves as a Ruby object: interrupted, asked by several threads, collected.
class TestBinding < HeapDumpTest
  Graph = HeapDump::Graph

  # A dump that takes a while: a chain of so many strings.
  def chain(length)
    path = File.join(scratch, "chain.json")
    File.open(path, "w") do |io|
      io.puts '{"type":"ROOT","root":"vm","references":["0x1000"]}'
      line = '{"address":"0x%x","type":"ARRAY","length":1,"elements":["0x%x"],"memsize":40}'
      length.times do |i|
        io.puts format(line, 0x1000 + (i * 40), 0x1000 + ((i + 1) % length * 40))
      end
    end
    path
  end

  def test_an_unloaded_graph_answers_nothing
    graph = Graph.new
    assert_nil graph.progress
    %i[objects account totals].each do |name|
      assert_raises(ArgumentError) { graph.public_send(name) }
    end
    assert_raises(ArgumentError) { graph.node(0) }
  end

  # What it holds in C is told to ObjectSpace, part by part as it comes.
  def test_its_size_is_that_of_its_parts
    graph = Graph.new
    sizes = [ObjectSpace.memsize_of(graph)]
    graph.load(Shop.dump, false, false)
    [-> {}, -> { graph.totals }, -> { graph.best_path(0) }, -> { graph.paths(0, 2, 0) },
     -> { graph.groups(0, nil, 0, nil) }].each do |part|
      part.call
      sizes << ObjectSpace.memsize_of(graph)
    end
    empty, loaded, tree, parents, inverse, kinds = sizes
    assert_operator empty, :<, 2000
    assert_operator loaded - empty, :>, graph.nodes * 26
    assert_equal [graph.nodes * 24, graph.nodes * 13], [tree - loaded, parents - tree]
    assert_equal (graph.nodes * 4) + (graph.edge_count * 4), inverse - parents
    assert_equal graph.nodes * 4, kinds - inverse
  end

  # Who asks for the referrers of many objects gets the inverse, and the same answers.
  def test_referrers_of_many
    graph = Graph.new.load(Shop.dump, false, false)
    graph.totals # builds the tree
    sizes, answers = Array.new(20) do |i|
      answer = graph.referrers(i, false, 0, 100)
      [ObjectSpace.memsize_of(graph), answer]
    end.transpose
    assert_equal 2, sizes.uniq.size
    assert_equal (graph.nodes * 4) + (graph.edge_count * 4), sizes.last - sizes.first
    assert_equal(answers, Array.new(20) { |i| graph.referrers(i, false, 0, 100) })
  end

  def test_a_graph_is_loaded_once
    graph = Graph.new.load(Shop.dump, false, false)
    assert_raises(ArgumentError) { graph.load(Shop.dump, false, false) }
    assert_raises(TypeError) { Graph.new.load(nil, false, false) }
    assert_raises(ArgumentError) { Graph.new.load("a\0b", false, false) }
  end

  def test_numbers_of_nodes_are_checked
    graph = Graph.new.load(Shop.dump, false, false)
    [graph.nodes, 1 << 40, -1, "1", nil, 1.5e30].each do |number|
      %i[node line dominator retained best_path reachable?].each do |name|
        assert_raises(ArgumentError, TypeError, RangeError) { graph.public_send(name, number) }
      end
      assert_raises(ArgumentError, TypeError, RangeError) { graph.retained_by_all([0, number]) }
    end
    assert_match(/grouping/, assert_raises(ArgumentError) { graph.groups(4, nil, 0, nil) }.message)
    assert_match(/order/, assert_raises(ArgumentError) { graph.groups(0, nil, 3, nil) }.message)
    assert_raises(ArgumentError) { graph.pages(0) }
  end

  def test_an_account_says_what_there_was
    facts = %i[has_header has_footer objspace_format]
    { Shop.dump => [true, true, false], Shop.dump(:dump_all) => [false, false, true],
      chain(3) => [false, false, true] }.each do |path, expected|
      account = Graph.new.load(path, false, false).account
      assert_equal expected, account.values_at(*facts), path
    end
  end

  # Neither roots nor what holds them all.
  def test_what_is_referred_to_most_are_objects
    graph = Graph.new.load(Shop.dump, false, false)
    nodes, counts = graph.most_referred(1 << 20, false).each_slice(2).to_a.transpose
    assert_operator nodes.size, :>, 1000
    assert_operator nodes.max, :<, graph.objects
    assert_equal counts.sort.reverse, counts
    assert_operator counts.min, :>, 0
  end

  # A class that is reloaded again and again leaves as many of its name behind.
  def test_objects_are_found_by_any_number_of_classes
    path = File.join(scratch, "reloaded.json")
    File.open(path, "w") do |io|
      100.times do |i|
        io.puts format('{"address":"0x%x","type":"CLASS","name":"Again"}', 0x1000 + (i * 40))
        io.puts format('{"address":"0x%x","type":"OBJECT","class":"0x%x","memsize":40}',
                       0x8000 + (i * 40), 0x1000 + (i * 40))
      end
    end
    graph = Graph.new.load(path, false, false)
    classes = graph.modules_named("Again")
    assert_equal 100, classes.size
    assert_equal [100, 4000], graph.find(classes: classes, limit: 1).first(2)
    assert_equal [0, 0, []], graph.find(classes: [], limit: 1)
  end

  # Whatever interrupts the thread stops the work, and progress is seen meanwhile.
  def test_work_can_be_interrupted
    path = chain(400_000)
    10.times do
      snapshot = HeapDump::Snapshot.new(path)
      reader = Thread.new { Thread.current.report_on_exception = false or snapshot.load }
      seen = wait_until("it reads or is done") { snapshot.progress || !reader.alive? }
      reader.raise(IOError, "enough")
      next if seen == true && reader.join(20)&.value

      assert_equal 3, seen.size if seen.is_a?(Array)
      error = assert_raises(IOError) { Timeout.timeout(20) { reader.value } }
      assert_equal "enough", error.message
      return
    rescue IOError
      next
    end
    flunk "it was always too quick to be interrupted"
  end

  def test_a_killed_thread_leaves_no_lock
    snapshot = HeapDump::Snapshot.open(chain(100_000))
    killed = Thread.new { snapshot.graph.totals }
    Thread.pass
    killed.kill.join(20) or flunk "it does not end"
    assert_equal 100_000, snapshot.graph.totals.first
  end

  # A signal that raises nothing does not begin the work anew.
  def test_signal_handlers_run_meanwhile
    path = chain(300_000)
    outcome = Child.ruby!(<<~'RUBY', path, timeout: 60)
      require "heapdump/snapshot"
      signals = 0
      trap("USR1") { signals += 1 }
      done = false
      sender = Thread.new { (Process.kill("USR1", $$); sleep 0.001) until done }
      totals = HeapDump::Snapshot.open(ARGV[0]).graph.totals
      done = true
      sender.join
      print [totals.first, signals.positive?].inspect
    RUBY
    assert_equal "[300000, true]", outcome.out
  end

  def test_interrupted_by_the_keyboard
    outcome = Child.ruby(<<~'RUBY', chain(300_000), timeout: 60)
      require "heapdump/cli"
      require "heapdump/snapshot"
      Thread.report_on_exception = false
      HeapDump::Snapshot.prepend(Module.new do
        def load
          Thread.new { Thread.pass until progress; Process.kill("INT", $$) }
          super
        end
      end)
      exit HeapDump::CLI.run(["top", ARGV[0]])
    RUBY
    assert_equal [130, ""], [outcome.status.exitstatus, outcome.out]
  end

  def test_several_threads_may_ask
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    expected = HeapDump::Snapshot.open(Shop.dump).find(class: "Session").map(&:to_s)
    answers = Array.new(8) do
      Thread.new do
        [snapshot.find(class: "Session").map(&:to_s), snapshot.paths(expected.first).map(&:to_s),
         snapshot.duplicate_strings.wasted, snapshot.histogram.size]
      end
    end
    values = answers.map { |thread| thread.join(60)&.value || flunk("a thread hangs") }
    assert_equal [values.first], values.uniq
    assert_equal expected, values.first.first
  end

  def test_graphs_are_collected
    ids = Array.new(5) { HeapDump::Snapshot.open(Shop.dump).graph.object_id }
    3.times { GC.start }
    gone = ids.count { |id| !ObjectSpace.each_object(Graph).map(&:object_id).include?(id) }
    assert_operator gone, :>=, 3 # the stack may hold some
    graph = HeapDump::Snapshot.open(Shop.dump).graph
    before = ObjectSpace.memsize_of(graph)
    graph.totals
    assert_operator ObjectSpace.memsize_of(graph), :>, before
  end

  def test_answers_survive_gc_stress
    snapshot = HeapDump::Snapshot.open(Shop.dump)
    session = snapshot.find(class: "Session").first
    GC.stress = true
    answers = [snapshot.graph.node(session.id), snapshot.graph.edges(session.id, 0, 5),
               snapshot.graph.best_path(session.id), snapshot.graph.top(true, 0, 3)]
    GC.stress = false
    assert_equal answers, [snapshot.graph.node(session.id), snapshot.graph.edges(session.id, 0, 5),
                           snapshot.graph.best_path(session.id), snapshot.graph.top(true, 0, 3)]
  ensure
    GC.stress = false
  end

  def test_an_index_says_the_same
    path = File.join(scratch, "heap.json")
    FileUtils.cp(Shop.dump, path)
    plain, first, second = [false, true, true].map do |index|
      snapshot = HeapDump::Snapshot.open(path, index: index)
      [snapshot.graph.totals, snapshot.tally, snapshot.header, snapshot.footer,
       snapshot.histogram.map { |row| [row.label, row.objects, row.retained] },
       snapshot.find(class: "Session").map { |node| snapshot.paths(node).map(&:to_s) }]
    end
    assert_equal plain, first
    assert_equal plain, second
    assert_equal 0o600, File.stat("#{path}.hdidx").mode & 0o777
  end

  def test_no_index_is_left_where_none_is_wanted
    path = File.join(scratch, "heap.json")
    FileUtils.cp(Shop.dump, path)
    HeapDump::Snapshot.open(path).graph.totals
    HeapDump::Snapshot.open(path, index: false)
    assert_equal ["heap.json"], Dir.children(scratch)
    assert_raises(ArgumentError) { HeapDump::Snapshot.open(path, index: 1) }
  end
end

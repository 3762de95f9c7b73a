# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "heapdump/leaks"

# Which reference on the path of a leak is marked, and that none is where it is not certain.
class TestSuspectEdge < HeapDumpTest
  include GrownDumps

  SuspectEdge = HeapDump::Leaks::SuspectEdge

  # [edge, sizes] of the only suspect of these dumps; nil if none is marked.
  def marked(paths, redacted: false)
    snapshots = paths.map { |path| HeapDump::Snapshot.open(path) }
    snapshots = snapshots.map(&:redacted) if redacted
    leaks = HeapDump::Leaks.of(snapshots)
    assert_equal 1, leaks.suspects.size, leaks.inspect
    edge = SuspectEdge.of(leaks.first, leaks.snapshots)
    edge && [edge.step.edge.to_s, edge.sizes, edge.unit]
  end

  # Dumps of a list of so many sessions that lies where the block puts it.
  def lists(*counts)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        list = made.array(objects(made, "Session", count, 0x50_0000))
        made.constant("HELD", yield(made, list))
      end
    end
  end

  # Why none is marked.
  def reason(paths)
    leaks = HeapDump.leaks(*paths)
    SuspectEdge.find(leaks.first, leaks.snapshots).last
  end

  # Dumps of a list of so many sessions, which the block gives to threads.
  def in_threads(*counts)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        sessions = objects(made, "Session", count, 0x50_0000)
        yield made, made.array(sessions), sessions
      end
    end
  end

  def thread(made, line, **fields)
    made.thread([["run", "/app/loop.rb", line]], **fields)
  end

  def test_a_constant_that_grows
    paths = grown(0, 100, 200)
    assert_equal ["constant SESSIONS", [0, 100, 200], "entries"], marked(paths)
    assert_equal ["constant SESSIONS", [0, 100, 200], "entries"], marked(paths, redacted: true)
  end

  def test_behind_what_does_not_grow
    by_symbol = lists(10, 200, 300) { |made, list| made.hash([[":open", list]]) }
    assert_equal ["[:open]", [10, 200, 300], "entries"], marked(by_symbol)
    by_variable = lists(10, 200, 300) { |made, list| made.object("Bus", ivars: { "@all" => list }) }
    assert_equal ["@all", [10, 200, 300], "entries"], marked(by_variable)
  end

  def test_a_key_that_is_data_is_found_by_its_content
    paths = lists(10, 200, 300) do |made, list|
      other = made.array([1] * 1_000)
      made.hash([[made.string("north"), other], [made.string("south"), list], [4711, other]])
    end
    assert_equal ["[\"south\"]", [10, 200, 300], "entries"], marked(paths)
    edge, sizes, = marked(paths, redacted: true)
    assert_match(/\A\[String of 5 B 0x\h+\]\z/, edge)
    assert_equal [10, 200, 300], sizes
  end

  def test_hidden_keys_are_not_taken_for_one
    paths = lists(10, 200, 300) do |made, list|
      made.hash([[1, made.array([1] * 1_000)], [2, list]])
    end
    assert_equal ["[…]", [10, 200, 300], "entries"], marked(paths, redacted: true)
  end

  def test_a_list_that_was_not_there_at_first
    paths = lists(0, 200, 300) do |made, list|
      @made = @made.to_i + 1
      made.object("Bus", ivars: { "@all" => @made == 1 ? nil : list })
    end
    assert_equal ["@all", [0, 200, 300], "entries"], marked(paths)
  end

  def test_a_text_that_grows
    paths = texts(10_000, 100_000, 200_000)
    assert_equal ["constant TEXT", [10_000, 100_000, 200_000], "bytes"], marked(paths)
  end

  # It stands at another line each time.
  def test_behind_a_fiber_local_of_a_thread
    line = 0
    [{ main: true }, { thread_name: "worker" }].each do |fields|
      paths = in_threads(10, 200, 300) do |made, list|
        made.root(thread(made, 1, thread_name: "other"))
        made.root(thread(made, line += 1, **fields, fiber_locals: { all: list }))
      end
      assert_equal ["fiber-local all", [10, 200, 300], "entries"], marked(paths)
      assert_equal ["fiber-local all", [10, 200, 300], "entries"], marked(paths, redacted: true)
    end
  end

  def test_behind_a_thread_variable
    paths = in_threads(10, 200, 300) do |made, list|
      variables = made.hash([[":all", list]])
      made.root(thread(made, 1, main: true, ivars: { locals: variables }))
    end
    assert_equal ["[:all]", [10, 200, 300], "entries"], marked(paths)
  end

  # It stands at another line each time.
  def test_behind_a_local_variable
    line = 0
    paths = in_threads(10, 200, 300) do |made, list|
      main = thread(made, line += 1, main: true)
      made.local(main, 0, "all", list)
      made.root(main)
    end
    assert_equal ["local all", [10, 200, 300], "entries"], marked(paths)
  end

  # A queue holds its elements by a list without a name.
  def test_behind_a_queue
    paths = in_threads(10, 200, 300) do |made, _list, sessions|
      queue = made.data("Thread::Queue", "queue", references: [made.hidden_array(sessions)])
      made.root(thread(made, 1, main: true, fiber_locals: { queue: queue }))
    end
    assert_equal ["(no name)", [10, 200, 300], "entries"], marked(paths)
  end

  def test_none_where_a_structure_has_several_references_without_a_name
    paths = in_threads(10, 200, 300) do |made, list|
      thing = made.data("Thing", "thing", references: [list, made.array([])])
      made.root(thread(made, 1, main: true, fiber_locals: { thing: thing }))
    end
    assert_nil marked(paths)
    assert_equal "not every dump has just one: (no name)", reason(paths)
  end

  def test_none_where_threads_are_alike
    paths = in_threads(10, 200, 300) do |made, list|
      made.root(thread(made, 1))
      made.root(thread(made, 1, fiber_locals: { all: list }))
    end
    assert_nil marked(paths)
    assert_equal "not every dump has just one: thread at /app/loop.rb:1", reason(paths)
  end

  def test_none_where_frames_are_alike
    paths = in_threads(10, 200, 300) do |made, list|
      frames = Array.new(2) { |i| ["run", "/app/loop.rb", i + 1] }
      main = made.thread(frames, main: true)
      made.local(main, 0, "all", list)
      made.local(main, 1, "all", made.array([]))
      made.root(main)
    end
    assert_nil marked(paths)
    assert_match(%r{just one: run /app/loop.rb:1 local all\z}, reason(paths))
  end

  def test_none_for_a_chain
    paths = chains_of_blocks(false)
    assert_nil marked(paths)
    assert_match(/\Anothing on the path .* grows\z|just one/, reason(paths))
  end

  def test_none_where_the_way_is_new_each_time
    paths = lists(10, 200, 300) do |made, list|
      @key = @key.to_i + 1
      made.hash([[":key_#{@key}", list]])
    end
    assert_nil marked(paths)
  end

  def test_none_where_there_are_two_of_a_name
    paths = lists(10, 200, 300) do |made, list|
      made.former_class("Store")
      list
    end
    edge, = marked(paths)
    assert_equal "constant HELD", edge # the other one is told to be a former class
  end
end

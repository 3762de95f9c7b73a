# frozen_string_literal: true

require "test_helper"
require "heapdump/pipe_reader"
require "heapdump/testing"
require "heapdump/testing/command"
require "support/made_dump"

# The parts of HeapDump::Testing, one by one.
class TestTestingParts < HeapDumpTest
  T = HeapDump::Testing

  def setup
    super
    T::Baseline.noted.clear
  end

  def grown(**fields)
    given = { class_name: "Session", unit: "objects", counts: [1, 3, 5], retained: [40, 80, 120],
              signature: "a" * 16, holder: "constant ALL", names: %w[ALL Array], path: [],
              with: [], notes: [] }
    T::Grown.new(**given, **fields)
  end

  def test_plan
    plan = T::Plan.new(loops: 3, dumps: 4)
    assert_equal [1, 3, 4, 3], [plan.warmup, plan.loops, plan.dumps, plan.rounds]
    [{ warmup: -1 }, { loops: 0 }, { dumps: 1 }, { dumps: 33 }, { loops: "2" }].each do |wrong|
      assert_raises(ArgumentError, wrong.to_s) { T::Plan.new(**wrong) }
    end
  end

  def test_what_is_ignored
    ignored = T::Ignored.new(String => "text", "ALL" => "cut at night")
    assert_equal "cut at night", ignored.reason_for(grown)
    assert_nil ignored.reason_for(grown(names: %w[OTHER]))
    assert_equal "text", ignored.reason_for(grown(names: [], class_name: "String"))
    assert_equal "known", ignored.and("a" * 16 => "known").reason_for(grown(names: []))
    wrongs = [[String], { String => "" }, { String => nil }, { 1 => "why" }, { Class.new => "why" }]
    wrongs.each do |wrong|
      assert_raises(ArgumentError, wrong.inspect) { T::Ignored.new(wrong) }
    end
  end

  def test_known_leaks_need_a_reason
    path = File.join(scratch, "leaks.txt")
    assert_nil T::Known.read(path).reason_for(grown), "no file, nothing known"
    File.write(path, "# all of them\n\n#{"A" * 16}  # see 12\n")
    assert_equal "see 12", T::Known.read(path).reason_for(grown)
    ["#{"a" * 16}\n", "#{"a" * 16} #  \n", "abc # see 12\n"].each do |wrong|
      File.write(path, wrong)
      assert_includes assert_raises(ArgumentError) { T::Known.read(path) }.message, "leaks.txt:1"
    end
  end

  # A word that a call has left on a stack in use holds nothing; what a fiber waits with is held.
  def test_words_of_stacks
    held = { "suspended" => %w[Session], "resumed" => [], "created" => %w[Session] }
    held.each { |status, names| assert_equal names, lives_held_by_a_fiber(status), status }
    assert_equal %w[Session], lives_held_by_a_fiber("resumed", "DATA")
  end

  def lives_held_by_a_fiber(status, type = "OBJECT")
    path = MadeDump.write(File.join(scratch, "#{status}-#{type}.json"), 0) do |made|
      session = type == "DATA" ? made.data("Session", "session") : made.object("Session")
      fiber = made.data("Fiber", "fiber", status: status, references: [session])
      made.root(made.thread([["work", "/app/a.rb", 1]], status: "run", fiber: fiber))
    end
    snapshot = HeapDump::Snapshot.open(path, index: false)
    nodes = snapshot.find(where: "class = Session").to_a
    T::Lives.of(snapshot, nodes) { false }.map(&:class_name)
  end

  def test_limits
    assert T::Limit.new("objects", 3).kept?(3)
    refute T::Limit.new("objects", 3).kept?(4)
    refute T::Limit.new("bytes", 10..20).kept?(9)
    assert T::Limit.new("bytes", 10..).kept?(99)
    assert_equal "at most 1,000 objects", T::Limit.new("objects", 1000).words
    assert_equal "10..20 bytes", T::Limit.new("bytes", 10..20).words
    assert_equal "10.. bytes", T::Limit.new("bytes", 10..).words
    [nil, "3", 1.5, "a".."b"].each do |wrong|
      assert_raises(ArgumentError, wrong.inspect) { T::Limit.new("bytes", wrong) }
    end
  end

  def test_a_baseline_accepts_what_it_has_and_no_more
    path = File.join(scratch, "new", "heap_baseline.yml")
    assert_nil baseline(path).reason_for(grown), "there is none yet"
    refute baseline(path).note([grown]), "nobody asks for it"
    updating { assert baseline(path).note([grown]) }
    text = File.read(path)
    assert_match(/^ShopTest#test_visit:\n  a{16}:\n    class: Session\n    holder: constant ALL$/,
                 text)
    assert_includes text, "each_run: 1.0"
    assert_equal "the baseline has it", baseline(path).reason_for(grown)
    assert_nil baseline(path).reason_for(grown(counts: [1, 3, 7])), "faster"
    assert_nil baseline(path).reason_for(grown(signature: "b" * 16)), "in another way"
    assert_nil baseline(path, "OtherTest#test_visit").reason_for(grown)
  end

  # What a test has noted in this run stays, and what it had before goes.
  def test_a_baseline_is_written_anew
    path = File.join(scratch, "heap_baseline.yml")
    File.write(path, YAML.dump("ShopTest#test_visit" => { "c" * 16 => { "each_run" => 2 } },
                               "OldTest#test_it" => { "d" * 16 => { "each_run" => 1 } }))
    updating do
      assert baseline(path).note([grown])
      assert baseline(path).note([grown(signature: "b" * 16)])
    end
    all = YAML.safe_load_file(path)
    assert_equal ["a" * 16, "b" * 16], all["ShopTest#test_visit"].keys
    assert all.key?("OldTest#test_it")
    File.write(path, "- 1\n")
    assert_raises(ArgumentError) { baseline(path) }
  end

  def test_many_processes_write_one_baseline
    path = File.join(scratch, "heap_baseline.yml")
    updating do
      pids = 4.times.map do |number|
        fork do
          baseline(path, "T#test_#{number}").note([grown])
          exit!(0)
        end
      end
      pids.each { |pid| Process.wait(pid) }
    end
    assert_equal 4, YAML.safe_load_file(path).size
  end

  def test_what_is_done_apart
    assert_equal({ a: 1 }, T::Apart.run { { a: 1 } })
    failed = assert_raises(HeapDump::Error) { T::Apart.run { raise KeyError, "no key" } }
    assert_includes failed.message, "no key (KeyError)"
    assert_raises(HeapDump::Error) { T::Apart.run { exit!(1) } }
    assert_equal 1 << 20, T::Apart.run { "x" * (1 << 20) }.size
  end

  def test_entries_of_lines_that_differ
    before = File.join(scratch, "1.json")
    after = File.join(scratch, "2.json")
    line = '{"address":"0x10","type":"ARRAY","class":"0x1","class_name":"Array","length":%d}'
    same = '{"address":"0x20","type":"HASH","class":"0x1","class_name":"Hash","size":7}'
    other = '{"address":"0x30","type":"OBJECT","class":"0x1","length":9}'
    File.write(before, "#{format(line, 1)}\n#{same}\n")
    File.write(after, "#{format(line, 2)}\n#{same}\n#{other}\n")
    assert_equal({ 0x10 => 2 }, T::Entries.changed(before, after))
  end

  # Two that want to be alone, and many beside: nobody is ever beside one that is alone.
  def test_who_is_alone
    inside = Queue.new
    wrong = Queue.new
    threads = 4.times.map do |number|
      Thread.new do
        20.times do
          T::Alone.beside do
            inside << 1
            Thread.pass
            inside.pop
            T::Alone.run { wrong << 1 unless inside.empty? } if number < 2
          end
        end
      end
    end
    threads.each { |thread| assert thread.join(60), "they wait for each other" }
    assert_empty wrong
  end

  # More than a pipe holds, in pieces, and one that never ends.
  def test_what_another_process_answers
    reader, writer = IO.pipe(binmode: true)
    text = Random.bytes(1_000_000)
    thread = Thread.new do
      text.scan(/.{1,70000}/mn) { |piece| writer.write(piece) }
      writer.close
    end
    assert_equal text, HeapDump::PipeReader.read(reader, 60)
    thread.join
    reader, writer = IO.pipe
    writer.write("half")
    assert_nil HeapDump::PipeReader.read(reader, 0.05)
  ensure
    [reader, writer].each(&:close)
  end

  # The test waits for it, so it must not wait for the test.
  def test_a_thread_that_a_test_has_made
    T::Alone.beside do
      thread = Thread.new { T::Alone.run { :never } }
      thread.report_on_exception = false
      error = assert_raises(HeapDump::Error) { thread.value }
      assert_match(/call this in the thread of the test\z/, error.message)
    end
    assert_equal :ran, Thread.new { T::Alone.run { :ran } }.value
  end

  def test_commands
    Dir.chdir(scratch) do
      FileUtils.mkdir_p(%w[test spec])
      FileUtils.touch(%w[test/visit_test.rb test/test_shop.rb test/helper.rb spec/visit_spec.rb])
      minitest, rspec = T::Command.new({}).lines(:loop)
      assert_equal %w[2 test/test_shop.rb test/visit_test.rb], minitest.last(3)
      assert_includes minitest, "-rheapdump/testing/loop_minitest"
      assert_equal %w[-r heapdump/testing/loop_rspec spec/visit_spec.rb], rspec.last(3)
      one = T::Command.new("TEST" => "spec/visit_spec.rb", "FRAMEWORK" => "minitest", "N" => "/a/",
                           "LOOPS" => "3")
      assert_equal %w[1 spec/visit_spec.rb -n /a/], one.lines(:test).first.last(4)
      assert_equal "3", one.environment(:baseline)["HEAPDUMP_LOOPS"]
      assert_equal "update", one.environment(:baseline)["HEAPDUMP_BASELINE"]
      assert_raises(ArgumentError) { T::Command.new("TEST" => "nothing.rb").lines(:test) }
      wrong = T::Command.new("LOOPS" => "x")
      assert_raises(ArgumentError) { wrong.environment(:loop) }
      _, said = capture_io { assert_raises(SystemExit) { wrong.run(:loop) } }
      assert_equal "heapdump: LOOPS has to be a number, not \"x\"\n", said
    end
  end

  # With slashes it is a regular expression, as for Minitest, else a part of the description.
  def test_names_of_examples
    path = File.join(scratch, "visit_spec.rb")
    FileUtils.touch(path)
    { "/vis.ts/" => %w[-E vis.ts], "vis.ts" => %w[-e vis.ts], "a/b/c" => %w[-e a/b/c] }
      .each do |name, options|
      line, = T::Command.new("TEST" => path, "N" => name).lines(:loop)
      assert_equal [path, *options], line.last(3)
    end
  end

  private

  def baseline(path, test = "ShopTest#test_visit")
    T::Baseline.new(path, test, 2)
  end

  def updating
    ENV["HEAPDUMP_BASELINE"] = "update"
    yield
  ensure
    ENV.delete("HEAPDUMP_BASELINE")
  end
end

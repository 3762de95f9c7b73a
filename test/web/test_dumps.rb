# frozen_string_literal: true

require "test_helper"
require "support/damages"
require "support/made_dump"
require "support/web_client"

# Which dumps can be asked about, and how they are opened.
class TestDumps < HeapDumpTest
  def dump(name, number = 0, count: 1)
    MadeDump.write(File.join(scratch, name), number) do |made|
      made.constant("LIST", made.array(Array.new(count) { made.object("Session") }))
    end
  end

  def sessions(client, id)
    client.ask!("find", dump: id, class: "Session")["total"]
  end

  def names(client)
    client.ask!("dumps")["items"].map { |item| item["name"] }
  end

  # Dumps that are open, as for a page that asks again while they are being read.
  def opened(dumps, *ids)
    dumps.open(ids)
  rescue HeapDump::Web::Refusal => e
    e.code == "opening" ? retry : raise
  end

  # The thread that opens may run before the one that starts it goes on.
  def test_a_thread_that_begins_at_once
    dumps = HeapDump::Web::Dumps.new([dump("a.json")])
    at_once = ->(&work) { Thread.start(&work).tap { |thread| thread.join(0.1) } }
    Thread.stub(:new, at_once) { dumps.open_all }
    assert_equal [:open], dumps.all.map(&:state)
  end

  # While the block runs, dumps are read one by one, each when something is put into the gate.
  def slowly
    gate = Queue.new
    loading = HeapDump::Snapshot.const_get(:Loading)
    original = loading.method(:new)
    wait = lambda do |*arguments|
      gate.pop
      original.call(*arguments)
    end
    loading.stub(:new, wait) { yield gate }
  ensure
    gate.close
  end

  def test_a_list_of_paths
    paths = [dump("b.json", 1), dump("a.json", 0)]
    client = WebClient.new(paths)
    assert_equal %w[b.json a.json], names(client)
    assert_equal %w[closed closed], client.ask!("dumps")["items"].map { |item| item["state"] }
    assert_equal 2, client.ids.uniq.size
    assert_equal client.ids, WebClient.new(paths).ids, "the ids are others in another process"
  end

  def test_names_that_are_alike
    Dir.mkdir(File.join(scratch, "old"))
    client = WebClient.new([dump("old/heap.json", count: 3), dump("heap.json", count: 4)])
    assert_equal %w[heap.json heap.json], names(client)
    assert_equal [3, 4], client.ids.map { |id| sessions(client, id) }
  end

  def test_a_directory
    dump("b.json", 0)
    dump("a.json", 1)
    File.write(File.join(scratch, "notes.txt"), "no dump")
    client = WebClient.new(scratch)
    assert_equal %w[b.json a.json], names(client)
  end

  def test_a_directory_in_which_a_dump_appears
    first = dump("a.json", 0)
    dumps = HeapDump::Web::Dumps.new(scratch, pause: 0)
    a, = dumps.all
    first_opened, = opened(dumps, a.id)
    dump("b.json", 1, count: 2)
    assert_equal %w[a.json b.json], dumps.all.map(&:name)
    assert_same first_opened, opened(dumps, a.id).first
    File.unlink(first)
    assert_equal %w[b.json], dumps.all.map(&:name)
    refusal = assert_raises(HeapDump::Web::Refusal) { dumps.open([a.id]) }
    assert_equal [404, "no_such_dump"], [refusal.status, refusal.code]
  end

  def test_a_directory_is_not_looked_at_with_each_request
    dump("a.json", 0)
    dumps = HeapDump::Web::Dumps.new(scratch)
    assert_equal %w[a.json], dumps.all.map(&:name)
    dump("b.json", 1)
    assert_equal %w[a.json], dumps.all.map(&:name)
  end

  def test_a_directory_without_dumps
    client = WebClient.new(scratch)
    json = client.ask!("dumps")
    assert_equal [0, []], json.values_at("total", "items")
    assert_match(/there is no dump in the directory/, json["note"])
  end

  def test_what_is_neither
    [File.join(scratch, "none"), dump("heap.json")].each do |path|
      error = assert_raises(ArgumentError) { WebClient.new(path) }
      assert_match(/dumps: is an Array of paths or a directory/, error.message)
    end
    assert_raises(TypeError) { WebClient.new(12) }
    assert_raises(TypeError) { WebClient.new([nil]) }
  end

  def test_while_it_is_being_read
    client = WebClient.new([dump("heap.json")])
    id = client.ids.first
    slowly do |gate|
      %w[summary top histogram].each do |question|
        answer = client.get("/api/v1/#{question}?dump=#{id}")
        assert_equal [503, "opening", "1"],
                     [answer.status, answer.code, answer.headers["retry-after"]]
        assert_equal({ "work" => "opening", "done" => nil, "of" => nil }, answer.json["progress"])
        assert_match(/heap.json is being read/, answer.message)
      end
      assert_equal "opening", client.ask!("dumps")["items"].first["state"]
      gate << true
      assert_equal 1, sessions(client, id)
      assert_equal "open", client.ask!("dumps")["items"].first["state"]
    end
  end

  def test_how_far_reading_is
    client = WebClient.new([dump("heap.json")])
    one, = client.web.dumps.all
    slowly do |gate|
      client.get("/api/v1/summary?dump=#{one.id}")
      one.instance_variable_get(:@reading).stub(:progress, ["reading", 41, 82]) do
        expected = { "work" => "reading", "done" => 41, "of" => 82 }
        assert_equal expected, client.get("/api/v1/summary?dump=#{one.id}").json["progress"]
        assert_equal expected, client.ask!("dumps")["items"].first["progress"]
      end
      gate << true
    end
  end

  def test_a_small_dump_is_answered_about_at_once
    client = WebClient.new([dump("heap.json")])
    assert_equal 200, client.get("/api/v1/summary?dump=#{client.ids.first}").status
  end

  def test_many_ask_while_it_is_being_read
    client = WebClient.new([dump("heap.json")])
    id = client.ids.first
    slowly do |gate|
      threads = Array.new(20) { Thread.new { sessions(client, id) } }
      sleep 0.05
      gate << true # for one of them
      assert_equal [1], threads.map(&:value).uniq
      assert_empty gate
    end
  end

  def test_what_cannot_be_read
    File.write(File.join(scratch, "text.json"), "no dump at all\n")
    File.write(File.join(scratch, "cut.json.gz"), "\x1F\x8B\x08garbage".b)
    missing = File.join(scratch, "missing.json")
    { File.join(scratch, "text.json") => /is no heap dump|no line/i, missing => /no such file/i,
      File.join(scratch, "cut.json.gz") => /./ }.each do |path, words|
      client = WebClient.new([path])
      answer = client.ask("summary", dump: client.ids.first)
      assert_equal [422, "unreadable_dump"], [answer.status, answer.code], path
      assert_match words, answer.message
      item = client.ask!("dumps")["items"].first
      assert_equal ["failed", answer.message], item.values_at("state", "error")
      refute_match(/web\.rb|:in `/, answer.body)
    end
  end

  def test_a_file_that_appears_later
    path = File.join(scratch, "heap.json")
    client = WebClient.new([path])
    assert_equal 422, client.ask("summary", dump: client.ids.first).status
    dump("heap.json", count: 5)
    assert_equal 5, sessions(client, client.ids.first)
  end

  # An answer about the old file would be about lines of the new one.
  def test_a_file_that_another_one_replaces
    path = dump("heap.json", count: 3)
    client = WebClient.new([path])
    assert_equal 3, sessions(client, client.ids.first)
    File.rename(dump("new.json", 1, count: 7), path)
    assert_equal 7, sessions(client, client.ids.first)
  end

  def test_damaged_dumps
    Damages.new.all.each do |name, damage|
      File.binwrite(File.join(scratch, "damaged.json"), damage.text)
      client = WebClient.new([File.join(scratch, "damaged.json")])
      id = client.ids.first
      summary = client.ask!("summary", dump: id)
      assert_equal [false, true], [summary["whole"], summary["warnings"].any?], name
      %w[histogram top folded find strings threads pages].each do |question|
        client.ask!(question, dump: id)
      end
    end
  end

  # Who holds what is lost is not known, so nothing is called garbage.
  def test_a_dump_that_is_cut
    path = MadeDump.write(File.join(scratch, "whole.json"), 0) do |made|
      made.constant("LIST", made.array([made.object("Session")]))
      made.string("held by what is lost")
    end
    File.write(File.join(scratch, "cut.json"), File.readlines(path)[0..-2].join)
    client = WebClient.new([File.join(scratch, "cut.json")])
    id = client.ids.first
    summary = client.ask!("summary", dump: id)
    assert_equal false, summary["whole"]
    refute_empty summary["warnings"]
    found = client.ask!("find", dump: id, type: "STRING")["items"].first
    assert_equal [nil, nil], found.values_at("reachable", "retained")
    object = client.ask!("object", dump: id, object: found["address"])
    assert_equal [nil, nil], object["object"].values_at("retained", "retained_objects")
  end

  def test_strict
    lines = File.readlines(dump("whole.json"))
    File.write(File.join(scratch, "cut.json"), lines[0..-2].join)
    client = WebClient.new([File.join(scratch, "cut.json")], strict: true)
    assert_equal "unreadable_dump", client.ask("summary", dump: client.ids.first).code
  end

  # Each byte that is written to a pipe makes it look like another file.
  def test_a_pipe
    text = File.read(dump("heap.json", count: 3))
    pipe = File.join(scratch, "pipe")
    File.mkfifo(pipe)
    writer = Thread.new { File.write(pipe, text) }
    client = WebClient.new([pipe])
    2.times { assert_equal 3, sessions(client, client.ids.first) }
  ensure
    writer&.kill
  end

  # As when there was no right to read the file, or no memory.
  def test_what_failed_is_tried_again_after_a_while
    { HeapDump::ReadError.new("no memory", "x") => :open, NoMemoryError.new => :open,
      Errno::EACCES.new => :open, RuntimeError.new("a fault") => :open,
      HeapDump::NotADump.new("no dump", "x") => :failed,
      HeapDump::Corrupt.new("damaged", "x") => :failed }.each do |error, after|
      [[10, :failed], [-1, after]].each do |again, state|
        one = HeapDump::Web::Dump.new(dump("heap.json"), again: again)
        HeapDump::Snapshot.stub(:new, ->(*, **) { raise error }) { one.open }
        assert_equal :failed, one.state
        one.close if one.stale?
        [one.wait, one.open] if one.closed?
        assert_equal state, one.state, error.inspect
      end
    end
  end

  # Whoever waits for it is told, and the next one is opened.
  def test_a_fault_of_ours_while_a_dump_is_opened
    client = WebClient.new([dump("a.json"), dump("b.json", 1)])
    HeapDump::Web::Opened.stub(:new, ->(*) { raise "a \e[2Jfault" }) do
      answer = client.ask("summary", dump: client.ids.first)
      assert_equal [500, "failed"], [answer.status, answer.code]
      assert_match(/a \\e\[2Jfault/, client.errors.string)
      Timeout.timeout(10) { client.web.dumps.open_all }
    end
    assert_equal %w[failed failed], client.ask!("dumps")["items"].map { |item| item["state"] }
    refute_includes JSON.generate(client.ask!("dumps")), "fault"
  end

  # What leaves the directory needs no memory.
  def test_a_dump_that_goes_is_closed
    paths = [dump("a.json", 0), dump("b.json", 1)]
    dumps = HeapDump::Web::Dumps.new(scratch, pause: 0)
    dumps.open_all
    a, b = dumps.all
    File.unlink(paths.first)
    dumps.all
    assert_equal %i[closed open], [a, b].map(&:state)
    slowly do |gate|
      dump("c.json", 2)
      c = dumps.all.last
      assert_raises(HeapDump::Web::Refusal) { dumps.open([c.id]) }
      File.unlink(c.path)
      dumps.all
      gate << true
      wait_until("it is read, and closed") { c.state != :opening }
      refute c.opened
    end
  end

  # Those that are asked about together do not take the place of each other.
  def test_several_that_are_asked_about_together
    dumps = HeapDump::Web::Dumps.new(Array.new(4) { |i| dump("#{i}.json", i) }, most_open: 3)
    ids = dumps.all.map(&:id)
    first, second, = ids.first(3).map { |id| opened(dumps, id).first }
    three = opened(dumps, ids[0], ids[1], ids[3])
    assert_equal [first, second], three.first(2)
    assert_equal %i[open open closed open], dumps.all.map(&:state)
  end

  # Others may ask about dumps that take the place of those.
  def test_opening_all_ends_although_one_is_closed_meanwhile
    dumps = HeapDump::Web::Dumps.new(Array.new(3) { |i| dump("#{i}.json", i) }, most_open: 2)
    zero, one, two = dumps.all
    slowly do |gate|
      [one, zero].each { |dump| assert_raises(HeapDump::Web::Refusal) { dumps.open([dump.id]) } }
      all = Thread.new { dumps.open_all }
      wait_until("the last one is to be opened") { two.state == :waiting }
      3.times { gate << true }
      assert all.join(10), "it waits for ever"
    end
    assert_equal %i[open closed open], dumps.all.map(&:state)
  end

  # As where a server forks after the first request: no thread goes on in the new process.
  def test_a_process_that_is_forked_while_a_dump_is_opened
    dumps = HeapDump::Web::Dumps.new([dump("heap.json")])
    one = dumps.all.first
    child = slowly do
      assert_raises(HeapDump::Web::Refusal) { dumps.open([one.id]) }
      assert_equal :opening, one.state
      fork do
        HeapDump::Snapshot.const_get(:Loading).singleton_class.remove_method(:new)
        exit!(opened(dumps, one.id).first.snapshot.objects.positive?)
      ensure
        exit!
      end
    end
    assert_predicate Process.wait2(child).last, :success?
  end

  # The one that was used least lately is closed, and opened when it is asked about again.
  def test_only_a_few_stay_open
    dumps = HeapDump::Web::Dumps.new(Array.new(5) { |i| dump("#{i}.json", i) }, most_open: 3)
    ids = dumps.all.map(&:id)
    ids.first(3).each { |id| opened(dumps, id) }
    kept, = opened(dumps, ids[0])
    opened(dumps, ids[3])
    assert_equal %i[open closed open open closed], dumps.all.map(&:state)
    assert_same kept, opened(dumps, ids[0]).first
    assert_equal 7, opened(dumps, ids[1]).first.snapshot.header["pid"]
    assert_equal %i[open open closed open closed], dumps.all.map(&:state)
  end

  def test_all_are_opened_beforehand
    paths = Array.new(5) { |i| dump("#{i}.json", i) } + [File.join(scratch, "missing.json")]
    dumps = HeapDump::Web::Dumps.new(paths, most_open: 4)
    dumps.open_all
    assert_equal %i[closed closed open open open failed], dumps.all.map(&:state)
  end
end

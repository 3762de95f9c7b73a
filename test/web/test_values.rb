# frozen_string_literal: true

require "test_helper"
require "support/made_dump"
require "support/made_fleet"
require "support/web_client"

# What may be secret in a dump is not in an answer, unless values=1 asks for it. Whatever is in it,
# an answer has no more rows than it may, and no text that disguises itself.
class TestValues < HeapDumpTest
  SECRET = "hunter2-and-more"
  PIN = 47_114_711
  EVIL = "</script><img src=x onerror=alert(1)>\u202e\e[2J"

  # Dumps of one process in which secrets are all over the place, and more of them each time.
  def paths
    @paths ||= (0..2).map do |number|
      path = File.join(scratch, "#{number}.json")
      MadeDump.write(path, number, program: "serve --key #{SECRET}", host: SECRET) do |made|
        fill(made, number)
      end
    end
  end

  def fill(made, number)
    texts = Array.new(20 * (number + 1)) { |i| made.string(SECRET, address: 0x50_0000 + (i * 64)) }
    entries = texts.map.with_index do |text, i|
      [text, made.object("Session", address: 0x60_0000 + (i * 64), ivars: { "@pin" => PIN })]
    end
    thread = made.thread([["go", "/app/go.rb", 3]], thread_name: SECRET)
    made.local(thread, 0, "found", texts.first)
    made.root(thread)
    made.constant("CACHE", made.hash(entries))
    made.constant("ALL", made.array([made.symbol(SECRET), made.file("File", path: "/u/#{SECRET}"),
                                     made.object(EVIL, ivars: { "@#{EVIL}" => texts.last }),
                                     made.string(EVIL)]))
  end

  def client
    @client ||= WebClient.new(paths, store: store).tap { |client| client.web.dumps.open_all }
  end

  # The address of a store that has the same dumps, and one more.
  def store
    url = "sqlite:#{scratch}/fleet.db"
    HeapDump::Fleet::Import.new(url).run(paths)
    identity = { host: SECRET, program: "serve --key #{SECRET}", app: "serve" }
    extract = MadeExtract.make(0, identity: identity, classes: { "Array" => 200 })
    file = HeapDump::Fleet::Source::File.new(uri: "a", path: "a", bytes: 1, changed_at: Time.at(0))
    store = HeapDump::Fleet.open(url)
    HeapDump::Fleet::Importer.new(store, extract: ->(_) { extract }).import(file)
    url
  ensure
    store&.close
  end

  def snapshot
    @snapshot ||= HeapDump::Snapshot.open(paths.last)
  end

  # Every question, asked about every object that it can be asked about.
  def each_answer(values)
    ids = client.ids
    HeapDump::Web::QUESTIONS.except("job").each do |name, question|
      each_given(question, ids) do |given|
        given = { values: values, **given }.slice(*question.parameters.keys)
        yield name, client.ask!(name, **given)
      end
    end
  end

  def each_given(question, ids, &)
    given = { dump: ids.last, baseline: ids.first, dumps: ids.join(","), name: "Array" }
    return yield(given) unless question.parameters.key?(:object)

    snapshot.each do |node|
      from = node.referrers.find { |held| !held.node.root? }&.node
      next if question.parameters.key?(:from) && from.nil?

      yield({ **given, object: node.to_s, from: from&.to_s })
    end
  end

  def test_what_may_be_secret_is_not_said
    each_answer(0) do |name, json|
      text = JSON.generate(json)
      refute_includes text, SECRET, name
      refute_includes text, PIN.to_s, name
      refute_includes text, [SECRET].pack("m0"), name
    end
  end

  def test_unless_it_is_asked_for
    said = Hash.new { |all, name| all[name] = +"" }
    each_answer(1) { |name, json| said[name] << JSON.generate(json) }
    %w[dumps summary object references referrers dominated find strings threads frames
       reference_groups fleet_processes fleet_history].each do |name|
      assert_includes said[name], SECRET, name
    end
    assert_includes said["object"], PIN.to_s
  end

  # Looking for what one knows already shows nothing new.
  def test_contents_can_be_looked_for_all_the_same
    json = client.ask!("find", dump: client.ids.last, value: SECRET)
    assert_equal 61, json["total"]
    refute_includes JSON.generate(json), SECRET
    shown = client.ask!("find", dump: client.ids.last, value: SECRET, values: 1)
    assert_equal json["items"].map { |item| item["address"] },
                 shown["items"].map { |item| item["address"] }
    assert_includes JSON.generate(shown), SECRET
  end

  # Texts that are shown spell out what could disguise them; keys, names and contents can be asked
  # for, so they are as they are.
  RAW = %w[key name value line header class signature apps revisions].freeze

  def test_no_text_disguises_itself
    harmful = HeapDump::Terminal::Text::HARMFUL
    each_answer(1) do |name, json|
      each_text(json) { |key, text| refute_match(harmful, text, "#{name}: #{key}") }
    end
  end

  def each_text(json, key = nil, &)
    case json
    when Hash then json.except(*RAW).each { |name, value| each_text(value, name, &) }
    when Array then json.each { |value| each_text(value, key, &) }
    when String then yield key, json
    end
  end

  # Not even the name of the user who runs the server.
  def test_no_message_names_a_home
    client = WebClient.new(["/home/alice/none.json"])
    answer = client.ask("summary", dump: client.ids.first)
    assert_equal "no such file or directory: ~/none.json", answer.message
    said = [0, 1].map { |values| client.ask!("dumps", values: values)["items"].first["error"] }
    assert_equal [answer.message, answer.message.sub("~", "/home/alice")], said
    empty = ->(_) { raise HeapDump::Error, "/home/bob is empty" }
    HeapDump::Snapshot::Directory.stub(:dumps, empty) do
      notes = [0, 1].map { |values| WebClient.new(scratch).ask!("dumps", values: values)["note"] }
      assert_equal ["~ is empty", "/home/bob is empty"], notes
    end
    refusal = HeapDump::Web::Refusal.new(404, "x", "no /home/alice/x")
    client.web.dumps.stub(:all, -> { raise refusal }) do
      assert_equal "no ~/x", client.ask("dumps").message
    end
  end

  # A program may make names as long as it likes.
  def test_long_texts_are_cut
    size = 200_000
    path = MadeDump.write(File.join(scratch, "long.json"), 0) do |made|
      texts = Array.new(3) { made.string("é" * size) }
      all = made.object("N" * size, ivars: { "@#{"i" * size}" => texts.first })
      made.change(all, file: "/#{"f" * size}", line: 3, method: "m" * size)
      made.constant("C" * size, made.array([*texts, all]))
      content = ["\xFF".b * size].pack("m0")
      bytes = Array.new(2) { made.string("b") }
      bytes.each { |one| made.change(one, value: nil, value_base64: content, bytesize: size) }
      made.constant("B", made.array(bytes))
    end
    @paths = [path, path.sub("long", "later").tap { |copy| FileUtils.cp(path, copy) }]
    each_answer(1) do |name, json|
      assert_operator JSON.generate(json).bytesize, :<, 150_000, name
      json["items"].each { |item| assert_content(item) } if name == "strings"
    end
  end

  def assert_content(item)
    content = item["value"]&.b || item["value_base64"].unpack1("m0")
    assert_operator content.bytesize, :>, 3000
    whole = ["é", "\xFF"].map { |char| (char * content.size).b[0, content.size] }
    assert_includes whole, content
  end

  def test_no_answer_has_more_rows_than_it_may
    each_answer(1) do |name, json|
      lists(json).each { |list| assert_operator list.size, :<=, 200, name } unless name == "folded"
    end
  end

  def lists(json)
    case json
    when Hash then json.values.flat_map { |value| lists(value) }
    when Array then [json, *json.flat_map { |value| lists(value) }]
    else []
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/clickhouse"
require "support/made_fleet"
require "support/postgres"
require "support/web_client"

# The questions to the store of a fleet: they say what the commands say, in parts, change nothing,
# and do not tell where the store is.
class TestFleetAnswers < HeapDumpTest
  Fleet = HeapDump::Fleet
  QUESTIONS = %w[fleet fleet_leaks fleet_classes fleet_processes fleet_work fleet_history].freeze

  # A store that was made once, for tests to copy.
  def self.made
    @made ||= Dir.mktmpdir("heapdump-fleet").then do |directory|
      Minitest.after_run { FileUtils.rm_rf(directory) }
      "#{directory}/fleet.db".tap { |path| MadeFleet.import("sqlite:#{path}", every: 5).close }
    end
  end

  def url
    @url ||= "sqlite:#{scratch}/fleet.db".tap do
      FileUtils.cp(self.class.made, "#{scratch}/fleet.db")
    end
  end

  def client
    @client ||= WebClient.new(nil, store: url)
  end

  def store
    opened = Fleet.open(url)
    yield opened
  ensure
    opened&.close
  end

  # The question by its name, with what it needs.
  def ask(name, client = self.client, **given)
    client.ask!(name, **(name == "fleet_history" ? { name: "Session", **given } : given))
  end

  def test_what_the_store_has
    answer = ask("fleet")
    assert_equal ["sqlite", 10, 200, 10, %w[api shop], %w[r3 r2 r1]],
                 answer.values_at("engine", "processes", "dumps", "judged", "apps", "revisions")
    assert_equal [3, 60], ask("fleet", revision: "r1").values_at("processes", "dumps")
    assert_equal 0, ask("fleet", hours: 1)["dumps"]
    assert_equal true, client.ask!("dumps")["fleet"]
    assert_equal false, WebClient.new([]).ask!("dumps")["fleet"]
  end

  def test_leaks_and_classes_are_those_of_the_command
    store do |store|
      rows = Fleet::Leaks.new(store).rows
      items = ask("fleet_leaks")["items"]
      assert_equal rows.map { |row| [row.signature, row.processes, row.judged, row.fixed_in] },
                   items.map { |one| one.values_at("signature", "processes", "judged", "fixed_in") }
      assert_equal %w[row session], items.map { |one| one["signature"] }
      names = Fleet::Classes.new(store, revision: "r2").rows.map(&:class_name)
      assert_equal names, ask("fleet_classes", revision: "r2")["items"].map { |one| one["class"] }
    end
  end

  def test_processes_and_pages
    all = ask("fleet_processes")["items"]
    assert_equal 10, all.size
    assert_equal all[3..4], ask("fleet_processes", offset: 3, limit: 2)["items"]
    assert_equal 3, all.count { |one| one["native"] }
    assert_equal 3, ask("fleet_processes", revision: "r3")["total"]
  end

  def test_work
    answer = ask("fleet_work", revision: "r1")
    assert_equal [57, true], answer.values_at("intervals", "enough")
    assert_equal ["Import", "Mail", nil], answer["items"].map { |one| one["name"] }.sort_by(&:to_s)
                                                         .rotate
  end

  def test_history_has_a_line_for_each_process
    answer = ask("fleet_history", name: "session", revision: "r2", limit: 3)
    assert_equal [4, 3], [answer["total"], answer["items"].size]
    line = answer["items"].first
    assert_equal (0...20).map { |n| 200 + (30 * n) }, line["objects"]
    assert_equal 3600 * 19, line["at"].last - line["at"].first
    assert_equal ["way", "Class of session", "constant SESSION", 20],
                 line.values_at("kind", "class", "holder", "dumps")
    none = client.ask("fleet_history", name: "Nothing")
    assert_equal [404, "not_found"], [none.status, none.code]
    assert_equal 400, client.ask("fleet_history", name: "Session", limit: 21).status
  end

  def test_a_long_history_has_a_limited_number_of_points
    store do |store|
      importer = Fleet::Importer.new(store, extract: ->(path) { long(Integer(path)) })
      450.times do |n|
        importer.import(Fleet::Source::File.new(uri: n.to_s, path: n.to_s, bytes: 1,
                                                changed_at: MadeExtract::BASE))
      end
    end
    line = ask("fleet_history", name: "Long")["items"].first
    assert_equal [450, 200, 1000, 1449],
                 [line["dumps"], line["at"].size, *line["objects"].values_at(0, -1)]
  end

  def long(number)
    MadeExtract.make(number, pid: 9, start: 9, classes: { "Long" => 1000 + number })
  end

  # Names of hosts are values, but one can tell whether two processes have the same.
  def test_hosts_are_values
    hidden = ask("fleet_processes")["items"].map { |one| one["host"] }.uniq
    assert_equal 1, hidden.size
    assert_match(/\Ahost \h{6}\z/, hidden.first)
    refute_equal hidden, ask("fleet_processes", WebClient.new(nil, store: url))["items"]
      .map { |one| one["host"] }.uniq
    shown = ask("fleet_processes", values: 1)["items"].map { |one| one["host"] }.uniq
    assert_equal ["web-1"], shown
    assert_includes ask("fleet_history")["items"].map { |one| one["host"] }, hidden.first
  end

  def test_a_server_without_a_store
    QUESTIONS.each do |name|
      answer = WebClient.new([]).ask(name, name: ("x" if name == "fleet_history"))
      assert_equal [404, "no_fleet"], [answer.status, answer.code], name
    end
    assert_raises(ArgumentError) { WebClient.new(nil) }
    error = assert_raises(HeapDump::Error) { WebClient.new(nil, store: "mysql://u:geheim@db/x") }
    refute_includes error.message, "geheim"
  end

  # Neither does an answer say where the store is, nor the log the password.
  UNREACHABLE = { "postgres" => "postgres://ops:geheim@127.0.0.1:1/heaps?host=/nowhere",
                  "clickhouse" => "clickhouse://ops:geheim@127.0.0.1:1/heaps" }.freeze

  UNREACHABLE.each do |engine, address|
    define_method("test_secrets_of_an_address_of_#{engine}") do
      client = WebClient.new(nil, store: address)
      answer = client.ask("fleet")
      assert_equal [502, "no_store"], [answer.status, answer.code]
      refute_match(/geheim|127\.0|nowhere|heaps/, answer.body)
      assert_match(/StoreError: #{engine}/, client.errors.string)
      refute_includes client.errors.string, "geheim"
      fleet = client.web.instance_variable_get(:@fleet)
      refute_includes client.web.inspect + fleet.inspect, "geheim"
    end
  end

  def test_a_store_that_is_none_yet_stays_none
    path = "#{scratch}/none.db"
    { nil => /cannot be opened/, "no database" * 99 => /cannot be opened/,
      "" => /no store of a fleet/ }.each do |content, words|
      content ? File.write(path, content) : FileUtils.rm_f(path)
      client = WebClient.new(nil, store: "sqlite:#{path}")
      assert_equal 502, client.ask("fleet").status
      assert_match words, client.errors.string
      assert_equal content.to_s, File.exist?(path) ? File.read(path) : ""
      assert_equal content.nil?, !File.exist?(path)
    end
  end

  # Whoever only reads needs no right to write, in any engine, and changes nothing.
  def test_reading_changes_nothing
    engines = [(Postgres if Postgres.programs), (Clickhouse if Clickhouse.program)].compact
    assert_read_alone(url)
    File.chmod(0o755, scratch)
    engines.each do |engine|
      server = engine.new("#{scratch}/#{engine}")
      server.run do
        answer = WebClient.new(nil, store: server.url).ask("fleet")
        assert_equal 502, answer.status, "tables of #{engine} are made by a question"
        MadeFleet.import(server.url, every: 25).close
        assert_read_alone(server.url)
      end
    end
    skip "SKIPPED: neither PostgreSQL nor ClickHouse here" if engines.empty?
  end

  def assert_read_alone(url)
    client = WebClient.new(nil, store: url)
    QUESTIONS.each { |name| refute_empty ask(name, client), "#{url} #{name}" }
    store = Fleet::Address.parse(url).read
    ["DELETE FROM version", "CREATE TABLE a (b Int64) ENGINE = TinyLog", "CREATE TABLE a (b int)",
     "DROP TABLE dump", "INSERT INTO name VALUES (1, 'a')"].each do |sql|
      assert_raises(HeapDump::Fleet::StoreError, "#{url} #{sql}") { store.run(sql) }
    end
  ensure
    store&.close
  end

  # A store on a disk or of an owner that lets nobody write.
  def test_a_file_that_cannot_be_written
    path = url.delete_prefix("sqlite:")
    File.stub(:writable?, false) { assert_equal 200, ask("fleet")["dumps"] }
    assert_path_exists path
  end

  def test_a_store_of_a_newer_version
    store { |store| store.version = 99 }
    assert_equal 502, client.ask("fleet").status
    assert_match(/tables of version 99; this heapdump \S+ knows/, client.errors.string)
  end

  # Several questions at once have a connection each, and only few of them.
  def test_they_take_turns
    client
    open = 0
    most = 0
    mutex = Mutex.new
    read = Fleet::Address.instance_method(:read)
    counted = lambda do |address|
      mutex.synchronize { most = [most, open += 1].max }
      read.bind_call(address).tap { sleep 0.02 }
    ensure
      mutex.synchronize { open -= 1 }
    end
    Fleet::Address.class_eval { define_method(:read) { counted.call(self) } }
    Array.new(8) { |n| Thread.new { client.ask!("fleet_leaks", limit: n) } }.each(&:join)
    assert_operator most, :<=, HeapDump::Web::Jobs::AT_ONCE
  ensure
    Fleet::Address.class_eval { define_method(:read, read) }
  end

  EVIL = "</script><img src=x onerror=alert(1)>\u202e\e[2J"

  def test_hostile_names
    store do |store|
      importer = Fleet::Importer.new(store, extract: ->(path) { evil(Integer(path)) })
      ids = Array.new(5) do |n|
        importer.import(Fleet::Source::File.new(uri: "e#{n}", path: n.to_s, bytes: 1,
                                                changed_at: MadeExtract::BASE)).process_id
      end
      Fleet::Judging.new(store).run(ids)
    end
    assert_includes ask("fleet")["apps"], EVIL
    row = ask("fleet_leaks", app: EVIL)["items"].first
    assert_match(/\\u202E\\e\[2J/, row["since"])
    assert_equal 1, ask("fleet_history", name: "C#{EVIL}", app: EVIL)["total"]
    assert_equal 1, ask("fleet_processes", app: EVIL, revision: EVIL)["total"]
    assert_match(/\\u202E/, ask("fleet_processes", app: EVIL, values: 1)["items"].first["host"])
  end

  def evil(number)
    identity = { host: EVIL, app: EVIL, revision: EVIL }
    MadeExtract.make(number, pid: 13, start: 13, identity: identity,
                             classes: { "C#{EVIL}" => 500 + (900 * number) },
                             ways: { "w" => 500 + (900 * number) })
  end
end

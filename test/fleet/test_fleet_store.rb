# frozen_string_literal: true

require "test_helper"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/made_extract"
require "support/clickhouse"
require "support/postgres"
require "support/shop"

# What they keep of processes, from one import to the next.
module FleetStoreProcessTests
  Fleet = HeapDump::Fleet

  def test_what_is_to_be_judged
    judging = Fleet::Judging.new(store)
    assert_empty judging.due
    ids = [41, 42].map { |pid| leaking(pid, 0..5) }
    assert_equal ids.sort, judging.due
    assert_equal 2, judging.run
    assert_empty judging.due
    leaking(41, 6..6)
    assert_equal [ids.first], judging.due
    assert_equal 1, judging.run
    leaking(42, [2.5]) # one that comes late
    assert_equal [ids.last], judging.due
  end

  # Returns the id of the process.
  def leaking(pid, hours)
    hours.map do |hour|
      outcome(MadeExtract.make(hour, pid: pid, ways: { "w1" => (1000 + (500 * hour)).to_i }),
              name: "#{pid}-#{hour}").process_id
    end.first
  end

  # Notes come first and know less; a later dump may know less, too.
  def test_what_is_known_stays_and_what_is_not_is_filled_in
    told = MadeExtract.make(1, ways: { "w1" => 150 })
    bare = { app: nil, program: nil, platform: nil, ruby: nil }
    silent = { "w1" => HeapDump::Extract::WaySum.new("Class of w1", nil, nil, nil, nil,
                                                     150, 6000, 6000) }
    [0, 2].each_with_index do |hour, times|
      import(MadeExtract.make(hour, identity: bare, ways: { "w1" => 150 }).dup
                        .tap { |one| one.define_singleton_method(:ways) { silent } })
      import(told) if times.zero?
      process = store.row("SELECT * FROM #{store.table(:process)}")
      assert_equal ["shop", "puma", "3.4.1", "x86_64-linux"],
                   process.values_at(:app, :program, :ruby, :platform)
      way = store.row("SELECT * FROM #{store.table(:way)}")
      assert_equal ["constant W1", "app.rb:3", "app", "told"],
                   way.values_at(:holder, :location, :gem, :told)
    end
  end
end

# What stores have to do, whichever engine they are.
module FleetStoreTests
  include FleetStoreProcessTests

  Fleet = HeapDump::Fleet

  def test_tables_are_made_once
    assert_equal Fleet::Schema::VERSION, open_store.version
    assert_equal Fleet::Schema::VERSION, open_store.version
    Fleet::Schema::TABLES.each_key { |name| assert_equal 0, count(name), name }
  end

  def test_a_dump
    import(MadeExtract.make(0, classes: { "A" => 150 }, ways: { "w1" => 150 },
                               work: { "Job" => 3 }, account: { rss: 99, rest: 5 }))
    assert_equal({ process: 1, dump: 1, name: 2, way: 1, part_row: 2, class_row: 1, way_row: 1,
                   site_row: 0, work_row: 1, sample: 0, verdict: 0, horizon: 0,
                   judged: 0, file: 1 }, counts)
    dump = store.row("SELECT * FROM #{store.table(:dump)}")
    assert_equal [99, 5, 6000], dump.values_at(:rss, :unexplained, :held_bytes)
    assert_equal MadeExtract::BASE, store.time(dump[:at])
    row = store.row("SELECT * FROM #{store.table(:class_row)}")
    assert_equal ["A", 150, 6000],
                 [store.names([row[:name_id]]).values.first, *row.values_at(:objects, :bytes)]
  end

  def test_twice_changes_nothing
    extract = MadeExtract.make(0, classes: { "A" => 150 }, ways: { "w1" => 150 })
    assert_equal :imported, import(extract, name: "a")
    before = everything
    assert_equal :there, import(extract, name: "a")
    assert_equal before, everything
    assert_equal :there, import(extract, name: "a copy")
    assert_equal before.except(:file), everything.except(:file)
  end

  def test_rows_go_on_where_a_process_had_some_and_end_with_zero
    [{ "A" => 150, "small" => 5 }, { "A" => 20, "small" => 5 }, { "small" => 5 }, {}]
      .each_with_index do |classes, hour|
      import(MadeExtract.make(hour, classes: classes,
                                    ways: {}))
    end
    rows = store.query("SELECT name_id, objects FROM #{store.table(:class_row)} ORDER BY at")
    assert_equal [150, 20, 0], rows.map { |row| row[:objects] }
    assert_equal ["A"], store.names(rows.map { |row| row[:name_id] }).values
  end

  def test_the_largest_ways_alone
    ways = Array.new(1_200) { |i| [format("w%04d", i), 5000 - i] }.to_h
    import(MadeExtract.make(0, ways: ways))
    assert_equal 1_000, count(:way_row)
    assert_equal 1_000, count(:way)
  end

  def test_names_that_no_database_takes
    import(MadeExtract.make(0, classes: { "a\0b\xFF\t\n\\N\"'" => 200, "\\." => 200 }))
    names = store.query("SELECT text FROM #{store.table(:name)}").map { |row| row[:text] }
    assert_equal ["\\.", "a␀b�\t\n\\N\"'"], names.sort
  end

  def test_names_that_become_the_same_text_are_added_up
    import(MadeExtract.make(0, classes: { "A\0" => 150, "A␀" => 200, "B\xFF" => 100 },
                               work: { "J\0" => 1, "J␀" => 2 }))
    rows = store.query("SELECT name_id, objects, bytes FROM #{store.table(:class_row)}")
    assert_equal [[100, 4_000], [350, 14_000]],
                 rows.map { |row| row.values_at(:objects, :bytes) }.sort
    assert_equal 3, store.number("SELECT done FROM #{store.table(:work_row)}")
  end

  def test_numbers_that_no_database_takes
    [1 << 70, -1, "x", nil].each_with_index do |pid, i|
      import(MadeExtract.make(i, pid: pid, classes: { "A" => 1 << 70 }, work: { "J" => 1 << 70 },
                                 account: { rss: 1 << 70, other_malloc: 1 << 63, rest: 1 << 63 }))
    end
    row = store.row("SELECT objects, bytes FROM #{store.table(:class_row)}")
    assert_equal [1 << 62] * 2, row.values_at(:objects, :bytes)
    assert_equal 4, count(:dump)
  end

  def test_what_could_not_be_read_is_tried_again
    [HeapDump::ReadError.new("not enough memory"), Errno::EACCES.new("a")].each_with_index do |e, i|
      failing = ->(_) { raise e }
      assert_equal :skipped, attempt(failing, "f#{i}").state
      assert_equal :imported, attempt(->(_) { MadeExtract.make(i) }, "f#{i}").state
    end
    assert_equal :skipped, attempt(->(_) { raise HeapDump::NotADump, "none" }, "n").state
    again = attempt(->(_) { flunk }, "n")
    assert_equal [:skipped, "none"], [again.state, again.message]
  end

  def attempt(extract, name)
    Fleet::Importer.new(store, extract: extract).import(file(name))
  end

  def test_what_is_asked_for_and_not_there
    question = Fleet::Leaks.new(store, app: "a\0\xFF'")
    assert_empty question.rows
    assert_match(/has no dumps; import some/,
                 assert_raises(HeapDump::NotFound) { question.check }.message)
    import(MadeExtract.make(0, identity: { revision: "r1" }))
    assert_match(/no process of application a␀�'; it has shop/,
                 assert_raises(HeapDump::NotFound) { question.check }.message)
    other = Fleet::Leaks.new(store, app: "shop", revision: "r2")
    assert_match(/no dump of revision r2; it has r1/,
                 assert_raises(HeapDump::NotFound) { other.check }.message)
    Fleet::Leaks.new(store, app: "shop", revision: "r1").check
  end

  def test_a_damaged_dump_is_told_and_skipped
    outcome = outcome(MadeExtract.make(0, complete: false), name: "torn")
    assert_equal [:skipped, "it is damaged or was cut short"], [outcome.state, outcome.message]
    assert_equal 0, count(:dump)
    assert_equal outcome, attempt(->(_) { flunk }, "torn")
  end

  def test_times_that_cannot_be_right
    [Time.at(0), Time.utc(2013, 11, 30), Time.now + (86_400 * 2), Time.utc(2199)].each do |time|
      outcome = outcome(MadeExtract.make(0, time: time.utc), name: time.to_s)
      assert_equal :skipped, outcome.state
      assert_match(/its time, #{time.year}-.* UTC, cannot be right/, outcome.message)
    end
    assert_equal :imported, import(MadeExtract.make(0, time: Time.now.utc + 3600), name: "ahead")
    assert_equal :imported, import(MadeExtract.make(0, time: Time.utc(2014)), name: "old")
  end

  def test_what_fails_leaves_nothing
    wrong = MadeExtract.make(0, classes: { "A" => 150 }, work: { "Job" => nil })
    error = assert_raises(Fleet::StoreError) { import(wrong, name: "wrong.json") }
    assert_includes error.message, "wrong.json"
    assert_equal [0, 0, 0], [count(:dump), count(:process), count(:class_row)]
  end

  def test_old_rows_go
    [0, 24 * 40, 24 * 80].each { |hours| import(MadeExtract.make(hours, classes: { "A" => 150 })) }
    assert_equal 3, count(:class_row)
    store.drop_before(MadeExtract::BASE + (86_400 * 45))
    wait_until("rows gone") { %i[class_row dump].all? { |table| count(table) == 1 } }
    wait_until("files gone") { count(:file).zero? }
    assert_equal MadeExtract::BASE + (86_400 * 45), store.horizon
    assert_equal :old, import(MadeExtract.make(1, classes: { "A" => 150 })) # by its file
    copy = file("copy").tap { |one| one.changed_at = MadeExtract::BASE + (86_400 * 50) }
    importer = Fleet::Importer.new(store, extract: ->(_) { MadeExtract.make(1) })
    2.times { assert_equal :old, importer.import(copy).state }
    assert_equal [1, 1], [count(:dump), count(:class_row)]
    store.drop_before(MadeExtract::BASE)
    assert_equal MadeExtract::BASE + (86_400 * 45), store.horizon
  end

  def test_a_store_of_a_newer_version
    store.exclusively { store.version = Fleet::Schema::VERSION + 1 }
    error = assert_raises(Fleet::StoreError) { Fleet.open(url) }
    assert_includes error.message, "use a newer one"
  end

  def test_a_store_of_an_older_version
    first = open_store
    table = Fleet::Schema::Table.new(name: :added, columns: { id: :id }, key: [:id])
    steps = [*Fleet::Schema::STEPS, ->(store) { store.create(table) }]
    Fleet::Schema.migrate(first, to: steps.size, steps: steps)
    assert_equal [2, 0], [first.version, first.number("SELECT count(*) FROM added")]
  end

  private

  def store
    @store ||= open_store
  end

  def open_store
    (@open ||= []).push(Fleet.open(url)).last
  end

  def teardown
    @open&.each(&:close)
    super
  end

  def import(...)
    outcome(...).state
  end

  def outcome(extract, name: extract.time.to_s)
    attempt(->(_) { extract }, name)
  end

  def file(name)
    Fleet::Source::File.new(uri: "web-1:/heap/#{name}", path: "/heap/#{name}", bytes: 7,
                            changed_at: MadeExtract::BASE)
  end

  def assert_both_kinds(kind, convert, fleet, of_convert)
    2.times do |n|
      HeapDump::Fleet.open(fleet).close
      written = HeapDump::Convert.store(kind, convert).write(HeapDump::Snapshot.open(Shop.dump))
      assert_equal n.zero?, written
    end
    %i[open read].each do |way|
      error = assert_raises(HeapDump::Fleet::StoreError) do
        HeapDump::Fleet::Address.parse(of_convert).public_send(way)
      end
      assert_match(/has a table dump that is not of a fleet/, error.message)
    end
  end

  def count(table)
    store.number("SELECT count(*) FROM #{store.table(table)}")
  end

  def counts
    Fleet::Schema::TABLES.keys.to_h { |name| [name, count(name)] }
  end

  def everything
    Fleet::Schema::TABLES.to_h do |name, table|
      [name, store.query("SELECT * FROM #{store.table(name)} ORDER BY #{table.key.join(", ")}")]
    end
  end
end

# One server for all tests of a class, each of which has a database or schema of its own.
module FleetOnServer
  attr_reader :server

  def run(...)
    return super unless there?

    directory = Dir.mktmpdir("heapdump-fleet")
    File.chmod(0o711, directory)
    @server = engine.new("#{directory}/db")
    @server.run { super }
  ensure
    FileUtils.rm_rf(directory) if directory
  end
end

class TestFleetSqlite < HeapDumpTest
  include FleetStoreTests

  def url
    "sqlite:#{scratch}/fleet.db"
  end

  def test_nobody_else_may_read_it
    open_store
    assert_equal 0o600, File.stat("#{scratch}/fleet.db").mode & 0o777
  end

  def test_what_is_no_database
    File.write("#{scratch}/fleet.db", "something else that is long enough " * 100)
    error = assert_raises(HeapDump::Fleet::StoreError) { HeapDump::Fleet.open(url) }
    assert_includes error.message, "#{scratch}/fleet.db"
  end
end

class TestFleetPostgres < HeapDumpTest
  include FleetStoreTests
  extend FleetOnServer

  def self.there?
    Postgres.programs
  end

  def self.engine
    Postgres
  end

  def setup
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless self.class.there?
    super
  end

  def url
    @url ||= "#{TestFleetPostgres.server.url}&schema=s#{object_id}"
  end

  def test_names_of_schemas
    %w[Mixed user].each do |name|
      2.times do
        HeapDump::Fleet.open("#{TestFleetPostgres.server.url}&schema=#{name}").close
      end
    end
  end

  # Behind a pooler the session is somebody else's next.
  def test_nothing_is_set_for_longer_than_a_transaction
    names = %w[default_transaction_read_only statement_timeout search_path TimeZone
               client_min_messages idle_in_transaction_session_timeout tcp_keepalives_idle]
    open_store.add(:name, [[1, "a"]])
    plain = PG.connect(TestFleetPostgres.server.url)
    expected = names.map { |name| plain.exec("SHOW #{name}").getvalue(0, 0) }
    %i[open read].each do |way|
      own = HeapDump::Fleet::Address.parse(url).public_send(way).tap { |one| @open << one }
      assert_equal 1, own.number("SELECT count(*) FROM name")
      session = own.instance_variable_get(:@connection)
      assert_equal(expected, names.map { |name| session.exec("SHOW #{name}").getvalue(0, 0) })
    end
    error = assert_raises(HeapDump::Fleet::StoreError) { @open.last.add(:name, [[2, "b"]]) }
    assert_match(/read-only transaction/, error.message)
  ensure
    plain&.close
  end

  # Each has its names in an order of its own, and the second half of them late.
  def test_the_same_names_in_other_orders
    open_store
    rows = Array.new(4_000) { |i| [HeapDump::Fleet::Ids.name("name #{i}"), "name #{i}"] }
    importers = Array.new(4) do |n|
      Thread.new(open_store) do |own|
        tries = 0
        own.transaction do
          tries += 1
          own.add(:name, rows.shuffle(random: Random.new(n)))
        end
        tries
      end
    end
    assert_equal [1] * 4, importers.map(&:value)
    assert_equal rows.sort, store.query("SELECT id, text FROM name").map(&:values).sort
  end

  # Of two that wait for each other, one does its part again.
  def test_importers_that_wait_for_each_other
    met = Queue.new
    done = [%w[a b], %w[b a]].map do |names|
      Thread.new(open_store) { |own| names_in_two_steps(own, names, met) }
    end
    assert_equal [1, 2], done.map(&:value).sort
    assert_equal 2, count(:name)
    assert_equal 2, count(:file)
  end

  # Returns how often the part was done.
  def names_in_two_steps(own, names, met)
    own.add(:file, [[names.first, 1, MadeExtract::BASE, "waiting", nil, nil]])
    tries = 0
    own.claim(names.first) do
      own.transaction do
        own.add(:name, [name_row(names.first)])
        met << true if (tries += 1) == 1
        Thread.pass until met.size == 2
        own.add(:name, [name_row(names.last)])
      end
    end
    tries
  end

  def name_row(text)
    [HeapDump::Fleet::Ids.name(text), text]
  end

  # `heapdump convert` has a schema of its own; what is of the other one is refused, in words.
  def test_both_kinds_of_tables_in_one_database
    url = TestFleetPostgres.server.url
    taken = HeapDump::Fleet.open("#{url}&schema=heapdump_objects")
    error = assert_raises(HeapDump::Error) { HeapDump::Convert.store("postgres", url).check("x") }
    assert_match(/schema heapdump_objects has a table dump that is not of heapdump convert/,
                 error.message)
    taken.run("DROP SCHEMA heapdump_objects CASCADE")
    taken.close
    assert_both_kinds("postgres", url, url, "#{url}&schema=heapdump_objects")
  end

  def test_months
    [0, 24 * 40].each { |hours| import(MadeExtract.make(hours, classes: { "A" => 150 })) }
    names = store.query("SELECT relname FROM pg_class WHERE relname LIKE 'class_row_2%' AND " \
                        "relkind = 'r' AND relnamespace = ?::text::regnamespace ORDER BY 1",
                        "s#{object_id}").map { |row| row[:relname] }
    assert_equal %w[class_row_2026_03 class_row_2026_04], names
  end
end

class TestFleetClickhouse < HeapDumpTest
  include FleetStoreTests
  extend FleetOnServer

  def self.there?
    Clickhouse.program
  end

  def self.engine
    Clickhouse
  end

  def setup
    skip "SKIPPED: no ClickHouse here (apt-get install clickhouse-server)" unless self.class.there?
    super
  end

  def url
    @url ||= "#{TestFleetClickhouse.server.url.delete_suffix("/default")}/s#{object_id}"
  end

  def test_both_kinds_of_tables_on_one_server
    open_store
    error = assert_raises(HeapDump::Error) { HeapDump::Convert.store("clickhouse", url).check("x") }
    assert_match(/database s#{object_id} has a table dump that is not of heapdump convert/,
                 error.message)
    own = TestFleetClickhouse.server.url.delete_suffix("/default")
    assert_both_kinds("clickhouse", own, url, "#{own}/heapdump_objects")
  end

  # It has no transactions: the row of the dump is the last, and the next import does all again.
  def test_what_fails_leaves_nothing
    store.define_singleton_method(:append) do |table, rows|
      table == :work_row ? refuse(IOError.new("gone")) : super(table, rows)
    end
    assert_raises(HeapDump::Fleet::StoreError) do
      import(MadeExtract.make(0, classes: { "A" => 150 }), name: "a")
    end
    store.singleton_class.remove_method(:append)
    assert_equal 0, count(:dump)
    assert_equal :imported, import(MadeExtract.make(0, classes: { "A" => 150 }), name: "a")
    assert_equal [1, 1, 1], [count(:dump), count(:process), count(:class_row)]
  end

  def test_a_user_with_a_password
    right = url.sub("//", "//ops:se'cret%40%2F@")
    store = HeapDump::Fleet.open(right)
    assert_equal 1, store.version
    refute_includes store.name, "cret"
    store.close
    wrong = url.sub("//", "//ops:other@")
    error = assert_raises(HeapDump::Fleet::StoreError) { HeapDump::Fleet.open(wrong) }
    refute_includes error.message, "other"
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "heapdump/fleet"
require "json"
require "sqlite3"
require "support/s3_server"

# `heapdump fleet` with real dumps of real processes.
class TestFleetCommand < HeapDumpTest
  include CommandLine

  # Two processes of the same code, each of which leaks 40 sessions between two dumps.
  PROGRAM = <<~'RUBY'
    require "heapdump"
    class Session; def initialize(n); @name = "session #{n}"; end; end
    class Registry; ALL = {}; end
    8.times do |n|
      sleep 0.2 # a verdict needs a second from the first dump to the last
    200.times { |i| Registry::ALL["#{n}-#{i}"] = Session.new(i) }
      HeapDump.dump(format("%s/heap-%d-%d.json", ARGV[0], Process.pid, n))
    end
    print Process.pid
  RUBY

  def test_from_dumps_to_the_leak
    pids = Array.new(2) { Integer(Child.ruby!(PROGRAM, heap).out) }
    File.write("#{heap}/torn.json", File.binread("#{heap}/heap-#{pids[0]}-3.json", 40_000))
    answer = fleet("import", heap, "--jobs", "2")
    assert_equal 1, answer.status
    assert_equal "16 dumps imported, 1 skipped.\n", answer.out
    assert_match(%r{\Aheapdump: skipped #{heap}/torn.json: .*cut short}, answer.err)
    again = fleet("import", heap)
    assert_equal [1, "0 dumps imported, 16 were there, 1 skipped.\n", answer.err],
                 [again.status, again.out, again.err]
    json = fleet("import", heap, "--json").json
    assert_equal [0, 16, 0, 0], json.values_at("imported", "there", "busy", "samples")
    assert_match(/cut short/, json["skipped"].fetch("#{heap}/torn.json"))
    leaks = fleet("leaks", "--json").json.fetch("rows")
    assert_equal [["Session", 2, 2]], leaks.map { |row|
      row.values_at("class_name", "processes", "judged")
    }
    assert_match(/Registry::ALL/, leaks.first["holder"])
    rows = fleet("history", leaks.first["signature"], "--json").json["rows"]
    assert_equal (1..8).map { |n| 200 * n }, rows.first(8).map { |row| row["objects"] }
    assert_equal pids.sort, fleet("processes", "--json").json["rows"].map { |row| row["pid"] }.sort
  end

  def test_notes_become_samples
    first = { begin: "2026-03-01T04:00:00Z", pid: 41, host: "web-1", series: "abc", app: "shop",
              ruby: "3.4.1", started: 1000 }
    lines = [first] + Array.new(50) { |i| note(i) } + [{ end: "2026-03-01T05:00:00Z" }]
    text = lines.map { |line| "#{JSON.generate(line)}\n" }.join
    File.write("#{heap}/notes-web-1-41-abc.jsonl", text)
    File.write("#{heap}/notes-web-2-41-abc.jsonl", "torn {\n{\"time\": 7}\n[]\n")
    assert_equal "0 dumps imported, 50 lines of notes.\n", fleet("import", heap).out
    fleet("import", heap)
    store = HeapDump::Fleet.open("sqlite:#{scratch}/fleet.db")
    assert_equal 50, store.number("SELECT count(*) FROM sample")
    process = store.row("SELECT * FROM process WHERE pid = 41 AND host = 'web-1'")
    assert_equal %w[shop 1000], process.values_at(:app, :life)
    done = store.query("SELECT done FROM work_row ORDER BY at, done").map { |row| row[:done] }
    assert_equal [2, 3], done.first(2)
    assert_equal 3 * 50, done.last
  ensure
    store&.close
  end

  # The file of notes has turned between two imports.
  def test_totals_of_work_go_on
    first = { begin: "2026-03-01T04:00:00Z", pid: 41, host: "web-1", series: "abc", started: 1000 }
    [0...50, 30...80, 120...150].each do |minutes|
      lines = [first, *minutes.map { |i| note(i) }]
      File.write("#{heap}/notes-web-1-41-abc.jsonl", lines.map { |one| "#{one.to_json}\n" }.join)
      2.times { fleet("import", heap) }
    end
    store = HeapDump::Fleet.open("sqlite:#{scratch}/fleet.db")
    rows = store.query("SELECT name_id, done FROM work_row ORDER BY at")
    by_name = rows.group_by { |row| row[:name_id] }.values
                  .map { |some| some.map { |row| row[:done] } }
    assert_equal [2, 3].map { |each| (1..110).map { |n| each * n } }, by_name.sort
  ensure
    store&.close
  end

  def test_nothing_and_wrong_places
    nothing = fleet("import", heap)
    assert_equal [0, "There is no dump in #{heap}.\n"], [nothing.status, nothing.out]
    assert_equal 0, fleet("import", heap, "--json").json["imported"]
    %w[leaks work].each { |question| assert_match(/has no dumps; import/, fleet(question).err) }
    answer = heapdump("fleet", "leaks", "--store", "#{scratch}/typo.db")
    assert_match(/no store sqlite:.*typo.db; --store names another/, answer.err)
    refute_path_exists "#{scratch}/typo.db"
    assert_match(/give a question \(import, leaks, .*gc\)/, heapdump("fleet").err)
    assert_match(/there is no question "leak" \(import, leaks/, heapdump("fleet", "leak").err)
    assert_equal 1, fleet("import", "#{scratch}/nothing").status
    assert_match(/no such file.*nothing/, fleet("import", "#{scratch}/nothing").err)
    assert_secret_arguments_are_refused
    ENV["HEAPDUMP_STORE"] = "postgres://u:geheim@127.0.0.1:1/db"
    answer = heapdump("fleet", "leaks")
    assert_equal 1, answer.status
    refute_includes answer.err, "geheim"
    ENV["HEAPDUMP_STORE"] = "clickhouse://u:geheim@127.0.0.1:1/db"
    answer = heapdump("fleet", "leaks")
    assert_match(/cannot be reached/, answer.err)
    refute_includes answer.err, "geheim"
  ensure
    ENV.delete("HEAPDUMP_STORE")
  end

  def test_a_database_of_another_program
    SQLite3::Database.new("#{scratch}/fleet.db").execute("CREATE TABLE verdict (id integer)")
    answer = fleet("import", heap)
    assert_equal 1, answer.status
    assert_match(/fleet.db is a database of another program/, answer.err)
  end

  def test_from_a_bucket
    require "aws-sdk-s3"
    Child.ruby!(PROGRAM.sub("8.times", "4.times"), heap)
    server = S3Server.new
    to = server.address("heaps").sub("heaps?", "heaps/shop?")
    with_keys { heapdump!("ship", heap, "--to", to, "--once", "--plain-http") }
    server.things["heaps/other/torn.json"] = S3Server::Thing.new("{\"type\":\"HEADER\"}\n", {}, {})
    %w[shop-eu/a.json shop/README shop/notes-web-1-41-a.jsonl].each do |name|
      server.things["heaps/#{name}"] = server.things["heaps/other/torn.json"]
    end
    with_keys do
      assert_equal "4 dumps imported.\n", fleet("import", to).out
      assert_equal "0 dumps imported, 4 were there.\n", fleet("import", to, "--jobs", "2").out
      server.things.delete("heaps/shop-eu/a.json")
      answer = fleet("import", to.sub("heaps/shop", "heaps"))
      assert_equal [1, "0 dumps imported, 4 were there, 1 skipped.\n"], [answer.status, answer.out]
      server.fault = ->(_) { ["AccessDenied", 403] }
      assert_match(%r{s3://heaps: }, fleet("import", to).err)
    end
  ensure
    server&.stop
  end

  # What cannot be fetched is told, and all others are imported.
  def test_a_file_of_a_bucket_that_cannot_be_fetched
    require "aws-sdk-s3"
    Child.ruby!(PROGRAM.sub("8.times", "4.times"), heap)
    server = S3Server.new
    to = server.address("heaps")
    with_keys do
      heapdump!("ship", heap, "--to", to, "--once", "--plain-http")
      denied = server.things.keys.grep(/json\z/).min
      server.fault = lambda do |request|
        ["AccessDenied", 403] if request.path.delete_prefix("/") == denied
      end
      answer = fleet("import", to)
      assert_equal [1, "3 dumps imported, 1 skipped.\n"], [answer.status, answer.out]
      assert_match(/skipped \S+json: it cannot be fetched: s3:.*AccessDenied/, answer.err)
      server.fault = nil
      answer = fleet("import", to)
      assert_equal [0, "1 dump imported, 3 were there.\n"], [answer.status, answer.out]
    end
  ensure
    server&.stop
  end

  # Tables are divided by months: times that cannot be right make none.
  def test_notes_of_impossible_times
    now = Time.now.utc
    months = Array.new(3_000) { |i| Time.utc(1900 + (i / 12), (i % 12) + 1) }
    minutes = Array.new(5_000) { |i| now - (60 * i) }
    lines = [*months, *minutes].map { |time| { time: time.iso8601, rss: 1, work: { "J" => 1 } } }
    File.write("#{heap}/notes-web-1-41-abc.jsonl", lines.map { |one| "#{one.to_json}\n" }.join)
    fleet("import", heap)
    store = HeapDump::Fleet.open("sqlite:#{scratch}/fleet.db")
    assert_operator store.number("SELECT count(*) FROM sample"), :>=, 5_000
    %w[sample work_row].each do |table|
      found = store.query("SELECT DISTINCT substr(at, 1, 7) AS month FROM #{table}")
      assert_operator found.size, :<=, 8, table
    end
  ensure
    store&.close
  end

  # Whoever asks may have no right to write.
  def test_questions_only_read
    fleet("import", heap)
    path = "#{scratch}/fleet.db"
    database = SQLite3::Database.new(path)
    database.execute("PRAGMA user_version = 0") # as if it had no tables: only an import makes them
    database.close
    [%w[leaks], %w[classes], %w[processes], %w[work], %w[history A]].each do |question|
      answer = fleet(*question)
      assert_equal 1, answer.status
      assert_match(/has no tables yet; `heapdump fleet import` makes them/, answer.err)
    end
  end

  def test_gc
    fleet("import", heap)
    assert_match(/Rows before .* are gone/, fleet("gc", "--keep", "90d").out)
  end

  private

  def assert_secret_arguments_are_refused
    %w[postgres clickhouse].each do |engine|
      %w[leaks import].each do |question|
        answer = heapdump("fleet", question, *(heap if question == "import"),
                          "--store", "#{engine}://u:geheim@127.0.0.1:1/db")
        assert_equal 64, answer.status
        assert_match(/put the address into HEAPDUMP_STORE/, answer.err)
        refute_includes answer.err, "geheim"
      end
    end
  end

  def with_keys
    keys = { "AWS_ACCESS_KEY_ID" => "id", "AWS_SECRET_ACCESS_KEY" => "key" }
    before = ENV.to_h.slice(*keys.keys)
    ENV.update(keys)
    yield
  ensure
    keys.each_key { |name| ENV[name] = before[name] }
  end

  def heap
    @heap ||= "#{scratch}/heap".tap { |path| FileUtils.mkdir_p(path) }
  end

  def fleet(*arguments)
    heapdump("fleet", *arguments, "--store", "sqlite:#{scratch}/fleet.db")
  end

  def note(minute)
    { time: (Time.utc(2026, 3, 1, 4) + (60 * minute)).strftime("%FT%TZ"), rss: 100 << 20,
      private: (80 << 20) + (minute << 16), work: { "Job" => 2, "Mail" => 3 }, jobs: 5 * minute }
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/clickhouse"
require "support/made_fleet"
require "support/postgres"

# The five questions to a fleet of which the answers are known.
class TestFleetQuestions < HeapDumpTest
  include CommandLine

  Fleet = HeapDump::Fleet

  def self.url
    @url ||= begin
      directory = Dir.mktmpdir("heapdump-fleet")
      Minitest.after_run { FileUtils.rm_rf(directory) }
      "sqlite:#{directory}/fleet.db".tap { |url| MadeFleet.import(url).close }
    end
  end

  def setup
    super
    @store = Fleet.open(self.class.url)
  end

  def teardown
    @store.close
    super
  end

  def test_all_is_there
    assert_equal [50, 1000], [count(:process), count(:dump)]
  end

  def test_which_leaks_in_how_many_processes_and_since_when
    row, second, *rest = Fleet::Leaks.new(@store).rows
    assert_equal [], rest.map(&:signature)
    # Rows grow with imports, in all revisions.
    assert_equal ["row", 50, 50, "r1", nil],
                 row.to_h.values_at(:signature, :processes, :judged, :since, :fixed_in)
    assert_equal ["session", 20, 50, "r2", "r3"],
                 second.to_h.values_at(:signature, :processes, :judged, :since, :fixed_in)
    assert_in_delta 600, second.objects_per_hour, 1
    assert_equal "constant SESSION", second.holder
    assert_equal %w[api shop], second.apps
  end

  def test_of_one_application_or_revision
    row = Fleet::Leaks.new(@store, app: "shop").rows.find { |one| one.signature == "session" }
    assert_equal [10, 25], [row.processes, row.judged]
    row = Fleet::Leaks.new(@store, revision: "r3").rows.first
    assert_equal ["row", 15, 15], [row.signature, row.processes, row.judged]
    assert_empty Fleet::Leaks.new(@store, since: MadeExtract::BASE + (86_400 * 365)).rows
  end

  def test_what_is_asked_for_does_not_change_where_it_ended
    row = Fleet::Leaks.new(@store, revision: "r1").rows.find { |one| one.signature == "row" }
    assert_equal ["r1", nil], [row.since, row.fixed_in]
  end

  # What leaks again, because the revision that leaks has come back, has not ended; and of two
  # dumps nobody knows whether they leak.
  def test_back_to_the_revision_that_leaks
    store = Fleet.open("sqlite:#{scratch}/back.db")
    life(store, 1, "r1", 0..9, 50)
    life(store, 2, "r2", 20..21, 0)
    assert_equal ["r1", nil], fate(store)
    life(store, 3, "r2", 30..39, 0)
    assert_equal %w[r1 r2], fate(store)
    life(store, 4, "r1", 50..51, 50) # not judged yet, but it runs
    assert_equal ["r1", nil], fate(store)
    life(store, 4, "r1", 52..59, 50)
    assert_equal ["r1", nil], fate(store)
    life(store, 5, "r3", 70..79, 0)
    assert_equal %w[r1 r3], fate(store)
  ensure
    store&.close
  end

  def life(store, pid, revision, hours, growth)
    hours.each do |hour|
      extract = MadeExtract.make(hour, pid: pid, start: pid, identity: { revision: revision },
                                       ways: { "w" => 500 + (growth * (hour % 10)) })
      file = Fleet::Source::File.new(uri: "#{pid}-#{hour}", path: "x", bytes: 1,
                                     changed_at: MadeExtract::BASE)
      Fleet::Importer.new(store, extract: ->(_) { extract }).import(file)
    end
    Fleet::Judging.new(store).run
  end

  def fate(store)
    Fleet::Leaks.new(store).rows.first.to_h.values_at(:since, :fixed_in)
  end

  def test_the_three_groups
    rows = Fleet::Classes.new(@store).rows.to_h do |row|
      [row.class_name, [row.leak, row.slow, row.fast]]
    end
    assert_equal [0, 50, 0], rows["Cached"]
    assert_equal [0, 0, 50], rows["String"]
    refute rows.key?("Class")
  end

  def test_native_growth
    native, others = Fleet::Processes.new(@store).rows.partition(&:native)
    assert_equal ["r3"], native.map(&:revision).uniq
    assert_equal 15, native.size
    assert_equal 35, others.size
    assert_equal [10 << 20, 76 << 20],
                 [native[0].unexplained.first - (1 << 20), native[0].unexplained.last - (11 << 20)]
  end

  def test_which_work_it_goes_with
    work = Fleet::Work.new(@store, revision: "r1")
    assert_operator work.intervals, :>=, Fleet::Work::INTERVALS
    assert_equal "Import", work.rows.first.name
    assert_in_delta 200, work.rows.first.bytes_each, 40
    few = Fleet::Work.new(@store, revision: "r1", since: MadeExtract::BASE + (3600 * 18))
    refute_predicate few, :enough?
    assert_nil few.rows.first.bytes_each
  end

  def test_history
    rows = Fleet::History.new(@store, "Session", revision: "r2").rows
    assert_equal 400, rows.size
    first = rows.first(20)
    assert_equal 1, first.map(&:pid).uniq.size
    assert_equal (0...20).map { |n| 200 + (30 * n) }, first.map(&:objects)
    assert_equal 1000, Fleet::History.new(@store, "constant SESSION").rows.size
    assert_raises(HeapDump::NotFound) { Fleet::History.new(@store, "Nothing").rows }
  end

  # By process, the largest first, in pages: what the history has, nothing lost and nothing twice.
  def test_lines_are_those_of_the_history
    { "Session" => {}, "constant SESSION" => { app: "shop" }, "row" => { revision: "r3" },
      "String" => { since: MadeExtract::BASE + (3600 * 50) } }.each do |name, filter|
      rows = Fleet::History.new(@store, name, **filter).rows.sort_by { |row| [row.pid, row.at] }
      lines = Fleet::Lines.new(@store, name, **filter)
      pages = (0..).step(7).lazy.map { |at| lines.page(at, 7) }.take_while(&:any?).to_a.flatten(1)
      assert_equal [lines.total, lines.rows], [pages.size, pages], name
      most = pages.map { |line| line.retained.max }
      assert_equal most.sort.reverse, most
      told = pages.sort_by(&:pid).flat_map do |line|
        line.at.zip(line.objects, line.retained).map { |point| [line.pid, *point] }
      end
      assert_equal rows.map { |row| [row.pid, row.at, row.objects, row.retained] }, told, name
    end
    assert_raises(HeapDump::NotFound) { Fleet::Lines.new(@store, "Nothing").total }
  end

  def test_overview
    row = Fleet::Overview.new(@store).rows.first
    assert_equal [50, 1000, 50, 50], row.to_h.values_at(:processes, :dumps, :judged, :leaking)
    assert_equal MadeExtract::BASE, row.from
    overview = Fleet::Overview.new(@store, app: "api", revision: "r2")
    assert_equal [10, 200], overview.rows.first.to_h.values_at(:processes, :dumps)
    assert_equal [%w[api shop], %w[r3 r2 r1]], [overview.apps, overview.revisions]
    none = Fleet::Overview.new(@store, app: "none").rows.first
    assert_equal [0, 0, 0, nil], none.to_h.values_at(:processes, :dumps, :judged, :from)
  end

  def test_the_command
    %w[leaks classes processes work].each do |question|
      text = heapdump!("fleet", question, "--store", self.class.url, "--limit", "2")
      json = heapdump!("fleet", question, "--store", self.class.url, "--json", "--limit", "2").json
      assert_equal [question, 2], [json["question"], json["rows"].size]
      refute_empty text.lines
    end
    assert_includes heapdump!("fleet", "leaks", "--store", self.class.url).out, "20 of 50"
    assert_includes heapdump!("fleet", "processes", "--store", self.class.url).out, "+ native"
    assert_equal 400, heapdump!("fleet", "history", "Session", "--rev", "r2", "--json",
                                "--store", self.class.url).json["total"]
  end

  # Whichever engine it is, the answers are the same.
  def test_other_engines
    expected = answers("sqlite:#{scratch}/few.db")
    assert_equal [5, 2, 3], expected.values_at(:processes, :leaks, :work).map(&:size)
    File.chmod(0o755, scratch)
    engines = []
    engines << Postgres if Postgres.programs
    engines << Clickhouse if Clickhouse.program
    skip "SKIPPED: neither PostgreSQL nor ClickHouse here" if engines.empty?
    engines.each do |engine|
      server = engine.new("#{scratch}/#{engine}")
      server.run do
        found = answers(server.url)
        expected.each do |question, rows|
          assert_equal rows, found[question], "#{engine} #{question}"
        end
      end
    end
  end

  def test_wrong_command_lines
    { %w[fleet] => "usage", %w[fleet frob] => "no question", %w[fleet gc] => "--keep",
      %w[fleet leaks more] => "too many", %w[fleet history] => "one name",
      %w[fleet leaks --since yesterday] => "yesterday" }.each do |line, words|
      answer = heapdump(*line)
      assert_equal 64, answer.status, line
      assert_includes answer.err, words
    end
    answer = heapdump("fleet", "leaks", "--store", "mysql://u:geheim@db/x")
    assert_equal 1, answer.status
    assert_includes answer.err, "there is no store for mysql"
    refute_includes answer.err, "geheim"
  end

  private

  def answers(url)
    store = MadeFleet.import(url, every: 10)
    questions = %i[Leaks Classes Processes Work].to_h do |name|
      [name.downcase, Fleet.const_get(name).new(store)]
    end
    questions[:history] = Fleet::History.new(store, "Session", since: MadeExtract::BASE + 7200)
    questions[:lines] = Fleet::Lines.new(store, "constant SESSION", app: "shop", revision: "r2")
    questions[:overview] = Fleet::Overview.new(store, app: "shop", revision: "r2")
    questions.transform_values { |question| question.to_h[:rows].map { |row| rounded(row) } }
  ensure
    store&.close
  end

  def rounded(row)
    row.transform_values { |value| value.is_a?(Float) ? value.round(6) : value }
  end

  def count(table)
    @store.number("SELECT count(*) FROM #{table}")
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/engines"
require "support/made_dump"
require "support/postgres"

# The questions of docs/sql.md, asked of a small dump in SQLite and PostgreSQL (and DuckDB, where
# that is): their answers stand in the document. With UPDATE_SQL=1 they are written there.
class TestDocsSql < HeapDumpTest
  include CommandLine

  DOCUMENT = File.join(Child::ROOT, "docs/sql.md")
  QUESTION = /^```sql\n(?<sql>.*?)^```\n\n```text\n(?<answer>.*?)^```\n/m

  # An application with a cache that keeps sessions, and what it keeps besides.
  def self.dump(path)
    MadeDump.write(path, 0, program: "shop: worker 0") do |one|
      sessions = Array.new(9) { |i| session(one, i) }
      one.constant("CACHE", one.hash(sessions.each_with_index.map { |held, i| [":k#{i}", held] }))
      one.constant("QUEUE", one.array(sessions.first(2), memsize: 4096))
      one.constant("EMPTY", one.array([one.array([]), one.hash([]), one.array([])]))
      one.constant("NOTE", one.string("n" * 3000, memsize: 3040))
      one.string("lost", memsize: 64)
      thread = one.thread([["call", "/app/shop.rb", 12], ["run", "/app/server.rb", 7]])
      one.local(thread, 0, "order", one.object("Order", memsize: 80))
      one.root(thread)
    end
  end

  def self.session(one, number)
    user = one.string("user #{number % 3}")
    session = one.object("Session",
                         ivars: { "@user" => user, "@cart" => one.array([], memsize: 160) })
    one.change(session, file: "/app/login.rb", line: 9, generation: 3 + (number / 4),
                        old: number < 6)
    session
  end

  def setup
    super
    skip "SKIPPED: #{Engines::Sqlite.missing}" if Engines::Sqlite.missing
    @dump = self.class.dump(File.join(scratch, "shop.json"))
  end

  def convert(format, target)
    answer = heapdump("convert", @dump, "--to", format, "-o", target, "--values")
    assert_equal [0, ""], [answer.status, answer.err]
    target
  end

  def questions
    File.read(DOCUMENT).scan(QUESTION)
  end

  # A line of titles, then one for each row.
  def answer(engine, sql)
    rows = engine.query(sql)
    return "(nothing)\n" if rows.empty?

    [rows.first.keys, *rows.map(&:values)].map do |row|
      "#{row.map do |one|
        word(one)
      end.join(" | ")}\n"
    end.join
  end

  def word(value)
    case value
    when nil then "NULL"
    when Numeric then value.to_i.to_s # sums are no integers everywhere
    else value.to_s
    end
  end

  def test_answers_of_sqlite
    engine = Engines::Sqlite.new(convert("sqlite", File.join(scratch, "heap.db")))
    update(engine) if ENV["UPDATE_SQL"]
    assert_operator questions.size, :>=, 20
    questions.each { |sql, answer| assert_equal answer, answer(engine, sql), sql }
  end

  def update(engine)
    text = File.read(DOCUMENT).gsub(QUESTION) do |block|
      sql = Regexp.last_match[:sql]
      block.sub(/^```text\n.*?^```\n/m) { "```text\n#{answer(engine, sql)}```\n" }
    end
    File.write(DOCUMENT, text)
  end

  def test_answers_of_postgresql
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    require "pg"
    File.chmod(0o755, scratch) # the server runs as a user of its own
    server = Postgres.new("#{scratch}/postgres")
    server.run do
      convert("postgres", server.url)
      engine = Engines::PostgreSql.new(server.url)
      questions.each { |sql, answer| assert_equal answer, answer(engine, sql), sql }
    ensure
      engine&.close
    end
  end

  def test_answers_of_duckdb
    skip "SKIPPED: #{Engines::DuckDb.missing}" if Engines::DuckDb.missing
    engine = Engines::DuckDb.new(convert("parquet", File.join(scratch, "lake")))
    questions.each { |sql, answer| assert_equal answer, answer(engine, sql), sql }
  end

  # Each column has a row in the document, and nothing else has one.
  def test_columns
    tables = HeapDump::Convert.module_eval { const_get(:Tables) }.new(HeapDump::Snapshot.open(@dump))
    parts = File.read(DOCUMENT).split(/^### `(\w+)`\n/).drop(1)
    documented = parts.each_slice(2).to_h do |name, text|
      [name, text[/\A.*?(?=^##|\z)/m].scan(/^\| ((?:`\w+` ?)+)\|/).flat_map do |cell|
        cell[0].scan(/\w+/)
      end]
    end
    %w[dump objects edges threads frames].each do |table|
      assert_equal tables.columns(table).map(&:name).sort, documented.fetch(table).sort, table
    end
  end
end

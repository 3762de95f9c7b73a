# frozen_string_literal: true

require "test_helper"
require "json"
require "support/made_fleet"
require "support/postgres"

# The dashboard in docs/: each of its queries is run on a store.
class TestFleetGrafana < HeapDumpTest
  DASHBOARD = JSON.parse(File.read(File.expand_path("../../docs/grafana.json", __dir__)))
  # What a panel must have, by Grafana's schema of dashboards.
  PANEL = %w[id title type datasource gridPos targets fieldConfig options].freeze
  RANGE = "BETWEEN '2026-01-01T00:00:00Z' AND '2027-01-01T00:00:00Z'"

  def test_its_queries
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    File.chmod(0o755, scratch)
    server = Postgres.new("#{scratch}/postgres")
    server.run do
      store = MadeFleet.import(server.url, every: 25)
      ask(store)
      store.close
    end
  end

  def test_its_form
    ids = panels.map { |panel| panel["id"] }
    assert_equal ids.uniq, ids
    panels.each { |panel| assert_empty PANEL - panel.keys, panel["title"] }
    assert_empty panels.combination(2).select { |a, b| overlap?(a["gridPos"], b["gridPos"]) }
  end

  private

  def ask(store)
    panels.each do |panel|
      rows = store.query(filled(panel["targets"].first["rawSql"]))
      empty = panel["title"].match?(/minute by minute/)
      assert_equal empty, rows.empty?, panel["title"]
      times = panel["type"] == "timeseries"
      assert_equal %i[time metric value], rows.first.keys if times && !empty
    end
    app = DASHBOARD["templating"]["list"].find { |one| one["name"] == "app" }
    assert_equal %w[api shop], store.query(app["query"]).map { |row| row[:app] }
  end

  def filled(sql)
    sql.gsub("${app:sqlstring}", "'shop', 'api'").gsub("${way}", "session")
       .gsub(/\$__timeFilter\(([\w.]+)\)/) { "#{Regexp.last_match(1)} #{RANGE}" }
  end

  def panels
    DASHBOARD["panels"]
  end

  def overlap?(first, second)
    %w[x w y h].each_slice(2).all? do |at, size|
      first[at] < second[at] + second[size] && second[at] < first[at] + first[size]
    end
  end
end

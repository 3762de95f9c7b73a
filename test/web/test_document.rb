# frozen_string_literal: true

require "test_helper"
require "support/made_fleet"
require "support/shop"
require "support/web_client"

# docs/api.md describes every question, every parameter and every field of an answer, and nothing
# that is not there.
class TestDocument < HeapDumpTest
  TEXT = File.read(File.join(Child::ROOT, "docs/api.md"), encoding: "UTF-8")
  PARTS = TEXT[/^## Questions\n(.*)/m, 1].split(/^### `(\w+)`\n/).drop(1).each_slice(2).to_h
  OBJECT = TEXT[/^## An object\n(.*?)^## /m, 1].scan(/^\| (.+?) \|/).flatten
                                               .flat_map { |cell| cell.scan(/`(\w+)`/) }.flatten
  Questions = HeapDump::Web::QUESTIONS

  # The names in the first column of the table of a question, with what stands in the last one.
  def documented(part)
    rows = part.scan(/^\| (`.*`) \| .* \| ?(.*?) ?\|$/)
    rows.flat_map { |cell, absent| cell.scan(/`(\w+)`/).flatten.map { |name| [name, absent] } }.to_h
  end

  def test_every_question_is_described
    assert_equal Questions.keys, PARTS.keys
  end

  def test_every_parameter_is_described
    Questions.each do |name, question|
      found = documented(PARTS[name])
      assert_equal question.parameters.keys.map(&:to_s).sort, found.keys.sort, name
      question.parameters.each { |key, one| assert_default one, found[key.to_s], "#{name} #{key}" }
    end
  end

  def assert_default(parameter, told, where)
    return assert_equal("needed", told, where) if parameter.required
    return assert_equal({ false => "0", true => "1" }[parameter.default], told, where) if
      parameter.kind.is_a?(HeapDump::Web::Kinds::Flag)
    return if where.match?(/ (?:class|type|min_size|value|pattern|where)\z/) # what they mean

    expected = parameter.default.is_a?(Symbol) ? "`#{parameter.default}`" : parameter.default.to_s
    assert_includes [expected, *("the whole dump" if expected.empty?)], told, where
  end

  def test_slow_questions_are_marked
    Questions.each do |name, question|
      assert_equal question.slow?, PARTS[name][/\A(.*?)\n\n\|/m, 1].end_with?("Slow."), name
    end
  end

  def test_every_field_is_described
    client, given, thread = prepared
    Questions.except("job").each do |name, question|
      given = { **given, object: thread } if name == "frames"
      answer = client.ask!(name, **given.slice(*question.parameters.keys))
      described = PARTS[name][/^Answer: (.*?)(?=^Each item:|\z)/m, 1].scan(/`(\w+)`/).flatten
      assert_empty answer.keys - ["schema_version"] - described, name
      next unless answer["items"]

      items = PARTS[name][/^Each item: (.*)/m, 1]
      items = PARTS[items[/\Aas for `(\w+)`/, 1]][/^Each item: (.*)/m, 1] if items.start_with?("as")
      told = items.scan(/`(\w+)`/).flatten + (items.include?("object") ? OBJECT : [])
      refute_empty answer["items"], name
      assert_empty answer["items"].flat_map(&:keys).uniq - told, name
    end
  end

  # Dumps in which every question has an answer, and what is asked about them.
  def prepared
    paths = [Shop.dump, Shop.dump({ traced: true })]
    store = "sqlite:#{scratch}/fleet.db"
    MadeFleet.import(store, every: 10).close
    client = WebClient.new(paths, store: store)
    client.web.dumps.open_all
    snapshot = HeapDump::Snapshot.open(paths.last)
    cache = snapshot.modules_named("Registry").first["CACHE"]
    given = { dump: client.ids.last, baseline: client.ids.first, dumps: client.ids.join(","),
              object: cache.to_s, from: cache.referrers.first.node.to_s,
              name: "Session" }
    [client, given, snapshot.find(class: "Thread").first.to_s]
  end
end

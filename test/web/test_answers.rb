# frozen_string_literal: true

require "test_helper"
require "support/shop"
require "support/web_client"

# Each question is answered as HeapDump::Snapshot answers it.
class TestAnswers < HeapDumpTest
  Describe = HeapDump::Snapshot::Describe

  # Asked once, in the process that runs these tests.
  class << self
    def client
      @client ||= WebClient.new([Shop.dump({ traced: true }), Shop.dump({}, sessions: 200)])
    end

    def snapshots
      @snapshots ||= [Shop.dump({ traced: true }), Shop.dump({}, sessions: 200)].map do |path|
        HeapDump::Snapshot.open(path)
      end
    end
  end

  def client
    self.class.client
  end

  def first
    self.class.snapshots.first
  end

  def last
    self.class.snapshots.last
  end

  # Asks about the first dump, with values.
  def ask(question, **given)
    client.ask!(question, dump: client.ids.first, values: 1, **given)
  end

  # What an object of an answer has to say.
  def assert_node(node, json, more = [])
    expected = { "address" => node.address && node.to_s, "type" => node.type, "words" => node.words,
                 "class" => node.class_name, "bytes" => node.memsize, "kind" => node.kind,
                 "name" => node.name, "retained" => node.retained_size }.compact
    assert_equal expected, json.slice(*expected.keys)
    assert_empty more - json.keys
  end

  def assert_page(page, json, &)
    assert_equal page.total, json["total"]
    assert_equal page.size, json["items"].size
    page.zip(json["items"], &)
  end

  def cache
    @cache ||= first.find(type: "HASH", limit: 10_000).find { |node| node.words == "Hash of 81" }
  end

  def test_every_answer_has_a_version
    assert_equal 1, client.get("/api/v1/dumps").json["schema_version"]
    assert_equal 1, ask("summary")["schema_version"]
    assert_equal 1, ask("strings")["schema_version"]
  end

  def test_dumps
    client.ids.each { |id| client.ask!("summary", dump: id) }
    json = client.ask!("dumps", values: 1)
    assert_equal [2, nil], json.values_at("total", "note")
    json["items"].zip(self.class.snapshots) do |item, snapshot|
      assert_equal [File.basename(snapshot.path), snapshot.path, "open", File.size(snapshot.path)],
                   item.values_at("name", "path", "state", "bytes")
      assert_equal [snapshot.objects, *snapshot.graph.totals.first(2), snapshot.account.rss, true],
                   item.values_at("objects", "live", "live_bytes", "rss", "whole")
      assert_equal snapshot.header.slice("time", "pid", "ruby", "host", "program"),
                   item["header"].slice("time", "pid", "ruby", "host", "program")
    end
    assert_equal json["items"].drop(1), client.ask!("dumps", values: 1, offset: 1)["items"]
    assert_equal json["items"].first(1), client.ask!("dumps", values: 1, limit: 1)["items"]
  end

  def test_summary
    json = ask("summary")
    summary = first.summary
    assert_equal first.header, json["header"]
    assert_equal [first.objects, true, [], true],
                 json.values_at("objects", "whole", "warnings", "traced")
    assert_equal summary.memory.to_h.transform_keys(&:to_s), json["memory"]
    assert_equal first.account.parts.transform_keys(&:to_s), json["account"]["parts"]
    assert_equal json["memory"]["rss"], json["account"]["parts"].values.sum
    assert_equal summary.memory.live, json["besides"].values.sum { |one| one["objects"] } +
                                      first.graph.totals[0] - first.graph.program_top(0, 0)
                                                                   .last.each_slice(2).sum(&:first)
    referred = first.summary(program: true).most_referred
    assert_equal referred.map { |one| [one.node.to_s, one.references] },
                 json["most_referred"].map { |one| one.values_at("address", "references") }
    refute client.ask!("summary", dump: client.ids.last)["traced"]
  end

  def test_histogram
    %i[class type location generation gem].each do |by|
      json = ask("histogram", by: by, limit: 200)
      rows = first.histogram(by: by).rows
      assert_equal [by.to_s, rows.size, rows.any?(&:key)], json.values_at("by", "total", "known")
      assert_equal rows.sum(&:objects), json["objects"]
      assert_equal rows.to_h { |row| [row.label, row.to_a] },
                   json["items"].to_h { |item| [item["label"], row_of(item)] }
    end
  end

  def row_of(item)
    largest = item["largest"] && first.object(item["largest"])
    item.values_at(*%w[key label objects bytes retained]) + [largest] +
      item.values_at("garbage", "garbage_bytes")
  end

  def test_histogram_is_sorted_and_filtered
    rows = first.histogram.rows
    { retained: :retained, bytes: :bytes, objects: :objects, garbage: :garbage_bytes }
      .each do |sort, field|
      items = ask("histogram", sort: sort, limit: 200)["items"]
      assert_equal rows.map(&field).sort.reverse, items.map { |item| item[field.to_s] }
      assert_equal items.reverse, ask("histogram", sort: sort, limit: 200, reverse: 1)["items"]
    end
    labels = ask("histogram", sort: "label", limit: 200)["items"].map { |item| item["label"] }
    assert_equal rows.map(&:label).sort, labels
    pages = [0, 7, 14].flat_map do |offset|
      ask("histogram", sort: "label", offset: offset, limit: 7)["items"]
    end
    assert_equal labels.first(21), pages.map { |item| item["label"] }
    found = ask("histogram", filter: "SESS")
    assert_equal [1, ["Session"]], [found["total"], found["items"].map { |item| item["label"] }]
  end

  # The least and the most of each number, with what is written for it.
  BOUNDS = { ">1000" => [1001, nil], "> 1k" => [1025, nil], ">=1.5KiB" => [1536, nil],
             "<0.5" => [nil, 0], "<1MB" => [nil, (1 << 20) - 1], "<= 2" => [nil, 2],
             "1..500" => [1, 500], "-3..1 k" => [-3, 1024], "=40" => [40, 40], "40" => [40, 40],
             "1.5" => [2, 1] }.freeze

  def test_histogram_within_bounds
    BOUNDS.each do |text, (least, most)|
      { bytes: :bytes, objects: :objects, retained: :retained, garbage: :garbage_bytes }
        .each do |name, field|
        rows = first.histogram.select { |row| row[field].between?(least || 0, most || (1 << 60)) }
        json = ask("histogram", name => text, sort: "label", limit: 7)
        assert_equal [rows.size, rows.map(&:label).sort.first(7)],
                     [json["total"], json["items"].map { |item| item["label"] }], "#{name} #{text}"
      end
    end
  end

  def test_histogram_within_bounds_and_with_a_text
    found = ask("histogram", bytes: ">0", objects: "1..1", filter: "s", limit: 200)["items"]
    rows = first.histogram.select do |row|
      row.bytes.positive? && row.objects == 1 && row.label.downcase.include?("s")
    end
    assert_equal rows.map(&:label).sort, found.map { |item| item["label"] }.sort
  end

  def test_histogram_within_bounds_of_changes
    all = ask("histogram", baseline: client.ids.last, limit: 200)["items"]
    { "retained" => ">0", "bytes" => "<0", "objects" => "-2..2" }.each do |field, text|
      wanted = all.select { |item| within?(item["change"][field], text) }
      found = ask("histogram", baseline: client.ids.last, "#{field}_change": text, limit: 200)
      assert_equal wanted.map { |item| item["label"] }.sort,
                   found["items"].map { |item| item["label"] }.sort, field
      refute_includes [0, all.size], wanted.size, field
    end
  end

  def within?(number, text)
    number && { ">0" => number.positive?, "<0" => number.negative?,
                "-2..2" => number.between?(-2, 2) }.fetch(text)
  end

  def test_histogram_below_an_object
    json = ask("histogram", below: cache.to_s)
    assert_equal first.histogram(below: cache).to_h { |row| [row.label, row.objects] },
                 json["items"].to_h { |item| [item["label"], item["objects"]] }
  end

  def test_histogram_beside_that_of_another_dump
    now, before = self.class.snapshots.map(&:histogram)
    json = ask("histogram", baseline: client.ids.last, limit: 200)
    session = json["items"].find { |item| item["key"] == "Session" }
    counts = [now, before].map { |one| one["Session"].objects }
    assert_equal counts.reverse, [session["before"]["objects"], session["objects"]]
    assert_equal counts.first - counts.last, session["change"]["objects"]
    assert_equal now["Session"].retained - before["Session"].retained,
                 session["change"]["retained"]
    # nothing is lost that is in one of them only
    assert_equal [now, before].map(&:bytes),
                 [json["items"].sum { |item| item["bytes"] },
                  json["items"].sum { |item| item["before"]["bytes"] }]
    changes = ask("histogram", baseline: client.ids.last, sort: "objects_change", limit: 200)
    changes = changes["items"].map { |item| item["change"]["objects"] }
    assert_equal changes.sort.reverse, changes
  end

  # They have no names by which they could be found in another dump.
  def test_anonymous_classes_are_one_row_beside_those_of_another_dump
    row = lambda do |label, objects|
      HeapDump::Snapshot::Row.new(nil, label, objects, objects * 40, 100, nil, 1, 40)
    end
    now = [row.call("(anonymous class 0x1)", 3), row.call("(anonymous class 0x2)", 4)]
    before = [row.call("(anonymous class 0x7)", 5), row.call("Gone", 2)]
    rows = HeapDump::Web::Questions::Rows.of(now, before)
    assert_equal ["(anonymous classes)", "Gone"], rows.map(&:label)
    assert_equal [7, 280, nil, 2], rows.first.to_a.values_at(2, 3, 4, 6)
    assert_equal({ objects: 2, bytes: 80, retained: nil }, rows.first.change)
    assert_equal({ objects: -2, bytes: -80, retained: -100 }, rows.last.change)
  end

  def test_diff
    json = client.ask!("diff", dump: client.ids.last, baseline: client.ids.first, limit: 200)
    diff = first.diff(last)
    assert_equal [diff.counts, diff.bytes, diff.changes.size, false],
                 json.values_at("objects", "bytes", "total", "same_process")
    fields = %w[key label counts bytes retained]
    assert_equal diff.changes.map { |one| fields.map { |name| one[name] } },
                 json["items"].map { |one| one.values_at(*fields) }
    shrunk = client.ask!("diff", dump: client.ids.last, baseline: client.ids.first, limit: 200,
                                 shrunk: 1)
    assert_equal json["items"].reverse, shrunk["items"]
    by_type = client.ask!("diff", dump: client.ids.last, baseline: client.ids.first, by: "type")
    assert_equal first.diff(last, by: :type).map(&:label).first(50),
                 by_type["items"].map { |one| one["label"] }
  end

  def test_top
    [false, true].each do |all|
      json = ask("top", all: all ? 1 : 0, limit: 20, offset: 3)
      assert_page first.top(limit: 20, offset: 3, program: !all), json do |node, item|
        assert_node node, item, %w[held_by]
        assert_equal first.retained_objects(node), item["retained_objects"]
      end
      assert_equal all, json["besides"].nil?
      assert_equal first.graph.totals[1], json["live_bytes"]
    end
    item = ask("top")["items"].find { |one| one["address"] == cache.to_s }
    assert_equal "Registry (module) → constant CACHE", item["held_by"]
  end

  def test_dominated
    json = ask("dominated", object: cache.to_s, limit: 10, offset: 5)
    assert_node cache, json["object"]
    assert_page first.dominated(cache, limit: 10, offset: 5), json do |node, item|
      assert_node node, item
    end
  end

  def test_folded
    { {} => {}, { below: cache.to_s, cells: 5 } => { below: cache, limit: 5 } }
      .each do |given, options|
      json = ask("folded", **given)
      cells = first.folded(**options)
      assert_equal cells.size, json["total"]
      assert_equal cells.map { |cell| cell_of(cell) }, cells_of(json)
    end
    assert_equal 3, ask("folded", cells: 2, below: cache.to_s)["cells"].fetch("parent").size + 1
  end

  def cell_of(cell)
    [cell.parent, cell.label, cell.kind.to_s, cell.objects, cell.bytes, cell.retained,
     cell.node&.address && cell.node.to_s]
  end

  def cells_of(json)
    columns = %w[parent label kind objects bytes retained example]
    columns.map { |name| json["cells"].fetch(name) }.transpose.map do |parent, label, *rest|
      [parent, json["labels"].fetch(label), *rest]
    end
  end

  def test_find
    [{ class: "Session" }, { type: "STRING", min_size: 50 }, { type: "HASH", sort: :size },
     { sort: :address, offset: 30 }, { class: "Session", sort: :referrers },
     { where: "is_a = Session and retained > 100 and held_by = Registry" },
     { where: "class = Session and @number >= 70", sort: :address }].each do |wanted|
      assert_page first.find(**wanted, limit: 20), ask("find", **wanted, limit: 20) do |node, item|
        assert_node node, item
        assert_equal [true, node.location, node.generation],
                     [[true, false].include?(item["reachable"]), *item.values_at("location",
                                                                                 "generation")]
      end
    end
  end

  # Pages of a list are parts of it, whether its beginning is known or not.
  def test_find_in_pages
    %i[retained size address referrers].each do |sort|
      whole = ask("find", type: "STRING", sort: sort, limit: 60)
      items = [45, 0, 15, 30].to_h do |offset|
        page = ask("find", type: "STRING", sort: sort, limit: 15, offset: offset)
        assert_equal whole["total"], page["total"]
        [offset, page["items"]]
      end
      assert_equal whole["items"], items.sort.flat_map(&:last)
      assert_empty ask("find", type: "STRING", sort: sort, offset: whole["total"])["items"]
    end
  end

  # Of a list that is longer than what is kept.
  def test_what_is_kept_of_a_list
    opened = HeapDump::Web::Opened.new(first, "key")
    most = HeapDump::Web::Opened::BEGINNING
    asked = []
    list = lambda do |offset, limit|
      opened.list(:all, offset, limit) do |from, count|
        asked << [from, count]
        [most + 9, (from...[from + count, most + 9].min).to_a]
      end
    end
    assert_equal [most + 9, [3, 4]], list.call(3, 2)
    assert_equal [most + 9, [most - 1]], list.call(most - 1, 1)
    assert_equal [[0, most]], asked
    assert_equal [most + 9, [most - 1, most]], list.call(most - 1, 2)
    assert_equal [[0, most], [most - 1, 2]], asked
  end

  def test_find_by_contents
    [[{ value: "waiting" }, { value: "waiting" }],
     [{ pattern: "^item \\d+$", offset: 3 }, { value: /^item \d+$/, offset: 3 }],
     [{ value: "waiting", type: "STRING", sort: :address }] * 2].each do |given, wanted|
      assert_page first.find(**wanted, limit: 9), ask("find", **given, limit: 9) do |node, item|
        assert_node node, item
      end
    end
  end

  def test_retained
    sessions = first.find(class: "Session", limit: 1000)
    json = ask("retained", class: "Session")
    assert_equal [sessions.total, first.retained_size(sessions)],
                 json.values_at("total", "retained")
    all = first.find(limit: first.objects)
    assert_equal first.retained_size(all), ask("retained")["retained"]
    old = first.find(where: "@number < 40", class: "Session", limit: 1000)
    assert_equal first.retained_size(old),
                 ask("retained", where: "@number < 40", class: "Session")["retained"]
    waiting = first.find(value: "waiting", limit: first.objects)
    assert_equal first.retained_size(waiting), ask("retained", value: "waiting")["retained"]
    large = first.find(type: "STRING", min_size: 100, limit: first.objects)
    assert_equal first.retained_size(large),
                 ask("retained", type: "STRING", min_size: 100)["retained"]
  end

  def test_object
    session = first.find(class: "Session").max_by { |node| node.location ? 1 : 0 }
    json = ask("object", object: session.to_s)
    assert_node session, json["object"]
    assert_equal [session.location, session.generation, first.retained_objects(session),
                  session.class_node.to_s, session.flags.map(&:to_s).sort],
                 json["object"].values_at("location", "generation", "retained_objects",
                                          "class_address", "flags")
    assert_equal session.line, json["line"]
    assert_equal first.paths(session).map { |path| [path.to_s, path.rank.to_s, path.signature] },
                 json["paths"].map { |path| path.values_at("text", "rank", "signature") }
    chain = [session]
    chain << first.dominator(chain.last) until first.dominator(chain.last).type == "VIRTUAL_ROOT"
    assert_equal chain.drop(1).map(&:words), json["dominators"].map { |one| one["words"] }
    assert_equal [false, first.references(session).total, first.referrers(session).total, 0],
                 json.values_at("more_dominators", "references", "referrers", "instances")
    assert_equal 1, ask("object", object: session.to_s, paths: 1)["paths"].size
  end

  def test_object_that_is_a_class
    session = first.modules_named("Session").first
    json = ask("object", object: session.to_s)
    assert_equal first.find(class: "Session").total, json["instances"]
    assert_equal "CLASS", json["line"]["type"]
  end

  def test_references
    session = first.find(class: "Session").first
    { "references" => :references, "referrers" => :referrers }.each do |question, method|
      page = first.public_send(method, session, limit: 2, offset: 1)
      assert_page page, ask(question, object: session.to_s, limit: 2, offset: 1) do |one, item|
        assert_node one.node, item
        assert_equal one.edge.kind.to_s, item["kind"]
      end
    end
    held = ask("references", object: session.to_s)["items"]
    assert_equal ["class", "@number", "@state", "@basket"] - ["@number"],
                 held.map { |one| one["edge"] }
    klass = session.class_node
    with, without = [1, 0].map do |instances|
      ask("referrers", object: klass.to_s, instances: instances)["total"]
    end
    assert_equal first.find(class: "Session").total, with - without
  end

  def test_constants_have_a_place
    registry = first.modules_named("Registry").first
    held = ask("references", object: registry.to_s)["items"]
    constant = held.find { |one| one["edge"] == "constant CACHE" }
    assert_match(/shop\.rb:\d+\z/, constant["place"])
  end

  def test_groups_of_references
    { "reference_groups" => :reference_groups, "referrer_groups" => :referrer_groups }
      .each do |question, method|
      [cache, cache.class_node].each do |node|
        page = first.public_send(method, node, limit: 3)
        assert_page page, ask(question, object: node.to_s, limit: 3) do |group, item|
          assert_equal [group.edge&.to_s, group.words, group.references, group.objects],
                       item.values_at("edge", "words", "references", "objects")
          assert_node group.example, item["example"] if group.example
        end
      end
    end
  end

  def test_merged_paths
    [{ class: "Session" }, { type: "STRING", value: "waiting", limit: 7 },
     { pattern: "^item \\d+$" }, { where: "held_by = Registry" }].each do |given|
      set = given.slice(:class, :type, :value, :where)
      set[:value] = Regexp.new(given[:pattern]) if given[:pattern]
      merged = first.merged_paths(set, limit: given.fetch(:limit, 100))
      json = ask("merged_paths", **given)
      assert_equal [merged.garbage, merged.size], json.values_at("garbage", "total")
      assert_equal merged.map { |one| [one.parent, one.to_s, one.objects, one.retained] },
                   json["items"].map { |one| one.values_at(*%w[parent text objects retained]) }
    end
  end

  def test_merged_paths_without_a_branch
    items = ask("merged_paths", class: "Session")["items"]
    index = items.find_index { |item| item["text"] == "captured payload → Session" }
    assert_equal [true, false], [items[index]["edge"], items[0]["edge"]]
    left = first.merged_paths({ class: "Session" }, limit: 100, without: index)
    json = ask("merged_paths", class: "Session", without: index)
    assert_equal [left.cut, left.released, left.released_bytes, left.size],
                 json.values_at("cut", "released", "released_bytes", "total")
    assert_operator left.released, :>, 0
    [0, items.size].each do |wrong|
      answer = client.ask("merged_paths", dump: client.ids.first, class: "Session", without: wrong)
      code = wrong.zero? ? [400, "bad_value"] : [404, "not_found"]
      assert_equal code, [answer.status, answer.code]
    end
  end

  def test_cut
    session = first.find(class: "Session").find { |node| node.referrers.first.node == cache }
    freed = first.freed_by_cutting(cache, session)
    assert_operator freed.bytes, :>, 0
    json = ask("cut", from: cache.to_s, object: session.to_s)
    assert_equal [freed.bytes, freed.objects, nil], json.values_at("bytes", "objects", "held_by")
    assert_node session, json["object"]
    assert_node cache, json["from"]
    json = ask("cut", from: session.to_s, object: session.class_node.to_s)
    assert_equal 0, json["bytes"]
    held = first.freed_by_cutting(session, session.class_node).held_by
    assert_node held.node, json["held_by"]
    answer = client.ask("cut", dump: client.ids.first, from: session.to_s, object: cache.to_s)
    assert_equal [404, "no_such_reference"], [answer.status, answer.code]
  end

  def test_groups_at_the_top
    [{}, { by: :gem, all: 1 }, { below: cache.to_s, limit: 1, sort: :objects }].each do |given|
      groups = first.top_groups(limit: 50, **given.except(:all), program: !given[:all])
      json = ask("top_groups", **given)
      assert_equal [groups.total, groups.map(&:label), groups.map(&:retained)],
                   [json["total"], *%w[label retained].map do |name|
                     json["items"].map { |item| item[name] }
                   end]
      assert_equal [groups.rest&.label], [json.dig("rest", "label")]
    end
  end

  def test_groups_at_the_top_beside_those_of_an_earlier_dump
    json = client.ask!("top_groups", dump: client.ids.last, baseline: client.ids.first, limit: 199)
    before, now = self.class.snapshots.map do |one|
      one.top_groups(program: true).to_h { |row| [row.label, row.retained] }
    end
    labels = (before.keys | now.keys).grep_v(/anonymous/)
    labels.each do |label|
      item = json["items"].find { |one| one["label"] == label }
      assert_equal now[label].to_i - before[label].to_i, item["change"]["retained"], label
    end
    changes = json["items"].filter_map { |one| one["change"]["retained"] }
    assert_equal changes.sort.reverse, changes
    answer = client.ask("top_groups", dump: client.ids.last, baseline: client.ids.first,
                                      below: "0x1")
    assert_equal [400, "bad_value"], [answer.status, answer.code]
  end

  def test_strings
    json = ask("strings", limit: 7)
    found = first.duplicate_strings(limit: 7)
    assert_equal [found.strings, found.compared, found.copies, found.wasted, found.contents],
                 json.values_at("strings", "compared", "copies", "wasted", "total")
    assert_equal found.map { |one| [one.copies, one.wasted, one.example.to_s, one.sampled] },
                 json["items"].map { |one| one.values_at("copies", "wasted", "example", "sampled") }
    json["items"].zip(found) do |item, one|
      assert_equal item["value"] || item["value_base64"].unpack1("m"), one.value
      assert_equal one.value.bytesize, item["bytesize"]
    end
  end

  def test_procs
    json = ask("procs", limit: 7)
    found = first.procs(limit: 7)
    assert_equal [found.live, found.placed, found.places],
                 json.values_at("procs", "placed", "total")
    fields = %w[place label procs bytes retained example sampled]
    assert_equal(found.map { |one| [*one.to_a.first(5), one.example.to_s, one.sampled] },
                 json["items"].map { |one| one.values_at(*fields) })
    assert_equal(found.map(&:owners),
                 json["items"].map { |one| one["owners"].map { _1.values_at("owner", "count") } })
  end

  def test_threads_and_their_frames
    json = ask("threads")
    worker = json["items"].find { |item| item["thread"] == "shop worker 1" }
    node = first.object(worker["address"])
    assert_node node, worker
    assert_equal node.line["frames"].size, worker["frames"]
    assert_equal 2, json["total"]
    frames = ask("frames", object: node.to_s)
    waiting = frames["items"].find { |frame| frame["words"].include?("wait ") }
    assert_match(/shop\.rb\z/, waiting["file"])
    results = waiting["locals"].find { |one| one["name"] == "results" }
    assert_node first.object(results["address"]), results
    assert_equal "Array of 1", results["words"]
    assert_equal frames["items"].drop(1).first(2),
                 ask("frames", object: node.to_s, offset: 1, limit: 2)["items"]
    assert_equal 0, ask("frames", object: cache.to_s)["total"]
  end

  def test_pages
    json = ask("pages")
    memory = first.summary.memory
    assert_equal [memory.pages, memory.used_pages, memory.sparse_pages, memory.sparse_objects],
                 json.values_at("pages", "used_pages", "sparse_pages", "sparse_objects")
    assert_equal first.footer["heaps"], json["heaps"]
  end

  def test_leaks_of_two_processes_are_not_judged
    json = client.ask!("leaks", dumps: client.ids.join(","))
    refute json["sound"]
    assert_match(/different processes/, json["warnings"].join)
    in_time = self.class.snapshots.sort_by { |snapshot| snapshot.header["time"] }
    assert_equal in_time.map(&:objects), json["dumps"].map { |one| one["objects"] }
  end
end

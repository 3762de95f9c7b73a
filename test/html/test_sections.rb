# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/many_procs"
require "support/report_page"
require "support/shop"

# The page of a report: what is in it, and that its figures are those of the snapshot.
class TestSections < HeapDumpTest
  include GrownDumps

  ALL = %w[
    leaking largest account lines growth picture holders classes code allocations strings procs
    threads pages
  ].freeze
  OF_SEVERAL = %w[leaking lines growth].freeze
  OF_MANY = %w[procs].freeze # of one place, which these dumps do not have

  def shop
    @shop ||= ReportPage.of(Shop.dump)
  end

  def snapshot
    @snapshot ||= HeapDump::Snapshot.open(Shop.dump)
  end

  def series
    @series ||= ReportPage.of(*grown(0, 100, 200))
  end

  def test_sections_and_their_order
    assert_equal ALL - OF_SEVERAL - OF_MANY, shop.sections
    assert_equal ALL - %w[largest] - OF_MANY, series.sections
    assert_equal(shop.sections, shop.tree.css("nav a").map { |link| link["href"].delete("#") })
  end

  def test_the_page_is_well_formed
    [shop, series, ReportPage.of(Shop.dump(:dump_all))].each do |page|
      assert_empty page.errors
      ids = page.tree.css("[id]").map { |node| node["id"] }
      assert_equal ids.uniq, ids
      levels = page.tree.css("h1, h2, h3, h4").map { |node| node.name[1].to_i }
      assert_equal 1, levels.first
      assert(levels.each_cons(2).all? { |above, below| below - above <= 1 }, levels.inspect)
    end
  end

  def test_tables_are_tables
    shop.tree.css("table").each do |table|
      head = table.css("thead th[scope=col]").size
      assert_operator head, :>, 1
      assert_equal 1, table.css("caption").size
      table.css("tbody tr, tfoot tr").each do |row|
        assert_equal head, row.css("th, td").size, row.text
        assert_equal "row", row.css("th, td").first["scope"]
      end
    end
  end

  def test_nothing_is_loaded_and_no_link_leads_out
    [shop, series].each do |page|
      assert_empty page.tree.css("link, img, iframe, object, embed, form, base, [src], [style]")
      targets = page.tree.css("[href]").map { |node| node["href"] }
      assert(targets.all? { |target| target.start_with?("#") }, targets.inspect)
      targets.each { |target| refute_nil page.tree.at_css(target), target }
    end
  end

  def test_the_policy_allows_what_is_in_the_page_alone
    meta = shop.tree.at_css("head").element_children.first
    assert_equal "Content-Security-Policy", meta["http-equiv"]
    policy = meta["content"].split("; ").to_h { |one| one.split(" ", 2) }
    assert_equal(%w[default-src base-uri form-action].to_h { |name| [name, "'none'"] },
                 policy.except("script-src", "style-src"))
    { "script-src" => "script:not([type])", "style-src" => "style" }.each do |name, selector|
      texts = shop.tree.css(selector).map(&:text)
      assert_equal 1, texts.size
      assert_equal "'sha256-#{Digest::SHA256.base64digest(texts.first)}'", policy[name]
    end
  end

  def test_classes_add_up_to_the_snapshot
    histogram = snapshot.histogram(by: :class)
    rows = shop.rows("Live objects by class")
    assert_equal %w[class retained bytes share objects command],
                 shop.columns("Live objects by class")
    session = rows.find { |row| row.first == "Session" }
    known = histogram["Session"]
    units = HeapDump::Terminal::Units
    assert_equal ["Session", units.bytes(known.retained), units.bytes(known.bytes),
                  units.count(known.objects), "heapdump why heap.json Session"],
                 session.values_at(0, 1, 2, 4, 5)
    assert_equal histogram.objects, rows.sum { |row| row[4].delete(",").to_i }
  end

  def test_what_is_left_out_is_summed_up
    section = HeapDump::Html::Classes.new(HeapDump::Html::Subject.new([snapshot]))
    whole = ReportPage.new(section.markup).rows("Live objects by class")
    objects = whole.sum { |row| row[4].delete(",").to_i }
    until section.limit.zero?
      section.shorten
      rows = ReportPage.new(section.markup).rows("Live objects by class")
      assert_equal section.limit, rows.size - 2 if section.limit < 20
      assert_match(/\A[\d,]+ smaller classes\z/, rows[-2].first) if section.limit < 20
      assert_equal objects, rows.sum { |row| row[4].delete(",").to_i }
    end
    assert_nil section.shorten
  end

  def test_holders_are_those_of_top
    rows = shop.rows("Objects that retain most")
    top = snapshot.top(limit: 50, program: true)
    assert_equal top.map { |node| "heapdump top heap.json #{node}" }, rows.map(&:last).first(50)
    assert_equal "#{HeapDump::Terminal::Units.count(top.total - 50)} objects that retain less",
                 rows.last.first
    hash = rows.find { |row| row.first.start_with?("Hash of #{Shop::SESSIONS}") }
    assert_match(/Registry \(module\) → constant CACHE retains .* B Session in \d+ objects/,
                 hash.first)
  end

  def test_cells_of_the_picture_add_up
    cells = shop.data["cells"]
    sizes = cells["retained"]
    assert_equal snapshot.graph.totals[1], sizes.first
    assert_equal snapshot.graph.totals[1], cells["bytes"].sum
    below = Array.new(sizes.size, 0)
    (1...sizes.size).each do |cell|
      assert_operator cells["parent"][cell], :<, cell
      below[cells["parent"][cell]] += sizes[cell]
    end
    sizes.each_index { |cell| assert_equal sizes[cell], cells["bytes"][cell] + below[cell] }
    assert_equal cells["name"].max, shop.data["names"].size - 1
    assert_operator sizes.size, :<=, 2_000
  end

  def test_fewer_cells_have_the_same_sum
    sums = [1, 2, 10, 100, 2_000].map do |most|
      cells = HeapDump::Html::Cells.of(snapshot, most)
      assert_includes 1..[most, 2].max, cells.size
      assert_equal cells.sum(&:bytes), cells.first.retained
      [cells.sum(&:objects), cells.sum(&:bytes)]
    end
    assert_equal 1, sums.uniq.size, sums.inspect
  end

  def test_the_account_is_that_of_the_snapshot
    account = snapshot.account
    skip "no account of this process" if account.parts.empty?
    rows = shop.rows("Parts of the memory of the process (RSS)")
    units = HeapDump::Terminal::Units
    assert_equal [*account.parts.values, account.rss].map { |size| units.bytes(size) },
                 rows.map { |row| row[1] }
  end

  def test_threads_have_their_frames
    text = shop.text("#threads")
    assert_match(/main thread (run|sleep)/, text)
    assert_match(/thread at \S+shop\.rb:\d+/, text)
    frames = shop.tree.css("#threads ol.frames li").map(&:text)
    refute_empty frames.grep(/\A(Object#)?wait \S+shop\.rb:\d+\z/), frames.inspect
  end

  def test_equal_strings
    found = snapshot.duplicate_strings(limit: 100)
    rows = shop.rows("Equal strings")
    units = HeapDump::Terminal::Units
    assert_equal found.map { |one| units.bytes(one.wasted) },
                 rows.first(found.size).map { |row| row[1] }
    state = rows.find { |row| row[3].include?('Session#@state') }
    assert_equal "a text of #{"waiting for payment".size} B", state.first
    shown = ReportPage.of(Shop.dump, values: true).rows("Equal strings")
    assert_includes shown.map(&:first), "\"waiting for payment\""
  end

  def test_many_procs_of_one_place
    found = HeapDump::Snapshot.open(ManyProcs.dump).procs(limit: 20)
    page = ReportPage.of(ManyProcs.dump)
    assert_includes page.sections, "procs"
    rows = page.rows("Places with 100 procs or more")
    assert_equal found.select { |one| one.procs >= 100 }.map { |one| [one.place, one.procs.to_s] },
                 rows.map { |row| row.first(2) }
    assert_equal 'ManyProcsBus#@subscribers […]', rows.first[3]
    assert_match(/why .*0x\h+/, rows.first.last)
  end

  def test_the_verdict_about_several
    assert_equal "Heap report: Session leaks", series.text("h1")
    assert_match(/\A1 leak found in 3 dumps: Session \(\+\d/, series.text("header .answer"))
    card = series.text("#leaking article")
    assert_match(/Session grows: 0 → 100 → 200 objects in 3 dumps\./, card)
    assert_match(%r{the code /app/store.rb:3: Store::SESSIONS is defined there}, card)
    assert_match(/It gathers in constant SESSIONS → Array of 200 \(0 → 100 → 200 entries\)/, card)
    assert_match(/How sure high \(grew in every step\)/, card)
    marked = series.tree.css("li.suspect")
    assert_equal 1, marked.size
    assert_match(/constant SESSIONS → Array of 200 .*Look here/m, marked.text.gsub(/\s+/, " "))
  end

  # A class of Ruby says nothing alone.
  def test_a_class_of_ruby_is_told_with_its_holder
    { "Session" => "Session", "Hash" => "Hash in fiber-local all",
      "String" => "String in fiber-local all" }.each do |name, words|
      paths = [10, 200, 300].map.with_index do |count, number|
        dump(number) do |made|
          list = made.array(objects(made, name, count, 0x50_0000))
          thread = made.thread([], thread_name: "a, b", fiber_locals: { all: list })
          made.root(thread)
        end
      end
      page = ReportPage.of(*paths)
      assert_equal "Heap report: #{words} leaks", page.text("h1")
      assert_match(/\A1 leak found in 3 dumps: #{words} \(\+\d/, page.text("header .answer"))
    end
  end

  def test_names_of_suspects
    suspect = Struct.new(:class_name, :holder)
    { "constant A::LIST (a.rb:1)" => "constant A::LIST", "the VM" => nil,
      "[:open], @all of Bus, constant BUS (b.rb:2)" => "@all of Bus",
      "variable seen captured by lambda c.rb:12, @counter of Report" => "variable seen",
      "local variable x of Loop#run a.rb:3 in main thread" => "local variable x of Loop#run a.rb:3",
      "variable @#{"a" * 200}" => "variable @#{"a" * 20}… (210 characters) …#{"a" * 30}" }
      .each do |holder, told|
        name = HeapDump::Html::SuspectName.of(suspect.new("Hash", holder))
        assert_equal told ? "Hash in #{told}" : "Hash", name
      end
  end

  def test_the_verdict_as_text
    text = series.tree.at_css("#leaking pre.copy").text
    assert_match(/^Session grows: 0 → 100 → 200 objects/, text)
    assert_match(/^  -> constant SESSIONS → Array of 200  .*<== look here: it grows behind/, text)
    assert_match(/^Signature: \h{16}$/, text)
    assert_match(/^To see more: heapdump why 3\.json 0x\h+$/, text)
    assert_match(/^Dumps: 1\.json, 2\.json, 3\.json \(Ruby 3\.3\.0, process 7, 2026/, text)
  end

  def test_the_verdict_about_one
    found = HeapDump::Html::Largest.new(HeapDump::Html::Subject.new([snapshot])).kept
    assert_equal snapshot.top(limit: found.size, program: true).to_a, found.map(&:node)
    assert_match(/\ANo object keeps much: the first one keeps 1\.\d % .* Hash of/,
                 shop.text("header .answer"))
    assert_match(/One dump shows what is large/, shop.text("#largest"))
    assert_empty shop.tree.css("li.suspect")
  end

  def test_few_objects_that_keep_much
    path = dump do |made|
      { "FIRST" => 4_000, "SECOND" => 3_000, "THIRD" => 10 }.each do |name, size|
        made.constant(name, made.array([made.string("x", memsize: 100 * size)]))
      end
    end
    page = ReportPage.of(path)
    assert_equal "2 objects keep 99.8 % of all that lives (683.7 KiB): Array of 1 in Store " \
                 "(module) → constant FIRST, Array of 1 in Store (module) → constant SECOND.",
                 page.text("header .answer")
    assert_equal ["1. Array of 1 in Store (module) → constant FIRST",
                  "2. Array of 1 in Store (module) → constant SECOND"],
                 page.tree.css("#largest h3").map(&:text)
    assert_match(/^1\. Array of 1 in Store .* retains 390\.7 KiB\. Path:$/,
                 page.tree.at_css("#largest pre.copy").text)
  end

  def test_what_is_not_accused_has_a_reason
    page = ReportPage.of(*grown(0, 400, 410, 411, 411))
    assert_match(/Nothing is accused/, page.text("header .answer"))
    assert_match(/Session 0 → 400 → 410 → 411 → 411/, page.text("#leaking li"))
    refute_empty page.tree.css("#leaking li b").text
  end

  def test_dumps_that_cannot_be_judged
    paths = grown(0, 100, 200)
    File.write(paths[1], File.read(paths[1]).sub('"pid":7', '"pid":8'))
    page = ReportPage.of(*paths)
    assert_equal "Heap report: the dumps cannot be judged", page.text("h1")
    assert_match(/different processes \(7, 8\)/, page.text("header .answer"))
  end

  def test_a_dump_that_is_cut_short
    path = File.join(scratch, "cut.json")
    File.write(path, File.read(Shop.dump)[0, 200_000])
    page = ReportPage.of(path)
    assert_match(/cut\.json: the dump was cut short/, page.text(".warning"))
    assert_equal "no", page.rows("Dumps, the oldest first").first.last
  end

  def test_growth_is_that_of_diff
    rows = series.rows("Growth by class")
    assert_equal ["Session", "+19.5 KiB", "+200", "yes", "0 → 100 → 200",
                  "heapdump why 3.json Session"], rows.find { |row| row.first == "Session" }
  end

  def test_allocations_that_were_traced
    path = Shop.dump({ traced: true })
    page = ReportPage.of(path)
    snapshot = HeapDump::Snapshot.open(path)
    units = HeapDump::Terminal::Units
    places = snapshot.histogram(by: :location)
    known = places.find { |row| row.key&.include?("shop.rb") }
    shown = page.rows("Live objects by place").find { |row| row.first.include?("shop.rb") }
    assert_equal [known.retained, known.bytes].map { |size| units.bytes(size) }, shown[1, 2]
    { "Live objects by place" => 3, "Live objects by generation" => 3,
      "Live objects by the gem that has allocated them" => 2 }.each do |caption, column|
      assert_equal places.objects,
                   page.rows(caption).sum { |row| row[column].delete(",").to_i }, caption
    end
    assert_match(/allocations were not traced/, shop.text("#allocations"))
  end

  # Nothing in it, no roots, no header: every section says something, or is not there.
  def test_dumps_with_little_in_them
    nothing = File.join(scratch, "nothing.json")
    File.write(nothing, "#{JSON.generate(type: "HEADER", format: 1)}\n" \
                        "#{JSON.generate(type: "FOOTER", objects: 0, complete: true)}\n")
    one = File.join(scratch, "one.json")
    File.write(one, "#{JSON.generate(address: "0x1000", type: "STRING", memsize: 40)}\n")
    [[nothing], [one], [nothing, one], [one, one]].each do |paths|
      page = ReportPage.of(*paths)
      assert_empty page.errors
      assert_equal paths.size, page.rows("Dumps, the oldest first").size
      refute_match(/NaN|Infinity/, page.text)
    end
    page = ReportPage.of(nothing)
    assert_equal "The dump has no object of the program.", page.text("header .answer")
  end

  def test_each_row_or_table_names_a_command
    [shop, series].each do |page|
      page.tree.css("main table").each do |table|
        caption = table.at_css("caption").text
        next if caption.start_with?("Pages", "Sizes") # there is no more to see

        section = table.ancestors("section").first
        assert_match(/heapdump (why|top|show|summary|diff) /, section.css("code").text, caption)
      end
    end
  end

  def test_dumps_of_one_name
    paths = %w[a b].map.with_index do |name, number|
      Dir.mkdir(File.join(scratch, name))
      MadeDump.write(File.join(scratch, name, "heap.json"), number) do |made|
        made.constant("A", made.array([]))
      end
    end
    page = ReportPage.of(*paths)
    assert_equal paths, page.rows("Dumps, the oldest first").map(&:first)
    assert_includes page.text("#classes"), "heapdump why #{paths.last} Array"
  end
end

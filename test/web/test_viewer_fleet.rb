# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/hostile_names"
require "support/made_fleet"
require "support/viewer_page"

# The screens about a fleet in a real browser.
class TestViewerFleet < HeapDumpTest
  include GrownDumps
  include NeedsBrowser
  include HostileNames

  SCREENS = %w[fleet fleet_classes fleet_processes fleet_work fleet_history
               fleet_history?name=session fleet_history?name=Session&figure=bytes].freeze

  def self.made
    @made ||= Dir.mktmpdir("heapdump-fleet").then do |directory|
      Minitest.after_run { FileUtils.rm_rf(directory) }
      "sqlite:#{directory}/fleet.db".tap { |url| MadeFleet.import(url, every: 5).close }
    end
  end

  def open_page(*dumps, **options, &)
    ViewerPage.open(*dumps, store: self.class.made, **options, &)
  end

  def go(page, place)
    page.evaluate("location.hash = #{"#//#{place}".to_json}")
    page.settle
  end

  # Without a dump, the fleet is the first screen; each name leads on, and the choice stays.
  def test_from_the_verdict_to_the_history
    open_page do |page|
      assert_equal ["Leaks of the fleet"], page.texts("h1")
      assert_match(/\A2 ways to hold objects leak\. Fastest: Class of row, in 10 of 10 processes/,
                   page.texts(".verdict").first)
      first, second = page.texts(".scroll tbody tr")
      assert_match(/Class of row.*constant ROW \(app\.rb:3\).*10 of 10/m, first)
      assert_match(/Class of session.*4 of 10.*r2.*r3/m, second)
      choose(page, "revision", "r2")
      assert_match(/revision=r2/, page.hash)
      page.click("tbody a", "Class of session")
      assert_match(/fleet_history\?.*revision=r2&name=session/, page.hash)
      assert_match(/Class of session, held by constant SESSION \(app\.rb:3\)/, page.text)
      assert_equal 4, page.texts(".scroll tbody tr").grep(/200 → 770\s+▲ \+570/).size
      assert_equal 1, page.evaluate("document.querySelectorAll('.chart-place canvas').length")
      page.click("nav.menu a", "Processes")
      assert_match(/fleet_processes\?revision=r2/, page.hash)
      assert_equal 4, page.texts(".scroll tbody tr").size
      assert_empty page.browser.complaints
    end
  end

  def choose(page, field, value)
    page.evaluate(<<~JS)
      document.querySelector("select[name=#{field}]").value = #{value.to_json}
    JS
    page.click("form.query button", "Show")
  end

  # From the fleet back to the dump that was shown, and the other way round.
  def test_beside_dumps
    open_page(*grown(10, 20)) do |page|
      assert_equal ["Overview"], page.texts("h1")
      page.go("classes", dump: page.ids.first)
      page.browser.keys("g", "f")
      page.settle
      assert_equal "#/#{page.ids.first}/fleet", page.hash
      assert_empty page.texts("header select[value]")
      page.click("nav.menu a", "Strings")
      assert_equal "#/#{page.ids.first}/strings", page.hash
    end
  end

  def test_the_same_in_a_shell_and_in_ruby
    open_page do |page|
      go(page, "fleet_history?name=Session&app=shop&hours=24")
      page.click("summary", "This question")
      shell, ruby = page.texts(".copied pre")
      assert_equal "heapdump fleet history Session --app shop --since 24h", shell
      assert_includes ruby, 'History.new(store, "Session", app: "shop", since: Time.now - 86400)'
    end
  end

  def test_without_a_store_there_is_no_fleet
    ViewerPage.open(*grown(10, 20)) do |page|
      assert_empty page.texts("nav.menu a").grep(/fleet/)
      page.go("fleet")
      assert_match(/this server has no store of a fleet/, page.texts("[role=alert]").first)
    end
  end

  SIZES = { wide: [1280, 900, false], phone: [400, 800, true] }.freeze

  SIZES.each do |name, (width, height, dark)|
    define_method("test_everybody_can_use_it_#{name}") do
      open_page(width: width, height: height, dark: dark) do |page|
        SCREENS.each do |place|
          go(page, place)
          assert_empty page.violations, place
          assert_operator page.overhang, :<=, 0, place
          assert_empty page.browser.complaints, place
        end
      end
    end
  end

  # Each of the names is an application, a revision, a host, a class, a holder and a kind of work.
  def test_hostile_names
    url = "sqlite:#{scratch}/evil.db"
    import_hostile(url)
    ViewerPage.open(store: url, width: 400, height: 800) do |page|
      SCREENS.first(4).each { |place| assert_harmless(page, place) }
      page.click("button.values", "hidden")
      page.click("dialog button", "Show values")
      assert_harmless(page, "fleet_processes")
      go(page, "fleet")
      page.evaluate("document.querySelector('tbody a').click()")
      page.settle
      assert_harmless(page, nil)
      assert_equal 1, page.texts(".scroll tbody tr").size
    end
  end

  def assert_harmless(page, place)
    go(page, place) if place
    assert_operator page.overhang, :<=, 0, place
    assert_equal 0, page.evaluate("document.querySelectorAll('iframe, img, [onclick]').length")
    assert_empty page.browser.complaints, place
    refute_empty page.texts(".scroll tbody tr"), place
  end

  def import_hostile(url)
    store = HeapDump::Fleet.open(url)
    extracts = {}
    importer = HeapDump::Fleet::Importer.new(store, extract: ->(path) { extracts.fetch(path) })
    ids = NAMES.values.each_with_index.flat_map do |name, at|
      Array.new(5) do |n|
        path = "#{at}-#{n}"
        extracts[path] = hostile(name[0, 450].scrub, at, n)
        file = HeapDump::Fleet::Source::File.new(uri: path, path: path, bytes: 1,
                                                 changed_at: MadeExtract::BASE)
        importer.import(file).process_id
      end
    end
    HeapDump::Fleet::Judging.new(store).run(ids)
  ensure
    store&.close
  end

  def hostile(name, number, hour)
    objects = 300 + (500 * hour)
    sum = HeapDump::Extract::WaySum.new(name, name, name, name, name, objects, objects * 40,
                                        objects * 40)
    MadeExtract.make(hour, pid: number, start: number, classes: { name => objects },
                           work: { name => 10 * hour },
                           identity: { app: name, host: name, revision: name })
               .then { |made| with_way(made, format("%016x", number), sum) }
  end

  def with_way(made, signature, sum)
    fields = HeapDump::Extract.send(:const_get, :FIELDS).to_h do |field|
      [field, field == :complete ? made.complete? : made.public_send(field)]
    end
    HeapDump::Extract.new(**fields, ways: { signature => sum })
  end
end

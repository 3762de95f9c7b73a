# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/hostile_names"
require "support/shop"
require "support/viewer_page"

# The page of `heapdump ui` in a real browser: each screen shows what the reader says, at any width,
# in both colours, with a keyboard, and for dumps whose names are meant to do harm.
class TestViewer < HeapDumpTest
  include GrownDumps
  include NeedsBrowser
  include HostileNames

  SCREENS = %w[overview leaks series holders classes objects holding strings procs threads
               pages search?text=S holding?class=String holders?by=class classes?by=type].freeze

  # Nothing was complained of, and nobody else was asked.
  def assert_clean(page, where)
    assert_empty page.browser.complaints, where
    others = page.browser.loaded.reject { |url| url.start_with?("http://127.0.0.1:", "data:") }
    assert_empty others, where
  end

  def assert_screen(page, place)
    page.go(place)
    assert_clean page, place
    assert_operator page.overhang, :<=, 0, place
    refute_match(/does not answer|There is no such screen/, page.text, place)
  end

  # The address of the first object that a list of the screen leads to.
  def some_object(page)
    page.evaluate("document.querySelector('a[href*=\"/object/0x\"]').hash")[/0x\h+/]
  end

  # A place with the first dump as the baseline.
  def compared(page, place)
    "#{place}#{place["?"] ? "&" : "?"}baseline=#{page.ids.first}"
  end

  def assert_screens(page)
    assert_screen page, "overview"
    SCREENS.each { |place| assert_screen(page, compared(page, place)) }
    page.go("holders")
    assert_screen page, "object/#{some_object(page)}"
    page.go("threads")
    assert_screen page, "threads/#{some_object(page)}"
  end

  SIZES = { wide: [1280, 900], phone: [400, 800] }.freeze

  SIZES.each do |name, (width, height)|
    define_method("test_each_screen_#{name}") do
      ViewerPage.open(*grown(100, 200, 300), Shop.dump, width: width, height: height) do |page|
        assert_screens page
      end
    end

    define_method("test_hostile_names_#{name}") do
      ViewerPage.open(*hostile_dumps, width: width, height: height) do |page|
        show_values(page) if name == :wide
        assert_screens page
        assert_equal 0, page.evaluate("document.querySelectorAll('iframe, img, [onclick]').length")
      end
    end
  end

  def test_texts_of_tables_can_be_read_on_a_phone
    ViewerPage.open(Shop.dump, width: 390, height: 800) do |page|
      %w[overview strings threads].each do |place|
        page.go(place)
        assert_equal [0], page.evaluate(<<~JS).uniq, place
          [...document.querySelectorAll(".scroll:has(td.text)")]
            .map((one) => one.scrollWidth - one.clientWidth)
        JS
      end
    end
  end

  def show_values(page)
    page.click("button.values", "hidden")
    page.click("dialog button", "Show values")
    assert_equal ["Values are shown"], page.texts("button.values")
  end

  { light: false, dark: true }.each do |name, dark|
    define_method("test_everybody_can_use_it_#{name}") do
      ViewerPage.open(*grown(100, 200, 300), Shop.dump, dark: dark) do |page|
        SCREENS.each do |place|
          page.go(compared(page, place))
          assert_empty page.violations, place
        end
        page.go("holders")
        page.go("object/#{some_object(page)}")
        assert_empty page.violations, "object"
      end
    end
  end

  # So that no violations say something.
  def test_violations_are_found
    ViewerPage.open(Shop.dump) do |page|
      page.evaluate("document.body.append(document.createElement('button'))")
      assert_match(/button-name/, page.violations.join)
    end
  end

  def test_the_verdict_comes_first
    ViewerPage.open(*grown(100, 200, 300)) do |page|
      assert_includes page.texts("main .verdict").first, "1 leak found in 3 dumps: Session"
      assert_includes page.texts("main .verdict").first, "100 → 200 → 300 objects"
      page.click("main .verdict a", "Who holds it")
      assert_equal "#/#{page.ids.last}/leaks", page.hash
      assert_includes page.texts("ol.path").first, "constant SESSIONS"
      ticket = page.evaluate("document.querySelector('details.ticket pre').textContent")
      assert_match(/^Session grows: 100 → 200 → 300 objects.*^Path:$.*^Signature: \h{16}$/m, ticket)
    end
  end

  # What the lists show is what the reader says.
  def test_figures_are_those_of_the_reader
    snapshot = HeapDump::Snapshot.open(Shop.dump, index: false)
    units = HeapDump::Terminal::Units
    row = snapshot.histogram(by: :class).find { |one| one.label == "Session" }
    ViewerPage.open(Shop.dump) do |page|
      page.go("classes?filter=Session")
      shown = page.texts("tbody tr").find { |text| text.start_with?("Session") }
      [units.bytes(row.retained), units.bytes(row.bytes), units.count(row.objects)].each do |figure|
        assert_includes shown, figure
      end
      page.click("tbody th a", "Session")
      assert_includes page.texts("caption").first, "#{row.objects} objects"
      page.click("main a", "What do they retain together?")
      assert_match(/Together these #{row.objects} objects retain/, page.text)
      page.click("main a", "Who holds them?")
      assert_includes page.text, "#{row.objects} of #{row.objects}"
    end
  end

  # Objects of the VM have no class that could be asked for.
  def test_only_groups_with_a_class_lead_to_its_objects
    ViewerPage.open(Shop.dump) do |page|
      ["overview", "search?text=(", "classes", "holding", "search?text=Bus"].each do |place|
        page.go(place)
        links = page.texts("tbody th a[href*=\"/objects?class=\"], ul.links a[href*=\"class=\"]")
        assert_empty links.grep(/\A\(/), place
        markup = page.evaluate("document.body.innerHTML")
        refute_match(/href="[^"]*class=(null)?["&]/, markup, place)
      end
      assert_equal ["Bus"], page.texts("tbody th a")
    end
  end

  def test_a_list_is_in_the_order_of_a_column_that_it_has
    ViewerPage.open(Shop.dump) do |page|
      %w[class type].each do |by|
        page.go("classes?by=#{by}")
        assert_equal 1, page.texts("th[aria-sort=descending]").size, by
      end
    end
  end

  def test_the_conditions_stay_when_more_is_asked_about_them
    ViewerPage.open(Shop.dump) do |page|
      page.go("objects?class=Session&sort=size")
      page.click("main a", "What do they retain together?")
      assert_match(/class=Session&sort=size&together=1/, page.hash)
    end
  end

  def test_an_object_and_what_would_be_free_without_a_reference
    ViewerPage.open(Shop.dump) do |page|
      bus = HeapDump::Snapshot.open(Shop.dump, index: false).find(class: "Bus").first
      page.go("object/#{bus}")
      assert_includes page.text, "constant BUS"
      page.click("main td a", "what would be free?")
      assert_match(/\d+(\.\d+)? (B|KiB|MiB) in \d+ objects|nothing/, page.texts("tbody").last)
    end
  end

  def test_values_are_hidden_until_they_are_asked_for
    ViewerPage.open(Shop.dump) do |page|
      page.go("strings")
      refute_includes page.text, "waiting for payment"
      show_values(page)
      assert_includes page.text, "waiting for payment"
      page.click("button.values", "shown")
      refute_includes page.text, "waiting for payment"
    end
  end

  def test_addresses_lead_back
    ViewerPage.open(*grown(10, 20)) do |page|
      page.click("nav.menu a", "Classes")
      page.click("thead a", "objects")
      sorted = page.hash
      assert_match(/sort=objects/, sorted)
      page.click("nav.menu a", "Strings")
      page.evaluate("history.back()")
      page.settle
      assert_equal sorted, page.hash
      assert_equal "descending",
                   page.evaluate("document.querySelector('th[aria-sort$=ending]').ariaSort")
      other_dump(page)
      assert_equal "#/#{page.ids.first}/classes?sort=objects", page.hash
    end
  end

  def other_dump(page)
    page.evaluate(<<~JS)
      (() => {
        const choice = document.querySelector(".pick select");
        choice.value = #{page.ids.first.to_json};
        choice.dispatchEvent(new Event("change"));
      })()
    JS
    page.settle
  end

  def test_keys
    ViewerPage.open(*grown(10, 20)) do |page|
      { "gc" => "Classes", "gh" => "What retains most", "gl" => "Leaks",
        "go" => "Overview" }.each do |keys, title|
        page.browser.keys(*keys.chars)
        page.settle
        assert_equal [title], page.texts("h1"), keys
      end
      assert_equal "title", page.evaluate("document.activeElement.id")
      page.browser.keys("?")
      page.settle
      assert_includes page.texts("dialog").first, "go to the search box"
      page.browser.keys(:Escape)
      assert_empty page.texts("dialog[open]")
      page.browser.keys("/")
      assert_equal "search", page.evaluate("document.activeElement.id")
    end
  end

  # What is written into the search box, and the screen where that leads.
  SEARCHES = { "0x500000" => %r{/object/0x500000$}, "size > 1k" => /objects\?where=size/,
               "Session" => /search\?text=Session/ }.freeze

  def test_the_search_box
    ViewerPage.open(*grown(10, 20)) do |page|
      SEARCHES.each do |text, place|
        page.evaluate("document.getElementById('search').value = #{text.to_json}")
        page.click("form.search button", "Find")
        assert_match place, page.hash
        assert_empty page.texts("[role=alert]"), text
      end
    end
  end

  def test_without_a_token_and_with_a_wrong_one
    ViewerPage.open(Shop.dump) do |page|
      page.forget_token
      assert_includes page.text, "asks for a token"
      token(page, "wrong")
      assert_includes page.text, "does not take this token"
      token(page, page.server.url[/\h{64}\z/])
      assert_equal ["Overview"], page.texts("h1")
      page.browser.complaints.clear # of the answers with status 401
    end
  end

  def token(page, text)
    page.evaluate("document.querySelector('input[name=token]').value = #{text.to_json}")
    page.click("button", "Open")
  end

  def test_the_token_is_not_in_the_address
    ViewerPage.open(Shop.dump) do |page|
      refute_match(/token/, page.evaluate("location.href"))
      assert_empty page.evaluate("document.cookie")
    end
  end

  def test_the_server_has_ended
    ViewerPage.open(Shop.dump) do |page|
      page.server.stop
      page.go("classes")
      assert_includes page.text, "The server does not answer"
      assert_equal "Ask again", page.texts("[role=alert] button").first
    end
  end

  def test_warnings_about_a_dump_are_shown
    path = File.join(scratch, "cut.json")
    lines = File.readlines(Shop.dump)
    File.write(path, lines.first(lines.size / 2).join)
    warnings = HeapDump::Snapshot.open(path, index: false).warnings
    refute_empty warnings
    ViewerPage.open(path) do |page|
      warnings.each { |warning| assert_includes page.texts(".warning").join("\n"), warning }
    end
  end

  def test_what_is_wrong_is_said
    ViewerPage.open(Shop.dump) do |page|
      page.go("objects?where=size%20%3E%20big")
      assert_includes page.texts("[role=alert]").first, "a number"
      page.go("object/0x1")
      assert_includes page.texts("[role=alert]").first, "no object at that address"
      page.go("nowhere")
      assert_includes page.text, "There is no such screen"
    end
  end
end

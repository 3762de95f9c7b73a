# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/shop"
require "support/viewer_page"

# What stays and what goes when the page of `heapdump ui` is drawn again.
class TestViewerState < HeapDumpTest
  include GrownDumps
  include NeedsBrowser

  # Counts what keeps drawings alive after they have left the page.
  COUNT = <<~JS
    window.alive = 0;
    const count = (object, begin, end) => {
      for (const [name, by] of [[begin, 1], [end, -1]]) {
        const before = object[name];
        object[name] = function (...given) {
          window.alive += by;
          return before.apply(this, given);
        };
      }
    };
    count(ResizeObserver.prototype, "observe", "disconnect");
    count(MediaQueryList.prototype, "addEventListener", "removeEventListener");
    count(window, "addEventListener", "removeEventListener");
  JS

  def test_drawings_end_with_their_place
    ViewerPage.open(*grown(10, 20)) do |page|
      page.evaluate("(() => { #{COUNT} })()")
      %w[holders series holders overview].each do |place|
        page.go(place)
        drawn = place != "overview"
        assert_equal drawn, page.evaluate("window.alive > 0 && !!document.querySelector('canvas')")
      end
      assert_equal 0, page.evaluate("window.alive")
    end
  end

  def test_the_form_of_the_picture_and_the_baseline_stay_on_the_way_down
    ViewerPage.open(*grown(10, 20)) do |page|
      page.go("holders?by=class")
      page.click("button", "Boxes")
      page.evaluate("location.hash += '&baseline=#{page.ids.first}'") # a list that is there
      page.settle
      page.evaluate("document.querySelector('canvas').focus()")
      page.browser.keys(:Down, :Down, :Down, :Enter) # to the module, which is one object
      page.settle
      assert_match(/by=class&form=boxes&baseline=#{page.ids.first}&below=0x/, page.hash)
      assert_equal ["Boxes (treemap)"], page.texts("button[aria-pressed=true]:not(.values)")
      page.evaluate("history.go(-3)")
      page.settle
      assert_equal ["Rows (icicle)"], page.texts("button[aria-pressed=true]:not(.values)")
    end
  end

  # A select keeps the number of what was chosen, and the other dump has another list.
  def test_the_baseline_that_is_shown_is_the_one_that_is_used
    ViewerPage.open(*grown(10, 20, 30)) do |page|
      first, second, = page.ids
      [first, second].each { |id| choose(page, 1, id) }
      choose(page, 0, first)
      assert_match(/baseline=#{second}/, page.hash)
      assert_equal second, page.evaluate("document.querySelectorAll('.pick select')[1].value")
    end
  end

  def choose(page, number, id)
    page.evaluate(<<~JS)
      (() => {
        const choice = document.querySelectorAll(".pick select")[#{number}];
        choice.value = #{id.to_json};
        choice.dispatchEvent(new Event("change"));
      })()
    JS
    page.settle
  end

  def test_a_dump_without_a_header_says_what_it_lacks
    ViewerPage.open(Shop.dump(:dump_all)) do |page|
      assert_includes page.texts("header .note").join, "This dump has no header"
      page.go("holders")
      assert_empty page.browser.complaints
    end
    ViewerPage.open(Shop.dump) { |page| assert_empty page.texts("header .note") }
  end

  def test_back_leads_to_where_one_was
    ViewerPage.open(Shop.dump) do |page|
      page.go("classes")
      page.evaluate("window.scrollTo(0, 700)")
      wait_until("it has scrolled") { page.evaluate("window.scrollY") == 700 }
      page.click("tbody th a", "String")
      assert_equal 0, page.evaluate("window.scrollY")
      page.evaluate("history.back()")
      wait_until("it is back") { page.evaluate("window.scrollY") == 700 }
      page.evaluate("history.forward()")
      wait_until("it is forward") { page.evaluate("window.scrollY").zero? }
    end
  end

  def test_a_button_has_copied_only_the_text_below_it
    ViewerPage.open(Shop.dump) do |page|
      page.go("classes")
      page.evaluate("document.querySelector('details.same').open = true")
      page.click("details.same button", "Copy")
      assert_match(/Copied|Selected/, page.texts("details.same button").first)
      page.go("classes?by=type") # which no command says
      assert_equal %w[Copy], page.texts("details.same button")
      assert_equal true, page.evaluate("document.querySelector('details.same').open")
    end
  end

  def test_the_focus_stays_when_values_are_shown
    ViewerPage.open(Shop.dump) do |page|
      page.evaluate("document.querySelector('button.values').focus()")
      page.click("button.values", "hidden")
      page.click("dialog button", "Show values")
      assert_equal "Values are shown", page.evaluate("document.activeElement.innerText")
    end
  end

  def test_a_token_in_the_address_bar_is_taken_where_one_is_asked_for
    ViewerPage.open(Shop.dump) do |page|
      page.forget_token
      assert_includes page.text, "asks for a token"
      page.evaluate("location.hash = #{page.server.url[/#.*/].to_json}")
      page.settle
      assert_equal ["Overview"], page.texts("h1")
      refute_match(/token/, page.evaluate("location.href"))
    end
  end

  def test_addresses_that_lead_nowhere
    ViewerPage.open(Shop.dump) do |page|
      page.go("classes", dump: "0" * 16)
      assert_includes page.text, "a dump that is not here"
      page.click("a", "Overview")
      assert_equal ["Overview"], page.texts("h1")
      %w[constructor toString __proto__].each do |name|
        page.go(name)
        assert_equal ["There is no such screen"], page.texts("h1")
      end
      assert_empty page.browser.complaints
    end
  end

  def test_an_answer_that_cannot_be_shown_leaves_a_page
    ViewerPage.open(Shop.dump) do |page|
      page.evaluate(<<~JS)
        (() => {
          const before = window.fetch;
          window.fetch = async (address, options) => address.includes("/threads")
            ? new Response("{}", { status: 200 }) : before(address, options);
        })()
      JS
      page.go("threads")
      assert_includes page.texts("[role=alert]").first, "This cannot be shown"
      page.click("a", "Overview")
      assert_equal ["Overview"], page.texts("h1")
    end
  end

  def test_a_header_that_is_not_as_it_should_be
    path = File.join(scratch, "odd.json")
    lines = File.readlines(grown(10).first)
    header = JSON.parse(lines.first)
    lines[0] = JSON.generate(header.merge("time" => 5, "pid" => { "nodeType" => 1 }, "ruby" => []))
    File.write(path, "#{lines[0]}\n#{lines.drop(1).join}")
    ViewerPage.open(path, *grown(20)) do |page|
      %w[overview series].each do |place|
        page.go(place)
        assert_empty page.browser.complaints, place
        page.go(place, dump: page.ids.first)
        assert_empty page.browser.complaints, place
      end
    end
  end
end

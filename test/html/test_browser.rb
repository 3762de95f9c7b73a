# frozen_string_literal: true

require "test_helper"
require "support/browser"
require "support/grown_dumps"
require "support/hostile_names"
require "support/report_page"
require "support/shop"

# Reports in a real browser without a network: nothing is complained of, nothing is loaded, all can
# be read at the width of a phone, and the picture is drawn.
class TestBrowser < HeapDumpTest
  include GrownDumps
  include NeedsBrowser
  include HostileNames

  # The path of a page about these dumps.
  def page(*paths, **options)
    @pages = @pages.to_i + 1
    path = File.join(scratch, "page #{@pages}.html")
    File.write(path, ReportPage.of(*paths, **options).html)
    path
  end

  # Opens a page and yields the browser; afterwards nothing may have been complained of.
  def visit(*paths, **options)
    Browser.open(**options) do |browser|
      paths.each do |path|
        browser.visit(path)
        yield browser
        assert_empty browser.complaints, path
        assert_equal 1, browser.loaded.size, browser.loaded.inspect
      end
    end
  end

  SIZES = { wide: [1280, 900], phone: [400, 800] }.freeze

  def test_pages_open_without_a_complaint_and_fit_at_any_width
    pages = [page(Shop.dump), page(*grown(0, 100, 200)), page(Shop.dump(:dump_all)),
             page(*hostile_dumps), page(*hostile_dumps, values: true)]
    SIZES.each_value do |width, height|
      visit(*pages, width: width, height: height) do |browser|
        assert_operator browser.page_height, :>, 2_000
        wide, inner = browser.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert_operator wide, :<=, inner
        assert_equal width, inner
      end
    end
  end

  # Of each table: whether it has texts, how far it goes beyond its place, how high its head is, and
  # whether a shade says that it scrolls.
  TABLES = <<~JS
    [...document.querySelectorAll(".scroll")].map((one) => [
      one.querySelector("td.text") !== null, one.scrollWidth - one.clientWidth,
      one.querySelector("thead").offsetHeight,
      getComputedStyle(one).backgroundImage !== "none",
    ])
  JS

  def test_tables_on_a_phone_show_their_texts_or_that_they_scroll
    tables = []
    visit(page(*grown(0, 100, 200)), page(Shop.dump), width: 390, height: 800) do |browser|
      tables += browser.evaluate(TABLES)
    end
    with_texts, others = tables.partition(&:first)
    assert_equal [0], with_texts.map { |table| table[1] }.uniq
    assert_operator others.map { |table| table[1] }.max, :>, 0
    others.each do |_, _, height, shade|
      assert_operator height, :<, 80
      assert shade
    end
  end

  EVIL = {
    "<script>console.error('heard')</script>" => /Content Security Policy/,
    "<img src=\"http://127.0.0.1/x.png\">" => /Content Security Policy/,
    "<p style=\"color: red\">" => /Content Security Policy/
  }.freeze

  # So that an empty list of complaints says something.
  def test_complaints_are_heard
    path = page(Shop.dump)
    text = File.read(path)
    Browser.open do |browser|
      EVIL.each do |evil, complaint|
        File.write(path, text.sub("<footer>", "#{evil}<footer>"))
        browser.visit(path)
        wait_until("a complaint of #{evil}") { browser.complaints.grep(complaint).any? }
      end
      text = text.sub(/<meta http-equiv.*?>/, "")
      File.write(path, text.sub("<footer>", "<script>nothing()</script><footer>"))
      browser.visit(path)
      wait_until("an error of a script") { browser.complaints.grep(/Uncaught/).any? }
    end
  end

  COLOURS = <<~JS
    (() => {
      const { width, height } = document.querySelector("canvas");
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      const pen = copy.getContext("2d", { willReadFrequently: true });
      pen.drawImage(document.querySelector("canvas"), 0, 0);
      const data = pen.getImageData(0, 0, width, height).data;
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 3).join());
      return seen.size;
    })()
  JS

  def test_the_picture_is_drawn
    visit(page(Shop.dump)) do |browser|
      assert_operator browser.evaluate(COLOURS), :>, 8
      assert_equal [true, false], browser.evaluate(<<~JS)
        [document.querySelector("canvas").width > 800, document.getElementById("picture-lists").open]
      JS
      assert_equal ["Rows (icicle)", "Boxes (treemap)"], browser.evaluate(FORMS)
      before = browser.evaluate(HEIGHT)
      browser.evaluate("document.querySelectorAll('.forms button')[1].click()")
      refute_equal before, browser.evaluate(HEIGHT)
      assert_operator browser.evaluate(COLOURS), :>, 8
    end
  end

  FORMS = "[...document.querySelectorAll('.forms button')].map(b => b.textContent)"
  HEIGHT = "document.querySelector('canvas').height"
  FACTS = "document.querySelector('.box-facts').textContent"
  CRUMBS = "[...document.querySelectorAll('.crumbs button')].map(b => b.textContent)"

  def test_going_through_the_picture_by_keys_and_mouse
    largest = HeapDump::Html::Cells.of(HeapDump::Snapshot.open(Shop.dump).redacted, 2_000)
                                   .drop(1).select { |cell| cell.parent.zero? }.max_by(&:retained)
    visit(page(Shop.dump)) do |browser|
      assert_match(/\Aeverything: retains .* \(100\.0 %\)/, browser.evaluate(FACTS))
      browser.evaluate("document.querySelector('canvas').focus()")
      browser.keys(:Down)
      units = HeapDump::Terminal::Units
      assert_includes browser.evaluate(FACTS),
                      "#{largest.name}: retains #{units.bytes(largest.retained)}"
      browser.keys(:Enter)
      assert_equal ["everything", largest.name], browser.evaluate(CRUMBS)
      browser.keys(:Escape)
      assert_equal ["everything"], browser.evaluate(CRUMBS)
      left, top = browser.evaluate(<<~JS)
        (() => {
          document.querySelector("canvas").scrollIntoView({ block: "center" });
          const box = document.querySelector("canvas").getBoundingClientRect();
          return [box.left + 10, box.top + 30];
        })()
      JS
      browser.click(left, top)
      assert_equal ["everything", largest.name], browser.evaluate(CRUMBS)
    end
  end

  def test_dark_and_light
    path = page(*grown(0, 100, 200))
    { false => "rgb(255, 255, 255)", true => "rgb(20, 23, 27)" }.each do |dark, colour|
      visit(path, dark: dark) do |browser|
        assert_equal colour, browser.evaluate("getComputedStyle(document.body).backgroundColor")
        assert_operator browser.evaluate(COLOURS), :>, 5
        assert_empty browser.evaluate(CONTRAST)
      end
    end
  end

  # Text whose contrast with what is behind it is below 4.5, and boxes of the picture.
  CONTRAST = <<~JS
    (() => {
      const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
        const linear = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
      };
      const contrast = (a, b) => {
        const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
        return (bright + 0.05) / (dark + 0.05);
      };
      const behind = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const colour = getComputedStyle(at).backgroundColor;
          if (!/, 0\\)$/.test(colour)) return colour;
        }
        return "rgb(255, 255, 255)";
      };
      const wrong = new Set();
      for (const node of document.querySelectorAll("body *")) {
        if (![...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim())) continue;
        if (node.closest("script, svg, [hidden]") || node.disabled) continue;
        const ratio = contrast(getComputedStyle(node).color, behind(node));
        if (ratio < 4.5) wrong.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
      }
      const probe = document.createElement("i");
      document.body.append(probe);
      const resolved = (name) => {
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color;
      };
      const boxes = ["small", ...Array(8).keys()].map((hue) => `--box-${hue}`);
      for (const name of boxes) {
        const ratio = contrast(resolved("--box-text"), resolved(name));
        if (ratio < 4.5) wrong.add(`${name} ${ratio.toFixed(2)}`);
      }
      return [...wrong];
    })()
  JS

  def test_without_a_script
    path = page(*grown(0, 100, 200))
    visit(path, script: false) do |browser|
      shot = File.join(scratch, "shot.png")
      browser.shoot(shot)
      assert_operator File.size(shot), :>, 10_000
      assert_operator browser.page_height, :>, 2_000
    end
    tree = ReportPage.new(File.read(path)).tree
    assert tree.at_css("#picture-lists").key?("open"), "nothing draws the picture: lists are open"
    assert tree.at_css("#picture-canvas").key?("hidden")
    assert_operator tree.css("#picture-lists li").size, :>=, 3
  end

  def test_what_is_folded_is_open_on_paper
    visit(page(*grown(0, 100, 200))) do |browser|
      closed = "document.querySelectorAll('details:not([open])').length"
      assert_operator browser.evaluate(closed), :>, 1
      assert_operator browser.command("Page.printToPDF")["data"].size, :>, 10_000
      browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
      assert_equal 0, browser.evaluate(closed)
      browser.evaluate("window.dispatchEvent(new Event('afterprint'))")
      assert_operator browser.evaluate(closed), :>, 1
    end
  end

  def test_texts_can_be_copied
    visit(page(*grown(0, 100, 200))) do |browser|
      browser.evaluate("document.querySelector('.ticket').open = true")
      browser.evaluate("document.querySelector('button.copy').click()")
      label = wait_until("the button has answered") do
        text = browser.evaluate("document.querySelector('button.copy').textContent")
        text if text != "Copy"
      end
      assert_match(/Copied|Selected/, label)
    end
  end
end

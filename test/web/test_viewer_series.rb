# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/hostile_names"
require "support/viewer_page"

# The screen "Over time" in a real browser.
class TestViewerSeries < HeapDumpTest
  include GrownDumps
  include NeedsBrowser
  include HostileNames

  # Dumps of two processes, one after the other.
  def two_processes
    first = grown(100, 200, 300, 400, 500)
    later = [10, 20, 30, 40].map.with_index do |count, at|
      dump(at + 20, pid: 77) { |made| sessions(made, count) }
    end
    first + later
  end

  def test_what_it_says
    ViewerPage.open(*two_processes) do |page|
      page.go("series")
      assert_match(/1 leak in 5 dumps.*Session/, page.texts(".verdict").first)
      assert_includes page.text, "process 77"
      assert_equal 2, page.evaluate("document.querySelectorAll('.chart-place canvas').length")
      first = page.texts(".scroll tbody tr").first
      assert_match(/Session.*leak.*100 → 500/m, first)
      assert_operator page.evaluate("document.querySelectorAll('td svg.chart').length"), :>, 3
      page.go("series?process=1")
      assert_match(/1 leak in 4 dumps/, page.texts(".verdict").first)
      assert_empty page.browser.complaints
    end
  end

  # Drags over the first chart, as a user does, and returns the address that comes of it.
  DRAG = <<~JS
    (() => {
      const over = document.querySelector(".u-over");
      const box = over.getBoundingClientRect();
      const at = (type, share, target) => target.dispatchEvent(new MouseEvent(type, {
        bubbles: true, clientX: box.left + share * box.width, clientY: box.top + 20, button: 0,
        movementX: 9 }));
      at("mouseenter", 0, over);
      at("mousemove", 0, over);
      at("mousedown", 0, over);
      at("mousemove", 0.6, over);
      at("mouseup", 0.6, document);
    })()
  JS

  def test_a_pair_is_chosen_with_the_mouse_and_compared
    ViewerPage.open(*grown(100, 200, 300, 400, 500)) do |page|
      page.go("series")
      page.evaluate(DRAG)
      wait_until("a part of the time is chosen") { page.hash.include?("from=") }
      page.settle
      assert_match(/Compare 2026-01-01 00:00:00 with 2026-01-01 00:02:00/, page.text)
      page.click("a", "by class")
      assert_includes page.hash, "baseline=#{page.ids.first}"
      assert_includes page.hash, page.ids[2]
      page.evaluate("history.back()")
      page.settle
      page.click("a", "Show all of the time")
      refute_includes page.hash, "from="
      assert_match(/with 2026-01-01 00:04:00/, page.text)
    end
  end

  SIZES = { wide: [1280, 900, false], phone: [400, 800, true] }.freeze

  SIZES.each do |name, (width, height, dark)|
    define_method("test_everybody_can_use_it_#{name}") do
      ViewerPage.open(*two_processes, width: width, height: height, dark: dark) do |page|
        page.go("series")
        assert_empty page.violations
        assert_operator page.overhang, :<=, 0
      end
    end
  end

  def test_hostile_names
    fourth = dump(5, program: NAMES[:script]) { |made| hostile_names(made, 80) }
    ViewerPage.open(*hostile_dumps, fourth, width: 400, height: 800) do |page|
      page.go("series")
      assert_operator page.overhang, :<=, 0
      assert_equal 0, page.evaluate("document.querySelectorAll('iframe, img, [onclick]').length")
      assert_empty page.browser.complaints
    end
  end
end

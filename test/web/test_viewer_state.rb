# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/shop"
require "support/viewer_page"

# What stays and what goes when the page of `heapdump ui` is drawn again.
class TestViewerState < HeapDumpTest
  include GrownDumps

  def setup
    super
    skip "SKIPPED: #{Browser.missing}" if Browser.missing
  end

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
end

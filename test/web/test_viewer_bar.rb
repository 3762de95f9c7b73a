# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/shop"
require "support/viewer_page"

# The bar of the page of `heapdump ui`: the theme, and the search box that offers classes.
class TestViewerBar < HeapDumpTest
  include GrownDumps
  include NeedsBrowser

  PAGE = { light: "rgb(255, 255, 255)", dark: "rgb(20, 23, 27)" }.freeze

  def colour(page)
    page.evaluate("getComputedStyle(document.body).backgroundColor")
  end

  # As a user does, who goes to the list with Tab and chooses with the arrow keys.
  def choose_theme(page, *keys)
    page.evaluate("document.querySelector('.top label:last-of-type select').focus()")
    page.browser.keys(*keys)
    page.settle
  end

  { light: false, dark: true }.each do |system, dark|
    define_method("test_a_theme_is_chosen_and_kept_where_the_system_is_#{system}") do
      ViewerPage.open(Shop.dump, dark: dark) do |page|
        assert_equal PAGE[system], colour(page)
        [%i[light Down], %i[dark Down], %i[light Up], [system, :Up]].each do |theme, key|
          choose_theme(page, key)
          assert_equal PAGE[theme], colour(page)
        end
        choose_theme(page, *(dark ? [:Down] : %i[Down Down]))
        page.evaluate("location.reload()")
        page.settle
        assert_equal PAGE[dark ? :light : :dark], colour(page)
        assert_empty page.violations
      end
    end
  end

  # The sum of all colours of each canvas of the page.
  PIXELS = <<~JS
    [...document.querySelectorAll("canvas")].map((one) =>
      one.getContext("2d").getImageData(0, 0, one.width, one.height).data.reduce((a, b) => a + b))
  JS

  def test_pictures_follow_the_theme
    ViewerPage.open(*grown(10, 20)) do |page|
      %w[holders series].each do |place|
        page.go(place)
        wait_until("it is drawn") { page.evaluate(PIXELS).any?(&:positive?) }
        light = page.evaluate(PIXELS)
        choose_theme(page, :Down, :Down)
        wait_until("#{place} is drawn in dark") { page.evaluate(PIXELS) != light }
        choose_theme(page, :Up, :Up)
        wait_until("#{place} is drawn as before") { page.evaluate(PIXELS) == light }
      end
    end
  end

  # What is offered, as the page shows it.
  def offered(page)
    page.evaluate("[...document.querySelectorAll('#offers li')].map((one) => " \
                  "[one.querySelector('bdi').textContent, one.querySelector('small').textContent])")
  end

  def write(page, text)
    page.evaluate("document.getElementById('search').select()")
    page.browser.keys(*text.chars)
  end

  # Goes to the search box and writes there what only Session has in its name.
  def write_of_sessions(page)
    page.browser.keys("/")
    write(page, "sess")
    wait_until("Session is offered") { offered(page).map(&:first) == %w[Session] }
  end

  # The 20 classes with most bytes of those with that text in their names.
  def largest(text)
    rows = HeapDump::Snapshot.open(Shop.dump, index: false).histogram
                             .select { |row| row.label.downcase.include?(text) }
    rows.sort_by { |row| [-row.bytes, row.label] }.select { |row| row.key == row.label }
        .first(20).map { |row| [row.label, HeapDump::Terminal::Units.bytes(row.bytes)] }
  end

  def test_classes_are_offered_by_their_bytes
    ViewerPage.open(Shop.dump) do |page|
      page.browser.keys("/")
      write(page, "s")
      wait_until("classes are offered") { offered(page) == largest("s") }
      write_of_sessions(page)
      assert_empty page.violations
      ["size > 1", "0x5000"].each do |text|
        write(page, text)
        wait_until("#{text} is no class") { offered(page).empty? }
      end
    end
  end

  # What a screen reader is told of the list.
  def told(page)
    page.evaluate(<<~JS)
      (() => {
        const box = document.getElementById("search");
        const marked = document.getElementById(box.getAttribute("aria-activedescendant") ?? "");
        return [box.ariaExpanded, marked?.ariaSelected ?? "none"];
      })()
    JS
  end

  def test_a_class_is_chosen_with_the_keyboard
    ViewerPage.open(Shop.dump) do |page|
      write_of_sessions(page)
      assert_equal %w[true none], told(page)
      page.browser.keys(:Down)
      wait_until("it is marked") { told(page) == %w[true true] }
      assert_empty page.violations
      page.browser.keys(:Enter)
      page.settle
      assert_match(/objects\?class=Session\z/, page.hash)
      assert_equal %w[false none], told(page)
      assert_taken_as_written(page)
    end
  end

  # What is offered need not be taken.
  def assert_taken_as_written(page)
    write_of_sessions(page)
    page.browser.keys(:Escape)
    wait_until("the list is gone") { offered(page).empty? }
    page.browser.keys("i")
    wait_until("it is offered again") { offered(page).any? }
    page.browser.keys(:Enter)
    page.settle
    assert_match(/search\?text=sessi\z/, page.hash)
  end

  def test_a_class_is_chosen_with_the_mouse
    ViewerPage.open(Shop.dump, width: 400, height: 800) do |page|
      write_of_sessions(page)
      assert_operator page.overhang, :<=, 0
      page.click("#offers li", "Session")
      assert_match(/objects\?class=Session\z/, page.hash)
    end
  end
end

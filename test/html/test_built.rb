# frozen_string_literal: true

require "test_helper"
require "digest/sha2"
require "heapdump/html"

# The script and style that are committed are those of web/, and can stand in a page. That each byte
# of them is right is what `rake web:check` shows, which needs node.
class TestBuilt < HeapDumpTest
  WEB = File.join(Child::ROOT, "web")
  Page = HeapDump::Html::Page

  def test_they_are_built_from_these_sources
    skip "the sources are not here" unless File.directory?(WEB)
    names = ["build.mjs", "package-lock.json", *Dir.glob("src/*", base: WEB)].sort
    digest = Digest::SHA256.new
    names.each { |name| digest << "#{name}\0" << File.binread(File.join(WEB, name)) }
    assert_includes Page::SCRIPT, digest.hexdigest, "run `rake web` and commit lib/heapdump/web"
  end

  # A browser ends the element at these, or changes what it hashes.
  def test_they_can_stand_in_a_page
    [Page::SCRIPT, Page::STYLE].each do |text|
      refute_match(%r{</|<!--|\r|\0}i, text)
      assert_predicate text, :ascii_only?
    end
  end

  def test_they_load_nothing_and_make_no_markup
    text = Page::SCRIPT + Page::STYLE
    refute_match(%r{https?:|//\w|url\(|@import|import\(|sourceMapping}, text)
    refute_match(/fetch\(|XMLHttp|WebSocket|EventSource|sendBeacon/, text)
    refute_match(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function/, text)
    assert_match(/Permission to use, copy, modify/, text) # the licence of d3-hierarchy demands it
  end

  def test_they_are_small
    assert_operator Page::SCRIPT.bytesize + Page::STYLE.bytesize, :<, 60_000
  end
end

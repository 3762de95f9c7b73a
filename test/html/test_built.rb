# frozen_string_literal: true

require "test_helper"
require "digest/sha2"
require "heapdump/html"
require "heapdump/web"

# The scripts and styles that are committed are those of web/, and those of the report can stand in
# a page. That each byte of them is right is what `rake web:check` shows, which needs node.
class TestBuilt < HeapDumpTest
  WEB = File.join(Child::ROOT, "web")
  Page = HeapDump::Html::Page
  VIEWER = File.binread(File.join(Child::ROOT, "lib/heapdump/web/viewer.js"))

  def test_they_are_built_from_these_sources
    skip "the sources are not here" unless File.directory?(WEB)
    names = ["build.mjs", "package-lock.json", *Dir.glob("src/**/*.*", base: WEB)].sort
    digest = Digest::SHA256.new
    names.each { |name| digest << "#{name}\0" << File.binread(File.join(WEB, name)) }
    [Page::SCRIPT, VIEWER].each do |script|
      assert_includes script, digest.hexdigest, "run `rake web` and commit lib/heapdump/web"
    end
  end

  def test_the_viewer_compares_as_many_dumps_as_the_server_keeps_open
    skip "the sources are not here" unless File.directory?(WEB)
    assert_includes File.read(File.join(WEB, "src/viewer/context.ts")),
                    "mostDumps = #{HeapDump::Web::Dumps::MOST_OPEN};"
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
    assert_operator VIEWER.bytesize, :<, 200_000
  end

  # The viewer asks the server that it comes from, and nobody else.
  def test_the_viewer_asks_its_own_server
    code = VIEWER.sub(%r{\A/\*!.*?\*/}m, "").delete_prefix("\n")
    assert_equal ["api/v1/"], code.scan(%r{[`"](api/[^$`"]*)}).flatten
    refute_match(%r{https?://(?!www\.w3\.org/)|import\(|sourceMapping}, code)
    refute_match(/XMLHttp|WebSocket|EventSource|sendBeacon|document\.cookie|\beval\b|new Function/,
                 code)
    refute_match(/outerHTML|insertAdjacentHTML|document\.write/, code)
  end

  def test_the_licences_of_what_is_in_it
    %w[d3-hierarchy lit-html uplot].each do |name|
      assert_includes VIEWER, "With parts of #{name}:"
    end
  end
end

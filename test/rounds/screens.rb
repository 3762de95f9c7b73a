# frozen_string_literal: true

# `rake web:screens`: pictures of reports and of the viewer about the dumps of examples/leak, to be
# looked at, in tmp/screens: the whole pages in light and dark, on a phone, without a script, each
# screen of the viewer, and those that the documents show. Takes the dumps that bin/demo has left in
# tmp/demo, else makes some. Those of the documents come from a checkout in /srv/heapdump.

require "fileutils"
require "support/browser"
require "support/child"
require "support/demo"
require "support/viewer_page"
require "heapdump/html"

abort "web:screens SKIPPED: #{Browser.missing}" if Browser.missing

# The pages and their pictures.
class Screens
  FOLDER = "tmp/screens"
  HIGH = 1_500 # of one picture of a page
  KINDS = {
    "light" => { width: 1280 }, "dark" => { width: 1280, dark: true }, "phone" => { width: 400 },
    "plain" => { width: 1280, script: false }
  }.freeze

  def run
    FileUtils.rm_rf(FOLDER)
    FileUtils.mkdir_p(FOLDER)
    paths = dumps
    pages = { "leaks" => write("leaks", paths), "one" => write("one", paths.last(1)) }
    pages.each { |name, page| KINDS.each { |kind, options| shoot(name, page, kind, options) } }
    for_documents(pages["leaks"])
    viewer(paths)
    puts "#{Dir.children(FOLDER).size} files in #{FOLDER}"
  end

  private

  def dumps
    found = Dir["tmp/demo/heap-*.json"]
    return found if found.size > 2

    folder = File.join(FOLDER, "dumps")
    Dir.mkdir(folder)
    Demo.write(folder)
    (1..3).map { |number| File.join(folder, "#{number}.json") }
  end

  def write(name, paths)
    snapshots = paths.map { |path| HeapDump::Snapshot.open(path).redacted }
    File.join(FOLDER, "#{name}.html").tap do |path|
      File.write(path, HeapDump::Html::Report.new(snapshots).to_s)
    end
  end

  def shoot(name, page, kind, options)
    Browser.open(height: HIGH, **options) do |browser|
      browser.visit(page)
      (0...browser.page_height).step(HIGH).with_index do |from, at|
        browser.shoot(File.join(FOLDER, format("%s-%s-%02d.png", name, kind, at)), from: from)
      end
      puts browser.complaints
    end
  end

  # The verdict, and the picture of what is retained, of a checkout that lies where documents say.
  def for_documents(page)
    shown = File.join(FOLDER, "documents.html")
    File.write(shown, File.read(page).gsub(Dir.pwd, "/srv/heapdump"))
    Browser.open(width: 960, height: HIGH) do |browser|
      browser.visit(shown)
      part(browser, "report-verdict", "#leaking article", "#leaking ol.path")
      part(browser, "report-picture", "#picture", "#picture")
    end
  end

  VIEWER = {
    "overview" => "overview", "leaks" => "leaks", "series" => "series", "holders" => "holders",
    "grown" => "holders?by=class&colour=growth&baseline=%<first>s",
    "classes" => "classes?baseline=%<first>s", "objects" => "objects?class=Shop%%3A%%3ASession",
    "holding" => "holding?class=Shop%%3A%%3ASession&baseline=%<first>s", "strings" => "strings",
    "procs" => "procs",
    "threads" => "threads", "pages" => "pages", "search" => "search?text=Shop",
    "object" => "object/%<largest>s"
  }.freeze
  FOR_DOCUMENTS = { "overview" => 640, "holders" => 760, "object" => 800, "holding" => 700 }.freeze
  private_constant :VIEWER, :FOR_DOCUMENTS

  # Each screen of the viewer, and the heads of some for the documents.
  def viewer(paths)
    largest = HeapDump::Snapshot.open(paths.last).top(limit: 1, program: true).first
    KINDS.except("plain").each do |kind, options|
      ViewerPage.open(*paths, height: HIGH, **options) do |page|
        VIEWER.each do |name, place|
          page.go(format(place, first: page.ids.first, largest: largest))
          page.browser.shoot(File.join(FOLDER, "viewer-#{name}-#{kind}.png"),
                             height: [page.browser.page_height, HIGH * 2].min)
          puts page.browser.complaints
        end
      end
    end
    ViewerPage.open(*paths, width: 1_200, height: HIGH) do |page|
      FOR_DOCUMENTS.each do |name, height|
        page.go(format(VIEWER[name], first: page.ids.first, largest: largest))
        page.browser.shoot(File.join(FOLDER, "viewer-#{name}.png"), height: height)
      end
    end
  end

  MARGIN = 12
  private_constant :MARGIN

  # From the top of one element to the bottom of another.
  def part(browser, name, first, last)
    top, bottom = browser.evaluate(<<~JS)
      ["#{first}", "#{last}"].map((one) => document.querySelector(one).getBoundingClientRect())
        .map((box, at) => (at === 0 ? box.top : box.bottom) + window.scrollY)
    JS
    browser.shoot(File.join(FOLDER, "#{name}.png"), from: top - MARGIN,
                                                    height: bottom - top + (2 * MARGIN))
  end
end

Screens.new.run

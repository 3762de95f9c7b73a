# frozen_string_literal: true

require "test_helper"
require "support/many_procs"
require "support/shop"
require "support/viewer_page"

# Lists of the page of `heapdump ui` that show a part of their rows.
class TestViewerFilters < HeapDumpTest
  include NeedsBrowser

  # Numbers and pages are those of the rows that are left; what is wrong is said beside the fields.
  def test_classes_are_filtered
    snapshot = HeapDump::Snapshot.open(Shop.dump, index: false)
    left = snapshot.histogram.select { |row| row.objects > 5 && row.bytes <= 65_536 }
    ViewerPage.open(Shop.dump) do |page|
      page.go("classes?sort=label")
      fill(page, objects: ">5", bytes: "<=64k")
      assert_match(/sort=label&bytes=%3C%3D64k&objects=%3E5\z/, page.hash)
      assert_includes page.texts(".lead").first, "#{left.size} classes meet the filters"
      assert_equal left.size, page.texts("tbody tr").size
      fill(page, objects: "many")
      assert_match(/objects is a number or numbers as >1000/, page.texts("[role=alert]").first)
      assert_empty page.violations
      fill(page, objects: "", bytes: "")
      assert_empty page.texts("[role=alert]")
    end
  end

  def fill(page, fields)
    fields.each do |name, text|
      page.evaluate("document.querySelector('form.query [name=#{name}]').value = #{text.to_json}")
    end
    page.click("form.query button", "Show")
  end

  def test_objects_are_sorted_by_length_and_filtered_by_size
    snapshot = HeapDump::Snapshot.open(Shop.dump, index: false)
    found = snapshot.find(type: "HASH", min_size: 100, sort: :length, limit: 100)
    ViewerPage.open(Shop.dump) do |page|
      page.go("objects?type=HASH")
      fill(page, min_size: "100")
      page.click("p.choice a", "length")
      assert_match(/min_size=100&sort=length/, page.hash)
      assert_equal found.map(&:to_s), page.texts("tbody .address")
      assert_includes page.evaluate("document.querySelector('details.same').textContent"),
                      "--min-size 100 --sort length"
    end
  end

  # What would still be held without a branch.
  def test_who_holds_without_a_branch
    merged = HeapDump::Snapshot.open(Shop.dump, index: false).merged_paths({ class: "Session" })
    total = merged.first.objects
    cache = merged.find_index { |branch| branch.to_s == "constant CACHE → Hash" }
    ViewerPage.open(Shop.dump) do |page|
      page.go("holding?class=Session")
      texts = page.texts("tbody tr th").map { |text| text[/[^ └].*/] }
      row = texts.each_index.find { |at| texts[at] == "[…] → Session" && at > cache }
      page.evaluate("document.querySelectorAll('tbody tr')[#{row}].querySelector('td a').click()")
      page.settle
      left = total - 80
      assert_match(/As if 80 references did not hold:\s+#{left} of #{total} objects\s+are still/,
                   page.texts("p.answer").first)
      assert_includes page.text, "#{left} of #{left}"
      assert_empty page.violations
      page.click("main a", "Back to all paths")
      assert_empty page.texts("p.answer")
      page.go("holding?class=Session&without=0")
      assert_includes page.texts("[role=alert]").first, "without is a number from 1"
    end
  end

  def test_who_holds_from_the_objects_on
    ViewerPage.open(Shop.dump) do |page|
      page.go("holding?class=Session")
      total = page.texts("tbody td").first[/\d+\z/]
      page.click("p.choice a", "the objects")
      assert_match(/class=Session&invert=1\z/, page.hash)
      rows = page.texts("tbody tr").map { |row| row.gsub(/\s+/, " ") }
      assert_match(/\Aall #{total} of #{total}/, rows.first)
      assert_match(/\A└ \[…\] → Session 8[0-9] of #{total}/, rows[1].strip)
      assert_match(/\A└ constant CACHE → Hash 80 of #{total}/, rows[2].strip)
      assert_empty page.violations
    end
  end

  def test_finalizers_are_counted_by_their_classes
    path = Shop.dump({ gc: false })
    found = HeapDump::Snapshot.open(path, index: false).find(where: "flag = finalizer", limit: 200)
    refute_empty found
    classes = found.map { |node| node.class_node.name }.tally.sort_by { |_, number| -number }
    ViewerPage.open(path) do |page|
      card = page.texts("ul.cards li").find { |text| text.start_with?("Finalizers") }
      assert_match(/^#{found.total} objects?$/, card)
      assert_includes card, "#{classes.first.last} #{classes.first.first}"
      page.click("ul.cards a[href*='flag']", "#{found.total} object")
      assert_includes page.texts("caption").first, "#{found.total} object"
    end
  end

  def test_many_procs_of_one_place
    all = HeapDump::Snapshot.open(ManyProcs.dump).find(where: "proc = /srv/app/bus.rb:10").total
    ViewerPage.open(ManyProcs.dump) do |page|
      card = page.texts("ul.cards li").find { |text| text.start_with?("Many procs of one place") }
      assert_includes card, "300 of /srv/app/bus.rb:10"
      page.click("ul.cards a[href*='procs']", "300 of")
      row = page.texts("tbody tr").first
      assert_match(%r{/srv/app/bus\.rb:10.*each_request.*300.*50 × ManyProcsBus\#@subs}m, row)
      page.click("tbody a[href*='objects']", "list")
      assert_includes page.texts("caption").first, "#{all} objects"
      page.go("procs")
      page.click("tbody a[href*='holding']", "who holds")
      assert_includes page.texts("tbody tr").first, "of 300"
    end
  end

  def test_who_holds_pages_with_little_on_them
    count = HeapDump::Snapshot.open(Shop.dump, index: false).summary.memory.sparse_objects
    ViewerPage.open(Shop.dump) do |page|
      page.go("pages")
      next assert_includes(page.text, "no fragmentation") if count.zero?

      page.click("main a", "who holds them")
      assert_match(/holding\?where=page\+%3D\+sparse\z/, page.hash)
      assert_includes page.texts("tbody tr").first, "of #{count}"
    end
  end
end

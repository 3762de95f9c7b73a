# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/report_page"

# A report is never too large to be sent: 1 MiB, whatever the dump, and what is left out is told.
class TestBudget < HeapDumpTest
  include GrownDumps

  MOST = HeapDump::Html::Report::MOST
  # Names that become longer when they are escaped, in each way.
  LONG = ["x" * 10_240, "<&\"'>" * 2_048, "\u202E\u0000" * 4_000, "é" * 10_000].freeze

  def size(page)
    page.html.bytesize
  end

  # So many classes, of which the first have long names.
  def classes(number, long)
    dump(number) do |made|
      all = Array.new(number) do |i|
        name = i < long ? "C#{i}#{LONG[i % LONG.size]}" : "Class#{i}"
        made.object(name, address: 0x5000_0000 + (i * 64), memsize: 40 + (number - i))
      end
      made.constant("ALL", made.array(all, address: 0x4000_0000))
    end
  end

  def test_a_hundred_thousand_classes
    page = ReportPage.of(classes(100_000, 600))
    assert_operator size(page), :<=, MOST
    assert_empty page.errors
    rows = page.rows("Live objects by class")
    assert_match(/\A[\d,]+ smaller classes\z/, rows[-2].first)
    assert_operator rows.size, :>, 100
    assert_equal 100_001, rows.sum { |row| row[4].delete(",").to_i } - rows.last[4].delete(",").to_i
    long = rows.map(&:first).grep(/\AC0x/).first
    assert_match(/\AC0x+… \(10,242 characters\) …x+\z/, long)
  end

  def test_long_names_everywhere
    paths = [10, 30, 60].map.with_index { |count, number| long_names(count, number) }
    [paths, [paths.last]].each do |dumps|
      page = ReportPage.of(*dumps)
      assert_operator size(page), :<=, MOST
      assert_empty page.errors
    end
  end

  # Names that become longer when they are escaped are in every place where a name may be.
  def long_names(count, number)
    dump(number) do |made|
      LONG.each_with_index do |name, i|
        list = objects(made, "#{name}#{i}", count, 0x50_0000 + (i * 0x10_0000)) do |at|
          { name => at.zero? ? made.string(name) : nil }
        end
        made.constant(name, made.hash([[made.string(name), made.array(list)]]))
        20.times { |copy| made.constant("#{name}#{copy}", made.string(name, memsize: 10_000)) }
      end
      threads(made)
    end
  end

  # As many threads and frames as are shown, and some more.
  def threads(made)
    frames = Array.new(35) { |line| [LONG[line % LONG.size], "/app.rb", line] }
    55.times { made.root(made.thread(frames, thread_name: LONG[1])) }
  end

  # With less room lists become shorter and shorter, and their sums stay.
  def test_the_room_is_kept_and_the_rest_is_told
    path = classes(1_000, 0)
    whole = ReportPage.of(path)
    objects = sum_of_classes(whole)
    refute_match(/To keep this file small/, whole.text("footer"))
    [100_000, 80_000, 60_000].each do |most|
      page = ReportPage.of(path, most: most)
      assert_operator size(page), :<=, most
      assert_match(/Classes: what the heap is made of: \d+ classes instead of 300/,
                   page.text("footer"))
      assert_equal objects, sum_of_classes(page)
      assert_empty page.errors
    end
  end

  def sum_of_classes(page)
    page.rows("Live objects by class").sum { |row| row[4].delete(",").to_i }
  end

  def test_too_little_room_for_anything
    error = assert_raises(HeapDump::Html::Report::TooLarge) do
      ReportPage.of(classes(1_000, 0), most: 10_000)
    end
    assert_match(/\Athe report has \d+ bytes, more than 10000\z/, error.message)
  end

  def test_many_dumps
    counts = Array.new(HeapDump::Leaks::MOST_DUMPS) { |i| 100 * i }
    paths = grown(*counts)
    page = ReportPage.of(*paths)
    assert_equal 32, page.rows("Dumps, the oldest first").size
    assert_match(/\A0 → 100 → 200 → … → 2,900 → 3,000 → 3,100\z/,
                 page.rows("Growth by class").find { |row| row.first == "Session" }[4])
    head = HeapDump::Html::Head.new(HeapDump::Html::Subject.new(paths.map do |path|
      HeapDump::Snapshot.open(path)
    end))
    rows = ReportPage.new(head.shorten.markup).rows("Dumps, the oldest first")
    assert_equal ["24.json", "32.json", "7 dumps before the last"], rows.last(3).map(&:first)
  end

  # What stands once in a dump can be long, too.
  def test_a_footer_and_a_header_without_end
    heaps = Array.new(50_000) { |i| { slot_size: 40 + i, pages: 1, slots: 9, free: 1 } }
    path = dump(program: LONG[1], memory: { rss: 10**9 }) { |made| made.array([]) }
    text = File.read(path).sub('"heaps":[]', "\"heaps\":#{JSON.generate(heaps)}")
    text = text.sub('"ruby":"3.3.0"', "\"ruby\":#{JSON.generate(LONG[2])}")
    File.write(path, text)
    page = ReportPage.of(path, values: true)
    assert_operator size(page), :<=, 200_000
    assert_equal "49,980 other sizes", page.rows("Pages by the size of their slots").last.first
  end

  # Names that differ in digits alone would be one leak.
  def test_many_leaks
    paths = [10, 200, 400].map.with_index do |count, number|
      dump(number) do |made|
        ("aa".."bd").each_with_index do |name, i|
          sessions = objects(made, "Leak#{name}", count + (i * number * number),
                             0x50_0000 + (i * 0x10_0000))
          made.constant("LIST_#{name}", made.array(sessions))
        end
      end
    end
    page = ReportPage.of(*paths)
    assert_equal 10, page.tree.css("#leaking article").size
    assert_equal 20, page.rows("Further suspects").size
    assert_match(/\A30 leaks found in 3 dumps: .*, others\.\z/, page.text("header .answer"))
  end
end

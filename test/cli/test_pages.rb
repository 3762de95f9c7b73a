# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/made_dump"
require "support/shop"

# Pages of the commands line by line: what stands on them, and that nothing is left out.
class TestPages < HeapDumpTest
  include CommandLine

  def shop
    Shop.dump
  end

  def made(&)
    MadeDump.write(File.join(scratch, "heap.json"), 0, &)
  end

  def test_diff_begins_with_all_objects_and_ends_with_what_is_not_shown
    lines = diff!(shop, Shop.dump({}, sessions: 200), "--limit", "2").lines
    number = "[\\d,]+"
    assert_match(/\ALiving objects: #{number} → #{number}   bytes: \S+ \S+ → \S+ \S+\z/, lines[0])
    assert_match(/\AProcess \(RSS\):  \S+ \S+ → \S+ \S+\z/, lines[1])
    assert_equal "", lines[-5]
    assert_match(/\A +bytes +objects +objects in each +class\z/, lines[-4])
    assert_match(/\A… \d+ more \(--limit \d+ shows all\)\z/, lines.last)
  end

  def test_show_counts_the_instances_of_a_class
    node = HeapDump::Snapshot.open(shop).find(type: "CLASS", limit: 10_000)
    session = node.find { |one| one.name == "Session" }
    lines = heapdump!("show", shop, session.to_s).lines
    assert_includes lines, "  and 84 objects of this class"
    assert_includes lines, "class  #{HeapDump::Snapshot::Describe.title(session.class_node)}"
    refute_includes lines, "  and 1 object of this class"
  end

  def test_strings_say_who_holds_how_many_of_them
    file = made do |made|
      made.constant("USERS", made.array(Array.new(3) do
        made.object("User", ivars: { :@name => made.string("the same"),
                                     :@mail => made.string("elsewhere as well") })
      end))
      made.constant("OTHER", made.array([made.string("elsewhere as well")]))
    end
    lines = heapdump!("strings", file).lines
    assert_match(/\A7 strings live\. 7 of them are copies of 2 texts: one of each would save /,
                 lines[0])
    assert_equal ["", "saved  copies  address   value                held by"],
                 lines[1, 2].map(&:strip)
    assert_match(/ 4  0x\h+  "elsewhere as well"  User\#@mail \(3 of 4\), Array \[0\] \(1 of 4\)\z/,
                 lines[3])
    assert_match(/ 3  0x\h+  "the same"           User\#@name\z/, lines[4])
    assert_equal 5, lines.size
  end

  def test_summary_has_these_parts
    lines = heapdump!("summary", shop).lines
    parts = ["Memory", "Types", "Classes", "Generations, places and gems", "Most referred to",
             /\ADuplicate strings  \d+ copies of \d+ texts; one of each would save /]
    places = parts.map { |part| lines.index { |line| part === line } } # rubocop:disable Style/CaseEquality
    assert_equal places.compact.sort, places
    places.each { |place| assert_equal "", lines[place - 1] }
    assert_includes lines[places[3] + 1], "allocations were not traced"
  end

  def test_shares_are_of_all_that_lives
    total = HeapDump::Snapshot.open(shop).graph.totals[1]
    row = heapdump!("top", shop, "--json").json["top"].first
    share = HeapDump::Terminal::Units.percent(row["retained"], total)
    assert_match(/\A *\S+ \S+ +#{Regexp.escape(share)} /, heapdump!("top", shop).lines[1])
  end

  def test_why_says_how_many_groups_are_not_shown
    more = [1, 100].map do |limit|
      heapdump!("why", shop, "Session", "--limit", limit.to_s, "--json").json["more_groups"]
    end
    assert_equal [4, 0], more
  end
end

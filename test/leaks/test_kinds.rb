# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"

# What makes the heap grow is told even if nothing of the program is accused: what the VM alone
# holds, and else the classes that have most of the growth.
class TestKinds < HeapDumpTest
  include CommandLine
  include GrownDumps

  def test_the_symbol_table
    dumps = symbol_tables(10, 40, 70)
    found = HeapDump.leaks(*dumps)
    assert_empty found
    refute_predicate found, :held_grew?
    grown = found.also_grew.first
    assert_equal ["String", [10, 40, 70], [40_000, 160_000, 280_000], "the symbol table"],
                 [grown.class_name, grown.counts, grown.bytes, grown.holder]
    assert_match(/\Ait grew in every step, and the VM alone holds it: a name that code /,
                 grown.cleared_because)
    assert_includes heapdump!("leaks", *dumps).out,
                    "not accused: String 10 → 40 → 70 objects, 39.1 KiB → 156.2 KiB → 273.4 KiB, " \
                    "held by the symbol table: it grew in every step"
  end

  def test_little_growth_of_the_vm_is_not_told
    assert_empty HeapDump.leaks(*symbol_tables(10, 12, 14)).also_grew
    assert_empty HeapDump.leaks(*symbol_tables(40, 40, 10)).also_grew
  end

  def test_call_infos_and_call_caches
    dumps = [10, 40, 70].map do |count|
      dump(count) do |made|
        count.times do
          made.root(made.internal("callinfo", memsize: 4_000))
          made.root(made.internal("callcache", memsize: 3_000))
        end
      end
    end
    found = HeapDump.leaks(*dumps)
    assert_predicate found, :held_grew?
    assert_equal [["call infos", [40_000, 160_000, 280_000], "the VM (vm)"],
                  ["call caches", [30_000, 120_000, 210_000], "the VM (vm)"]],
                 found.also_grew.map { |one| [one.class_name, one.bytes, one.holder] }
    assert_match(/each place that calls a method has its own/,
                 found.also_grew.first.cleared_because)
  end

  # Ten calls, each with a page that nothing else holds.
  def test_what_call_caches_alone_hold
    dumps = cached_pages(0, 10, 20)
    suspect = HeapDump.leaks(*dumps).first
    assert_equal ["Page", [0, 10, 20], "medium"],
                 [suspect.class_name, suspect.counts, suspect.confidence]
    assert_match(%r{\Acall cache of /app/go\.rb:\d+ \(render\)\z}, suspect.holder)
    assert_match(/only caches of calls hold it/, suspect.reasons.join)
    assert_match(%r{kept only by the call cache of /app/go\.rb:\d+ \(render\)},
                 heapdump!("why", dumps.last, "Page").out)
    page = suspect.path.target.to_s
    json = heapdump!("why", "--json", dumps.last, "Page").json
    assert_match(/\Akept only by the call cache of /, json["groups"].first["note"])
    [heapdump!("why", "--json", dumps.last, page).json["paths"].first,
     heapdump!("show", "--json", dumps.last, page).json["path"]].each do |path|
      assert_match(/\Akept only by the call cache of /, path["note"])
    end
    assert_match(/kept only by the call cache/, heapdump!("show", dumps.last, page).out)
    assert_empty HeapDump.leaks(*cached_pages(0, 2, 4)), "it is little"
  end

  def test_silence_has_to_be_earned
    dumps = items_in_two_lists
    found = HeapDump.leaks(*dumps)
    assert_empty found.suspects + found.cleared
    assert_predicate found, :held_grew?
    assert_equal [["Item", [1_000, 2_000, 3_000], nil, "it grew in every step, but on no path"]],
                 found.also_grew.map { |one| one.to_h.except(:bytes).values }
    out = heapdump!("leaks", *dumps).out
    assert_match(/\ANothing is accused, but what is held grew in every step\. Held: /, out)
    assert_match(/^not accused: Item 1,000 → 2,000 → 3,000 objects, 39\.1 KiB → 78\.1 KiB → /, out)
    json = heapdump!("leaks", "--json", *dumps).json
    assert json["held_grew"]
    assert_equal ["Item"], json["also_grew"].map { |one| one["class"] }
  end

  def test_growth_of_many_kinds
    dumps = items_in_two_lists(*("ItemA".."ItemT"))
    grown = HeapDump.leaks(*dumps).also_grew
    assert_equal [[50, 100, 150]] * 3, grown.map(&:counts)
  end

  # Newer Rubies hold the symbol table by a list.
  def test_the_symbol_table_in_a_list
    dumps = symbol_tables(10, 40, 70, pinned: true)
    assert_equal "the symbol table", HeapDump.leaks(*dumps).also_grew.first.holder
  end

  # Objects that are as many, and larger: nothing else shows them.
  def test_the_same_objects_with_more_memory
    dumps = [1_000, 3_000, 5_000].map.with_index do |size, number|
      dump(number) do |made|
        list = objects(made, "Table", 300, 0x50_0000, memsize: size)
        made.constant("TABLES", made.array(list))
      end
    end
    grown = HeapDump.leaks(*dumps).also_grew
    assert_equal [["Table", [300, 300, 300], "as many objects need more room"]],
                 grown.map { |one| [one.class_name, one.counts, one.cleared_because] }
  end

  def test_what_a_leak_explains_is_not_told_again
    found = HeapDump.leaks(*grown(0, 100, 200))
    assert_equal ["Session"], found.map(&:class_name)
    assert_predicate found, :held_grew?
    assert_empty found.also_grew
    assert_empty HeapDump.leaks(*texts(100, 9_000, 19_000)).also_grew
  end

  def test_little_growth_earns_silence
    dumps = [0, 10, 20].map do |more|
      dump(more) do |made|
        made.constant("DATA", made.string("data", memsize: 100_000 + (more * 100)))
        made.constant("OTHERS", made.array(objects(made, "Item", 50 - more, 0x50_0000)))
      end
    end
    refute_predicate HeapDump.leaks(*dumps), :held_grew?
    assert_match(/\ANothing is accused\. Held: /, heapdump!("leaks", *dumps).out)
  end
end

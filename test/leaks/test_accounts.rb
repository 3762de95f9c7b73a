# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"

# Which parts of the process grew, from accounts that are made by hand.
class TestAccounts < HeapDumpTest
  Memory = Struct.new(:rss, :parts, :object_bytes, :files)
  MappedFile = HeapDump::Snapshot::Account::MappedFile
  Dump = Struct.new(:path, :account)

  NAMES = %i[heap_pages object_malloc other_malloc free_malloc stacks code jit rest].freeze
  FLAT = NAMES.to_h { |name| [name, [100, 100, 100]] }.freeze

  # The accounts of three dumps in which only these parts change. +objects+ is what objects have
  # allocated as they say it, +files+ has the mapped files of each dump.
  def accounts(objects: nil, files: [[], [], []], **changes)
    series = FLAT.merge(changes)
    objects ||= series[:object_malloc]
    dumps = 3.times.map do |at|
      parts = series.transform_values { |bytes| bytes[at] }
      Dump.new("#{at} .json", Memory.new(parts.values.sum, parts, objects[at], files[at]))
    end
    HeapDump::Leaks::Accounts.new(dumps, [50, 50, 50])
  end

  def without_parts(*rss, held: [50, 50, 50])
    dumps = rss.map { |size| Dump.new("a.json", Memory.new(size, {})) }
    HeapDump::Leaks::Accounts.new(dumps, held)
  end

  def names(accounts)
    accounts.growth.map(&:name)
  end

  def test_nothing_grew
    assert_empty accounts.growth
    assert_empty accounts(stacks: [100, 100, 900]).growth, "in one step alone"
    assert_empty accounts(stacks: [100, 900, 899]).growth, "it fell"
    assert_empty accounts(stacks: [100, 110, 139]).growth, "by less than 5 % of 800"
    assert_equal 0, accounts.unexplained
  end

  def test_each_part_is_told_with_a_reason
    NAMES.each do |name|
      process, part = accounts(name => [100, 500, 900]).growth
      assert_equal ["rss", [800, 1200, 1600]], [process.name, process.bytes]
      assert_equal [name.to_s, [100, 500, 900]], [part.name, part.bytes]
      assert_equal "#{part.label} (+800 B)", process.explained_by
      assert_kind_of String, part.explained_by
      assert_equal %i[part bytes explained_by next_step], part.to_h.keys
    end
  end

  def test_the_largest_growth_comes_first_and_small_parts_are_left_out
    found = accounts(stacks: [100, 200, 400], jit: [100, 300, 600], code: [100, 110, 130])
    assert_equal %w[rss jit stacks], names(found)
    assert_equal "JIT code (+500 B)", found.growth.first.explained_by, "which is more than half"
  end

  def test_parts_that_take_turns
    found = accounts(stacks: [100, 500, 500], jit: [100, 100, 450])
    assert_equal %w[rss], names(found)
    assert_equal "stacks (+400 B); not in every step", found.growth.first.explained_by
    assert_match(/\Ano part of the process grew much in every step/, found.growth.first.next_step)
  end

  def test_parts_with_less_than_half_do_not_explain_it
    found = accounts(stacks: [100, 200, 300], jit: [100, 100, 400], rest: [100, 400, 100])
    assert_equal %w[rss stacks], names(found)
    assert_equal "JIT code (+300 B); not in every step", found.growth.first.explained_by
    assert_match(/\Ano parts with half of it grew in every step/, found.growth.first.next_step)
  end

  def test_unexplained
    assert_equal 800, accounts(other_malloc: [100, 500, 900]).unexplained
    assert_equal 900, accounts(other_malloc: [100, 50, 900], rest: [100, 50, 200]).unexplained
    assert_equal 0, accounts(other_malloc: [100, 500, 50], stacks: [100, 200, 900]).unexplained
  end

  # Memory of objects that was never written to hides what others allocate.
  def test_objects_that_have_more_than_is_in_memory
    found = accounts(object_malloc: [100, 500, 900], objects: [9000, 9000, 9010])
    assert_equal 790, found.unexplained
    part = found.growth.last
    assert_equal "object_malloc", part.name
    assert_match(/library in C/, part.explained_by)
    assert_match(/heaptrack/, part.next_step)
    assert_equal 800, accounts(object_malloc: [100, 500, 900], objects: [900, 90, 9]).unexplained
    found = accounts(object_malloc: [100, 500, 900], objects: [200, 600, 990])
    assert_equal ["what objects have allocated besides their slots; all that is held, with the " \
                  "slots in heap pages: 0 B", 10],
                 [found.growth.last.explained_by, found.unexplained]
    assert_equal 0, accounts(objects: [9000, 90, 9]).unexplained
  end

  def test_mapped_files_that_grew_are_named
    files = [[["/lib/a.so", 50], ["/b", 10]], [], [["/data\n", 700], ["/lib/a.so", 90], ["/b", 9]]]
    files = files.map { |list| list.map { |one| MappedFile.new(*one) } }
    part = accounts(code: [100, 500, 900], files: files).growth.last
    assert part.explained_by.end_with?(": /data\\n +700 B, /lib/a.so +40 B"), part.explained_by
    part = accounts(code: [100, 1000, 9000], files: files).growth.last
    refute_includes part.explained_by, "/data", "a tenth of the growth"
  end

  def test_dumps_that_have_the_size_of_the_process_alone
    found = without_parts(800, 1200, 1600)
    assert_equal %w[rss], names(found)
    assert_nil found.growth.first.explained_by
    assert_match(/libraries in C/, found.growth.first.next_step)
    assert_equal 800, found.unexplained
    found = without_parts(800, 1200, 1600, held: [50, 300, 450])
    assert_equal ["held objects (+400 B)", nil],
                 [found.growth.first.explained_by, found.growth.first.next_step]
    assert_equal 400, found.unexplained
    found = without_parts(800, 1200, 1600, held: [50, 300, 950])
    assert_equal "held objects (+900 B), some of it in memory that the process had",
                 found.growth.first.explained_by
  end

  def test_dumps_without_the_size_of_the_process
    found = without_parts(800, nil, 1600, held: [50, 60, 70])
    assert_empty found.growth
    assert_nil found.rss
    assert_nil found.unexplained
  end
end

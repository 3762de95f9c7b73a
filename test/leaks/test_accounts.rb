# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"

# Which parts of the process grew, from accounts that are made by hand.
class TestAccounts < HeapDumpTest
  Memory = Struct.new(:rss, :parts)
  Dump = Struct.new(:path, :account)

  NAMES = %i[heap_pages object_malloc other_malloc free_malloc stacks code jit rest].freeze
  FLAT = NAMES.to_h { |name| [name, [100, 100, 100]] }.freeze

  # The accounts of three dumps in which only these parts change.
  def accounts(**changes)
    series = FLAT.merge(changes)
    dumps = 3.times.map do |at|
      parts = series.transform_values { |bytes| bytes[at] }
      Dump.new("#{at} .json", Memory.new(parts.values.sum, parts))
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
      assert_equal part.label, process.explained_by
      assert_kind_of String, part.explained_by
      assert_equal %i[part bytes explained_by next_step], part.to_h.keys
    end
  end

  def test_the_largest_growth_comes_first_and_small_parts_are_left_out
    found = accounts(stacks: [100, 200, 400], jit: [100, 300, 600], code: [100, 110, 130])
    assert_equal %w[rss jit stacks], names(found)
    assert_equal "code of the JIT", found.growth.first.explained_by, "which is more than half"
  end

  def test_parts_that_take_turns_explain_nothing
    found = accounts(stacks: [100, 500, 500], jit: [100, 100, 500])
    assert_equal %w[rss], names(found)
    assert_nil found.growth.first.explained_by
    assert_match(/\Ano part of the process grew much in every step/, found.growth.first.next_step)
  end

  def test_parts_with_less_than_half_do_not_explain_it
    found = accounts(stacks: [100, 200, 300], jit: [100, 100, 400], rest: [100, 400, 100])
    assert_equal %w[rss stacks], names(found)
    assert_nil found.growth.first.explained_by
    assert_match(/\Ano parts with half of it grew in every step/, found.growth.first.next_step)
  end

  def test_unexplained
    assert_equal 800, accounts(other_malloc: [100, 500, 900]).unexplained
    assert_equal 900, accounts(other_malloc: [100, 50, 900], rest: [100, 50, 200]).unexplained
    assert_equal 0, accounts(other_malloc: [100, 500, 50], stacks: [100, 200, 900]).unexplained
  end

  def test_dumps_that_have_the_size_of_the_process_alone
    found = without_parts(800, 1200, 1600)
    assert_equal %w[rss], names(found)
    assert_nil found.growth.first.explained_by
    assert_match(/libraries in C/, found.growth.first.next_step)
    assert_equal 800, found.unexplained
    found = without_parts(800, 1200, 1600, held: [50, 300, 450])
    assert_equal ["held objects", nil],
                 [found.growth.first.explained_by, found.growth.first.next_step]
    assert_equal 400, found.unexplained
  end

  def test_dumps_without_the_size_of_the_process
    found = without_parts(800, nil, 1600, held: [50, 60, 70])
    assert_empty found.growth
    assert_nil found.rss
    assert_nil found.unexplained
  end
end

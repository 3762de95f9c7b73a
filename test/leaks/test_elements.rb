# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"

# An array has more elements in each dump, and all of them are objects that were there before.
class TestElements < HeapDumpTest
  include GrownDumps

  OBJECTS = 6_000 # ALL holds as many in each dump

  def test_a_list_that_is_filled_again_with_others
    assert_equal [["LIST", "other objects each time: a number that goes up and down"]],
                 cleared([0..99, 200..314, 400..531, 600..746])
  end

  def test_a_list_to_which_is_added
    assert_equal [10, 110, 210, 310], accused([0..9, 0..109, 0..209, 0..309])
  end

  # A log of the same few objects over and over.
  def test_the_same_object_many_times
    lists = [10, 110, 210, 310].map { |count| Array.new(count) { |at| at % 3 } }
    assert_equal [10, 110, 210, 310], accused(lists)
  end

  # As a queue does from which the oldest are taken.
  def test_most_stay
    assert_equal [100, 150, 200, 250], accused([0..99, 20..169, 40..239, 60..309])
  end

  # Of long lists nothing is known.
  def test_long_lists
    lists = [0..999, 1_000..2_099, 3_000..4_199]
    assert_equal [1_000, 1_100, 1_200], accused(lists)
    assert_empty cleared(lists)
  end

  private

  def accused(lists)
    HeapDump.leaks(*dumps(lists)).suspects.map(&:counts).then { |all| all.size == 1 ? all[0] : all }
  end

  def cleared(lists)
    HeapDump.leaks(*dumps(lists)).cleared.map do |one|
      [one.holder[/[A-Z]{2,}/], one.cleared_because]
    end
  end

  def dumps(lists)
    lists.map do |list|
      dump do |made|
        all = objects(made, "Session", OBJECTS, 0x50_0000)
        made.constant("ALL", made.array(all))
        made.constant("LIST", made.array(all.values_at(*list)))
      end
    end
  end
end

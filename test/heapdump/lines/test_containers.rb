# frozen_string_literal: true

require "test_helper"

# ARRAY, HASH and STRUCT lines.
class TestContainers < HeapDumpTest
  include Planted

  def test_containers_are_as_planted
    assert_family "Containers"
  end

  def test_floats_keep_every_bit_and_their_look
    array = Dumps.nasty.planted(:array_floats)
    array.fetch("elements").each { |element| assert_instance_of Float, element }
    heap = Dumps.nasty.planted(:array_heap_floats).fetch("elements")
    values = heap.map { |address| Dumps.nasty.dump[address].fetch("value") }
    assert_equal [-0.0, 1e300, 5e-324, "NaN", "Infinity"], values
    assert_equal(-Float::INFINITY, 1 / values.first)
  end

  def test_a_shared_array_says_where_its_elements_are
    shared = Dumps.nasty.planted(:array_shared)
    root = Dumps.nasty.dump[shared.fetch("shared_root")]
    held = root.fetch("elements")[shared.fetch("offset"), shared.fetch("length")]
    assert_equal (100...500).map { |i| i.odd? ? "OBJECT" : i }, kinds(held)
  end

  def test_an_array_that_shares_has_its_elements_somewhere
    line = Dumps.nasty.planted(:array_sharing)
    elements = line["elements"] ||
               Dumps.nasty.dump[line.fetch("shared_root")].fetch("elements")
    assert_equal 500, elements.size
  end

  def test_a_million_elements
    integers = Dumps.nasty.planted(:giant_integers)
    assert_equal (0...1_000_000).to_a, integers.fetch("elements")
    objects = Dumps.nasty.planted(:giant_objects).fetch("elements")
    assert_equal 1_000_000, objects.size
    assert_equal 10, objects.uniq.size
  end

  def test_a_hundred_thousand_entries
    entries = Dumps.nasty.planted(:giant_hash).fetch("entries")
    assert_equal (0...100_000).map { |i| [i, -i] }, entries
    keys = Dumps.nasty.planted(:giant_string_keys).fetch("entries").map(&:first)
    assert_equal "key 19999", Dumps.nasty.dump[keys.last].fetch("value")
  end

  def test_a_chain_is_followed_to_its_end
    line = Dumps.nasty.planted(:giant_chain)
    length = 1
    while (inner = line.fetch("elements").first)
      line = Dumps.nasty.dump[inner]
      length += 1
    end
    assert_equal 20_000, length
  end

  private

  def kinds(elements)
    elements.map { |element| element.is_a?(String) ? Dumps.nasty.dump[element]["type"] : element }
  end
end

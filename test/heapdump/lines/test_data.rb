# frozen_string_literal: true

require "test_helper"

# Files, regexps, enumerators, weak tables and whatever else is implemented in C.
class TestData < HeapDumpTest
  include Planted

  def test_data_is_as_planted
    assert_family "Data"
  end

  def test_every_data_line_names_its_struct
    nameless = dump.select("DATA").reject { |line| line["struct"].is_a?(String) }
    assert_operator nameless.size, :<, 20, "more than MRI's own untyped ones" # hidden, no type
    assert_none nameless.select { |line| line["class"] }, "DATA lines have no struct"
  end

  def test_sources_of_regexps
    line = planted(:regexp_literal)
    assert_equal line["value"], dump[line.fetch("source")]["value"]
  end

  def test_arguments_of_an_enumerator
    args = dump[planted(:enumerator).fetch("args")]
    assert_equal ["ARRAY", [2]], args.values_at("type", "elements")
  end

  def test_weak_entries_are_no_references
    line = planted(:weakmap)
    keys = line.fetch("weak").flatten
    assert_empty dump.references_of(line) & keys
  end

  def test_entries_of_dead_keys_are_left_out
    weak = planted(:weakmap_dead).fetch("weak", [])
    addresses = weak.flatten.grep(/\A0x/)
    assert_empty addresses.reject { |address| dump[address] }, "weak entries without an object"
  end

  def test_classes_of_enumerators
    assert_equal "Enumerator::Lazy", planted(:enumerator_lazy)["class_name"]
    assert_equal "Enumerator::Chain", planted(:enumerator_chain)["class_name"]
  end

  def test_a_ractor
    skip "no Ractor here" unless defined?(Ractor)
    assert_family "Ractors"
  end
end

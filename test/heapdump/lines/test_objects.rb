# frozen_string_literal: true

require "test_helper"

# OBJECT lines, instance variables of any object, flags, objects that nobody initialised.
class TestObjects < HeapDumpTest
  include Planted

  def test_objects_are_as_planted
    assert_family "Objects"
  end

  def test_order_of_instance_variables_is_that_of_ruby
    ivars = Dumps.nasty.planted(:object_session).fetch("ivars")
    assert_equal %w[@id @user @state], ivars.keys
  end

  def test_old_objects_are_marked_as_such
    assert_equal true, Dumps.nasty.planted(:object_old)["old"]
  end

  def test_untouched_objects_have_a_line_each
    addresses = Dumps.nasty.planted(:untouched).fetch("elements").grep(/\A0x/)
    lines = addresses.map { |address| Dumps.nasty.dump[address] }
    assert_operator lines.compact.size, :>, 100
    assert_empty lines.select { |line| line.nil? || line.key?("error") }
  end

  def test_nothing_failed
    assert_none Dumps.nasty.dump.each_object("\"error\":").select { |line| line["error"] }, "errors"
    assert_nil Dumps.nasty.dump.footer["errors"]
  end

  def test_finalizers_are_roots_that_say_for_whom
    dump = Dumps.nasty.dump
    finalizer = dump.instances_of("NastyHeap::Objects::Finalizer").fetch(0)
    holders = dump.each_object("\"ARRAY\"", finalizer["address"]).select do |line|
      dump.references_of(line).include?(finalizer["address"])
    end
    tables = holders.map { |line| line["address"] } & dump.root_references("finalizers")
    assert_equal 1, tables.size, "finalizer tables that hold it: #{holders}"
    table = dump[tables.first]
    owner = table.dig("weak", "finalizer_of")
    # older tables do not say for whom
    expected = Dumps.nasty.planted(:object_finalizer)["address"] if RUBY_VERSION >= "4.0"
    assert_equal [expected], [owner]
  end

  # Arrays without a class, of strings: the literals of code whose strings are frozen look so, too.
  def test_a_literal_is_no_table_of_finalizers
    tables = Dumps.nasty.dump.root_references("finalizers")
    hidden = []
    held = Dumps.nasty.dump.each_object.flat_map do |line|
      hidden << line["address"] if line["type"] == "ARRAY" && !line["class"]
      Dumps.nasty.dump.references_of(line)
    end
    assert_operator (hidden & held).size, :>, 20, "hidden arrays that something holds"
    assert_none tables & held, "tables of finalizers that an object holds"
  end
end

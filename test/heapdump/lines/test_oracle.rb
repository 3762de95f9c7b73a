# frozen_string_literal: true

require "test_helper"
require "objspace"

# The oracle against what the standard library tells of the same.
class TestOracle < HeapDumpTest
  def setup
    super
    Oracle.require_extension
  end

  def test_references_are_those_of_objspace
    held = [Object.new, "text", { a: [1] }, proc {}, Class.new, Struct.new(:a).new([1])]
    held.each do |object|
      internal, known = ObjectSpace.reachable_objects_from(object).partition do |other|
        other.is_a?(ObjectSpace::InternalObjectWrapper)
      end
      # not internal_object_id, by which Ruby 4.0 and 4.1 write over the internal object
      told = internal.map { |other| other.inspect[/0x\h+/].hex }
      told += known.map { |other| Oracle.address(other) }
      addresses = Oracle.references(object)
      assert_equal told.uniq.sort, addresses.uniq.sort, object.inspect
    end
  end

  def test_every_slot_is_seen
    path = File.join(scratch, "walk")
    kept = Object.new
    GC.start
    GC.disable
    counts = ObjectSpace.count_objects
    Oracle::A.walk(path)
    GC.enable
    view = Oracle::View.new(path)
    used = counts[:TOTAL] - counts[:FREE]
    assert_in_delta used, view.slots.size, 50
    assert_equal "OBJECT", view.slots.fetch(Oracle.address(kept)).type
    assert_operator view.roots.fetch("vm").size, :>, 10
  end

  def test_walking_allocates_nothing
    path = File.join(scratch, "walk")
    allocated = Array.new(4) do
      before = GC.stat(:total_allocated_objects)
      Oracle::A.walk(path)
      GC.stat(:total_allocated_objects) - before
    end
    assert_equal 0, allocated.last
  end

  def test_values
    assert_equal [1, nil, ":a", 1.5, true], [1, nil, :a, 1.5, true].map { |v| Oracle.value(v) }
    assert_match(/\A0x[0-9a-f]+\z/, Oracle.value(+"x"))
  end

  def test_a_law_that_is_broken_is_noticed
    slot = ->(address, targets) { Oracle::Slot.new(address, 0, 0, 40, 0, 1, 40, targets.pack("Q*")) }
    view = Struct.new(:slots, :imemo_names, :roots, :caches)
    before = view.new({ 16 => slot.call(16, [32, 48]), 32 => slot.call(32, []),
                        48 => slot.call(48, []) }, {}, {}, [])
    law = ReferenceLaw.new(before, before)
    law.feed({ "address" => "0x10", "type" => "OBJECT", "class" => "0x20",
               "references" => ["0x40"] })
    law.feed({ "address" => "0x20", "type" => "ARRAY" })
    law.finish
    %i[lost invented missing dangling mistyped].each do |kind|
      assert_operator law.count(kind), :>, 0, kind
    end
  end
end

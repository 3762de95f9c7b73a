# frozen_string_literal: true

require "test_helper"

# HeapDump.count_objects and HeapDump.counts.
class TestCounts < HeapDumpTest
  module Space
    class A; end
    class B < A; end

    module Inner
      class C; end
    end
    KEPT = [Array.new(3) { A.new }, Array.new(2) { B.new }, Inner::C.new].freeze
  end

  # What comes and goes.
  module Passing
    class Single; end
    class Many; end
    class Garbage; end
  end

  class SpaceNotMeant; end
  OTHER = SpaceNotMeant.new
  NAME = "TestCounts::Space"
  ALL = { "#{NAME}::A" => 3, "#{NAME}::B" => 2, "#{NAME}::Inner::C" => 1 }.freeze

  def test_shape
    counts = HeapDump.counts([Space])
    assert_equal %w[basic_types free_slots total_slots user_types], counts.keys.sort
    assert_kind_of Integer, counts["total_slots"]
    assert_kind_of Integer, counts["free_slots"]
    assert(counts["basic_types"].all? { |name, n| name.start_with?("T_") && n.is_a?(Integer) })
    refute counts.key?("gc_ran")
  end

  def test_the_same_as_json
    text = HeapDump.count_objects([Space])
    assert_kind_of String, text
    assert_operator text.lines.size, :>, 5, "pretty"
    parsed = StrictJSON.parse(text)
    assert_equal HeapDump.counts([Space]).keys.sort, parsed.keys.sort
    assert_equal ALL, parsed.fetch("user_types")
    assert_equal Encoding::UTF_8, text.encoding
  end

  def test_namespaces_of_every_kind
    [Space, NAME, NAME.to_sym, [Space], [NAME], [NAME.to_sym], [Space, NAME, NAME.to_sym]]
      .each { |namespaces| assert_equal ALL, user_types(namespaces), namespaces.inspect }
  end

  def test_a_name_matches_itself_and_what_lies_below
    assert_equal({ "#{NAME}::A" => 3 }, user_types("#{NAME}::A"))
    assert_equal({ "#{NAME}::Inner::C" => 1 }, user_types(Space::Inner))
    assert_equal({ "TestCounts::SpaceNotMeant" => 1 }, user_types("TestCounts::SpaceNotMeant"))
    assert_empty user_types("TestCounts::Spac")
    assert_empty user_types("Counts::Space")
    assert_empty user_types([])
    assert_empty user_types("Never::There")
  end

  def test_core_classes
    kept = Array.new(10) { Rational(1, 3) }
    assert_operator user_types("Rational").fetch("Rational"), :>=, kept.size
    assert_operator user_types(String).fetch("String"), :>, 1000
  end

  def test_singleton_classes_and_subclasses
    object = Passing::Single.new
    def object.single = 1
    assert_equal({ "TestCounts::Passing::Single" => 1 }, user_types(Passing::Single))
    assert_equal 1, object.single
  end

  def test_odd_names
    code = <<~'RUBY'
      require "heapdump"
      require "json"
      module Grüße
        class Überschall; end
        class Anders; end
      end
      a = [Grüße::Überschall.new, Grüße::Überschall.new, Grüße::Anders.new, Class.new.new]
      puts HeapDump.count_objects(["Grüße::Überschall", :"Grüße::Anders"])
    RUBY
    counts = JSON.parse(Child.ruby!(code).out)
    assert_equal({ "Grüße::Überschall" => 2, "Grüße::Anders" => 1 }, counts["user_types"])
  end

  def test_basic_types_are_those_of_ruby
    code = <<~'RUBY'
      require "heapdump"
      require "json"
      require "support/nasty_heap"
      Oracle.require_extension
      NastyHeap.build(giants: false)
      2.times { HeapDump.counts("A"); ObjectSpace.count_objects }
      GC.start
      GC.disable
      known = {}
      ObjectSpace.count_objects(known)
      counts = HeapDump.counts("A")
      puts JSON.generate([known, counts])
    RUBY
    known, counts = JSON.parse(Child.ruby!(code).out)
    assert_equal known.delete("TOTAL"), counts.fetch("total_slots")
    assert_in_delta known.delete("FREE"), counts.fetch("free_slots"), 20
    basic = counts.fetch("basic_types")
    assert_equal known.keys.sort, basic.keys.sort
    known.each { |type, count| assert_in_delta count, basic[type], 20, type }
    assert_operator basic.fetch("T_IMEMO"), :>, 1000
    assert_equal counts["total_slots"], counts["free_slots"] + basic.values.sum
  end

  def test_gc_first
    before = GC.count
    GC.disable
    GCRegime.suspend { refute HeapDump.counts(Space).key?("gc_ran") }
    assert_equal before, GC.count
    GC.enable
    counts = HeapDump.counts(Space, gc: true)
    assert_equal true, counts.fetch("gc_ran")
    assert_operator GC.count, :>, before
    assert_equal true, JSON.parse(HeapDump.count_objects(Space, gc: true)).fetch("gc_ran")
  ensure
    GC.enable
  end

  def test_garbage_is_not_counted_after_gc
    1000.times { Passing::Garbage.new }
    assert_operator user_types(Passing::Garbage).values.sum, :<, 20
  end

  def test_counting_allocates_the_same_whatever_the_heap
    few = cost
    kept = Array.new(100_000) { Passing::Many.new }
    many = cost
    assert_equal few, many, "a larger heap costs more objects"
    assert_operator many, :<, 200
    assert_equal 100_000, kept.size
  end

  def test_wrong_arguments
    [5, [5], [nil], Object.new, [[Space]]].each do |wrong|
      error = assert_raises(ArgumentError, wrong.inspect) { HeapDump.counts(wrong) }
      assert_match(/a namespace must be a module or a name, not /, error.message)
    end
    error = assert_raises(ArgumentError) { HeapDump.counts(Space, unknown: 1) }
    assert_match(/unknown keyword: :unknown/, error.message)
  end

  def test_anonymous_namespaces
    error = assert_raises(ArgumentError) { HeapDump.counts(Module.new) }
    assert_match(/\A#<Module:0x\h+> has no name to count by\z/, error.message)
  end

  private

  def user_types(namespaces)
    HeapDump.counts(namespaces, gc: true).fetch("user_types")
  end

  def cost
    GC.start
    GC.disable
    Array.new(4) do
      before = GC.stat(:total_allocated_objects)
      HeapDump.counts(NAME)
      GC.stat(:total_allocated_objects) - before
    end.last
  ensure
    GC.enable
  end
end

# frozen_string_literal: true

require "test_helper"
require "objspace"
require "stringio"

# HeapDump.report, what it says of small blocks whose objects are known.
class TestBlockReport < HeapDumpTest
  class Row
    def initialize
      @text = "r" * 100
    end
  end

  class Plain; end

  # What a program has.
  module Shop
    ROWS = [] # rubocop:disable Style/MutableConstant
    class << self
      attr_accessor :last
    end
  end

  LINE = __LINE__ + 2
  def leak(objects = 10)
    objects.times { Shop::ROWS << Row.new }
    100.times { Row.new }
    Shop.last = Row.new
  end

  def teardown
    Shop::ROWS.clear
    Shop.last = nil
    super
  end

  LOADED = "module ::LoadedByTheBlock; def self.go = 'literal text'; end"
  private_constant :LOADED

  def leaking
    HeapDump.report(label: "leak", warmup: 1, times: 3) { leak }
  end

  def test_what_is_retained_has_its_holder_its_path_and_its_place
    report = leaking
    group = report.retained.find { |one| one.class_name == Row.name && one.objects.positive? }
    bytes = 10 * ObjectSpace.memsize_of(Row.new)
    assert_equal [10, bytes, [10, 10, 10]], group.to_h.values_at(:objects, :bytes, :runs)
    assert_predicate group, :grows?
    assert_match(/test_block_report\.rb:#{LINE}\z/o, group.location)
    assert_equal "TestBlockReport#leak", group.method_name
    assert_match(/\Aconstant TestBlockReport::Shop::ROWS/, group.holder)
    assert_match(/Shop \(module\) → constant ROWS → Array → \[…\] → TestBlockReport::Row\z/,
                 group.path)
    assert_predicate report.retained, :grows?
  end

  # Each run replaces what the run before has left.
  def test_what_is_replaced_does_not_grow
    report = leaking
    last = report.retained.select { |one| one.class_name == Row.name && one.path.include?("@last") }
    assert_equal [[0, 0, 1]], last.map(&:runs)
    refute_predicate last.first, :grows?
    assert_equal 0, last.first.objects
  end

  def test_what_is_allocated_is_grouped
    report = leaking
    rows = report.allocated.by(:class).to_h { |row| [row.key, row] }
    assert_equal [111, 111 * ObjectSpace.memsize_of(Row.new)], rows.fetch(Row.name).to_a[1, 2]
    strings = rows.fetch("String")
    assert_equal 111, strings.objects
    assert_equal report.allocated.objects, report.allocated.by(:location).sum(&:objects)
    %i[gem file method].each do |by|
      assert_equal report.allocated.bytes, report.allocated.by(by).sum(&:bytes), by
    end
    assert_equal %w[app], report.allocated.by(:gem).map(&:key)
    assert_includes report.allocated.by(:method).map(&:key), "TestBlockReport::Row#initialize"
    assert_equal [3, 3], [report.seconds.size, report.gcs.size]
  end

  def test_locals_of_running_methods_are_not_called_retained
    kept = []
    report = HeapDump.report { 5.times { kept << Row.new } }
    assert_empty(report.retained.select { |one| one.class_name == Row.name })
    frames = report.retained.aside.fetch(:frame).select { |one| one.class_name == Row.name }
    assert_equal [5], frames.map(&:objects)
    assert_match(/\d+ held by methods that still run/, report.to_s)
  end

  def test_loaded_code_is_not_called_retained
    report = HeapDump.report { TOPLEVEL_BINDING.eval(LOADED, __FILE__, __LINE__) }
    assert_empty(report.retained.reject { |one| one.objects.zero? })
    assert_includes report.retained.aside.fetch(:code).map(&:class_name), "Module"
  ensure
    Object.send(:remove_const, :LoadedByTheBlock)
  end

  def test_the_value_of_the_block_is_dropped
    report = HeapDump.report { Array.new(3) { Row.new } }
    left = [*report.retained, *report.retained.aside.values.flatten]
    assert_empty(left.select { |one| one.class_name == Row.name })
  end

  def test_errors_pass_and_leave_nothing
    error = assert_raises(RuntimeError) { HeapDump.report { raise "mine" } }
    assert_equal "mine", error.message
    assert_equal(:thrown, catch(:out) { HeapDump.report { throw :out, :thrown } })
    assert_equal 1, HeapDump.report(retained: false) { Row.new }.times
    assert_empty(ObjectSpace.each_object(TracePoint).select(&:enabled?))
    refute GC.disable.tap { GC.enable }, "the GC is on"
  end

  def test_reports_in_reports_are_refused
    assert_raises(HeapDump::Busy) { HeapDump.report { HeapDump.report { 1 } } }
    assert_raises(ArgumentError) { HeapDump.report }
  end

  def test_wrong_options
    { times: 0, warmup: -1, threads: :some, stacks: 1, retained: nil }.each do |name, value|
      error = assert_raises(ArgumentError) { HeapDump.report(name => value) { 1 } }
      assert_match(/\A#{name}: must be/, error.message)
    end
    assert_raises(ArgumentError) { HeapDump.report(unknown: 1) { 1 } }
  end

  def test_other_ractors_are_refused
    out = Child.ruby!(<<~'RUBY').out
      require "heapdump"
      ractor = Ractor.new { Ractor.receive }
      said = begin HeapDump.report { 1 } rescue $!.message end
      ractor.send(1)
      ractor.respond_to?(:value) ? ractor.value : ractor.take
      made = begin HeapDump.report { Ractor.new { 1 }.then { |r| r.respond_to?(:value) ? r.value : r.take } } rescue $!.message end
      print [said, made].map { |text| text[/(other Ractors|makes Ractors)/] }.inspect
    RUBY
    assert_equal ["other Ractors", "makes Ractors"], JSON.parse(out)
  end

  def test_a_lambda_and_a_method_may_be_the_block
    assert_equal 1, HeapDump.report(&-> { Row.new }).times
    assert_equal 1, HeapDump.report(retained: false, &method(:leak)).times
  end

  def test_a_hundred_thousand_survivors
    report = HeapDump.report { 100_000.times { Shop::ROWS << Plain.new } }
    group = report.retained.max_by(&:objects)
    assert_equal [Plain.name, 100_000, 100_000 * ObjectSpace.memsize_of(Plain.new)],
                 [group.class_name, group.objects, group.bytes]
  end

  def test_the_screen_begins_with_what_is_retained
    lines = leaking.to_s.lines
    assert_match(/\Aleak: 3 runs after 1 warm-up/, lines[0])
    assert_match(/\Aretained  /, lines[1])
    assert_match(/it grows/, lines[1])
    assert_operator lines.size, :<=, 40
    assert_match(/Allocated by method/, leaking.to_s(:all))
    assert_raises(ArgumentError) { leaking.to_s(:more) }
  end
end

# frozen_string_literal: true

require "test_helper"

# Dumps while the GC is in whatever state.
class TestGC < HeapDumpTest
  def test_under_stress
    path = File.join(scratch, "stress.json")
    Child.ruby!(<<~'RUBY', path, timeout: 100)
      require "heapdump"
      HeapDump.dump(ARGV[0])
      GC.stress = true
      HeapDump.dump(ARGV[0], gc: false)
      GC.stress = false
    RUBY
    dump = assert_whole Dump.load(path)
    assert_equal [0, 0], dump.footer.values_at("allocated_objects", "gc_runs")
  end

  # Nothing is cached by address.
  def test_after_compaction
    skip "no compaction here" unless GCRegime.compaction?
    path = File.join(scratch, "compacted.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      class Held; def initialize(n) = @n = n; end
      HELD = Array.new(2000) { |i| i.even? ? Held.new(i) : "dropped".dup }
      2.times { HeapDump.dump(ARGV[0], gc: false) }
      HELD.reject! { |item| item.is_a?(String) }
      GC.verify_compaction_references(toward: :empty, expand_heap: true) rescue GC.compact
      HeapDump.dump(ARGV[0], gc: false)
    RUBY
    dump = assert_whole Dump.load(path)
    held = dump.instances_of("Held")
    assert_equal (0...2000).step(2).to_a, held.map { |line| line["ivars"]["@n"] }.sort
    assert_equal ["Held"], held.map { |line| dump[line["class"]]["name"] }.uniq
  end

  # In the middle of an incremental mark or a lazy sweep.
  def test_between_the_steps_of_a_gc
    path = File.join(scratch, "lazy.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      kept = Array.new(5000) { |i| ["kept #{i}"] }
      4.times do |i|
        GC.start(full_mark: i.even?, immediate_mark: false, immediate_sweep: false)
        (i * 700).times { Object.new }
        HeapDump.dump("#{ARGV[0]}.#{i}", gc: false)
      end
    RUBY
    4.times do |i|
      dump = assert_whole Dump.skim("#{path}.#{i}")
      assert_none dump.dangling, "references without an object"
    end
  end

  def test_loading_warns_of_nothing
    outcome = Child.ruby('require "heapdump"; HeapDump.dump(ARGV[0])',
                         File.join(scratch, "heap.json"), flags: ["-w"])
    assert_equal ["", ""], [outcome.out, outcome.err]
  end
end

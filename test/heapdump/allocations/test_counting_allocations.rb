# frozen_string_literal: true

require "test_helper"
require "objspace"

# What ext/heapdump/allocations counts, by itself.
class TestCountingAllocations < HeapDumpTest
  # Of an object without variables; 40 bytes until Ruby 4.1.
  SIZE = ObjectSpace.memsize_of(Object.new)

  # A program that counts, and prints what it says as JSON.
  START = <<~'RUBY'
    require "heapdump"
    require "json"
    require "objspace"
    require "rbconfig"
    ALLOCATIONS = HeapDump.const_get(:Allocations)
    def counting(depth = 1, one = false)
      ALLOCATIONS.new(depth, one, RbConfig::CONFIG.fetch("rubyarchdir"))
    end

    def finish(allocations)
      2.times { GC.start }
      GC.disable
      allocations.finish
    ensure
      GC.enable
    end

    # Sums of objects, bytes and living objects by the name of a class.
    def by_class(counted)
      counted[:cells].each_with_object({}) do |cell, all|
        name, internal = counted[:classes].fetch(cell[2])
        next if internal

        sum = (all[name] ||= [0, 0, 0])
        [3, 4, 8].each_with_index { |at, i| sum[i] += cell[at] }
      end
    end

    def address(object)
      JSON.parse(ObjectSpace.dump(object))["address"].hex
    end

    class Row; end
    class Other; end
  RUBY

  def counted(code, **options)
    JSON.parse(Child.ruby!(START + code, **options).out)
  end

  def test_the_dead_and_the_living_are_counted_by_class
    told = counted(<<~'RUBY')
      kept = Array.new(20)
      allocations = counting
      allocations.count(0) { 1000.times { |i| row = Row.new; kept[i] = row if i < 10 } }
      allocations.count(1) { 10.times { |i| kept[10 + i] = "x" * 100 } }
      result = finish(allocations)
      puts JSON.generate(by_class(result).merge("sums" => result.slice(:born, :died, :unseen)))
    RUBY
    assert_equal [1000, 1000 * SIZE, 10], told["Row"]
    assert_equal 10, told["String"].last
    assert_equal 0, told["sums"]["unseen"]
  end

  # MRI's own count of all allocations, which nobody can miss.
  def test_no_object_is_missed
    told = counted(<<~'RUBY')
      allocations = counting
      born = []
      key = :total_allocated_objects
      2.times do |run| # the first fills caches
        allocations.count(run) do
          before = GC.stat(key)
          20_000.times { |i| [i.to_s, { i => i }, i..(i + 1), "a#{i}".to_sym, proc { i }] }
          born << (GC.stat(key) - before)
        end
      end
      result = finish(allocations)
      living = result[:survivors].bytesize / 32
      counted = result[:cells].select { |cell| cell[0] == 1 }.sum { |cell| cell[3] }
      puts JSON.generate([born[1], counted, result[:born] - result[:died] - living])
    RUBY
    born, counted, rest = told
    assert_equal born, counted
    assert_equal 0, rest, "each object is dead or alive"
  end

  def test_memory_grows_with_what_lives_and_not_with_what_is_made
    told = counted(<<~'RUBY')
      memory = [1_000, 1_000_000].map do |times|
        allocations = counting
        allocations.count(0) { times.times { Row.new } }
        result = finish(allocations)
        [result[:memory], by_class(result).fetch("Row")]
      end
      puts JSON.generate(memory)
    RUBY
    (less, few), (more, many) = told
    assert_equal [[1000, 1000 * SIZE, 0], [1_000_000, 1_000_000 * SIZE, 0]], [few, many]
    assert_operator more, :<, less + (8 << 20)
  end

  def test_sizes_are_those_at_death
    told = counted(<<~'RUBY')
      allocations = counting
      sizes = []
      allocations.count(0) do
        array = Array.new(1000)
        sizes << ObjectSpace.memsize_of(array)
        hash = {}
        100.times { |i| hash[i] = i }
        sizes << ObjectSpace.memsize_of(hash)
        array = hash = nil
      end
      puts JSON.generate([sizes, by_class(finish(allocations))])
    RUBY
    (array, hash), sums = told
    # the list of sizes is an array too
    assert_in_delta array, sums["Array"][1], 200
    assert_in_delta hash, sums["Hash"][1], 200
  end

  def test_objects_are_followed_when_they_move
    skip "this Ruby cannot compact" unless GC.respond_to?(:compact)

    told = counted(<<~'RUBY', timeout: 120)
      def check(allocations, kept)
        result = finish(allocations)
        living = result[:survivors].unpack("QQLLLL" * (result[:survivors].bytesize / 32))
                                   .each_slice(6).map(&:first)
        rows = kept.map { |row| address(row) }
        [by_class(result)["Row"], (rows - living).size, result[:unseen]]
      end

      found = [[:once, false], [:often, true]].map do |_name, automatic|
        GC.auto_compact = automatic
        kept = []
        allocations = counting
        allocations.count(0) do
          30_000.times { |i| row = Row.new; kept << row if (i % 7).zero? }
          automatic ? GC.start : GC.compact
          10_000.times { Row.new }
          automatic ? GC.start : GC.compact
        end
        check(allocations, kept)
      end
      puts JSON.generate(found)
    RUBY
    assert_equal [[[40_000, 40_000 * SIZE, 4286], 0, 0]] * 2, told
  end

  # Ruby without gems has a small heap, so that a GC is quick.
  def test_the_gc_may_run_at_each_object
    told = counted(<<~'RUBY', timeout: 300, flags: %w[-W0 --disable-gems])
      found = [false, true].map do |compact|
        GC.auto_compact = compact
        kept = []
        allocations = counting(16)
        begin
          GC.stress = true
          allocations.count(0) do
            3.times { |i| row = Row.new; kept << row if i < 2; eval("[1, 2].map { |x| x.to_s }") }
          end
        ensure
          GC.stress = false
        end
        result = finish(allocations)
        sums = by_class(result)
        [sums["Row"], sums["String"].first >= 6, result[:unseen]]
      end
      puts JSON.generate(found)
    RUBY
    assert_equal [[[3, 3 * SIZE, 2], true, 0]] * 2, told
  end

  def test_other_threads_are_counted_if_asked
    told = counted(<<~'RUBY')
      found = [false, true].map do |one|
        allocations = counting(1, one)
        allocations.count(0) do
          other = Thread.new { 100.times { Other.new } }
          10.times { Row.new; Thread.pass }
          other.join
        end
        sums = by_class(finish(allocations))
        [sums["Row"].first, sums["Other"]&.first]
      end
      puts JSON.generate(found)
    RUBY
    assert_equal [[10, 100], [10, nil]], told
  end

  def test_an_error_ends_the_hooks
    told = counted(<<~'RUBY')
      allocations = counting
      error = begin
        allocations.count(0) { Row.new; raise "mine" }
      rescue => e
        e.message
      ensure
        allocations.stop
      end
      thrown = catch(:out) { counting.tap { |all| begin all.count(0) { throw :out, 1 } ensure all.stop end } }
      hooks = ObjectSpace.each_object(TracePoint).count(&:enabled?)
      again = counting
      again.count(0) { Row.new }
      puts JSON.generate([error, thrown, hooks, by_class(finish(again))["Row"].first])
    RUBY
    assert_equal ["mine", 1, 0, 1], told
  end

  def test_a_second_one_is_refused
    told = counted(<<~'RUBY')
      outer = counting
      said = nil
      outer.count(0) do
        counting.count(0) {}
      rescue HeapDump::Busy => e
        said = e.message
      end
      same = begin
        outer.count(0) { outer.count(1) {} }
      rescue HeapDump::Busy => e
        e.class.name
      end
      finish(outer)
      after = begin outer.count(0) {} rescue $!.class.name end
      unready = begin counting.finish rescue $!.message end
      puts JSON.generate([said, same, after, unready])
    RUBY
    assert_match(/already running/, told[0])
    assert_equal ["HeapDump::Busy", "RuntimeError", "the GC is not disabled"], told.drop(1)
  end

  # A run may end within a block.
  def test_runs_within_a_block
    told = counted(<<~'RUBY')
      class One; end
      allocations = counting
      kept = []
      allocations.count(0) do
        3.times { kept << One.new }
        allocations.run = 4_000_000_000
        5.times { kept << One.new }
        begin
          allocations.run = 1 << 40
        rescue RangeError
          allocations.run = 0
        end
        2.times { kept << One.new }
      end
      result = finish(allocations)
      number, = result[:classes].find { |_, (name, _)| name == "One" }
      cells = result[:cells].select { |cell| cell[2] == number }
      runs = cells.group_by(&:first).transform_values { |all| all.sum { |cell| cell[8] } }
      puts JSON.generate(runs)
    RUBY
    assert_equal({ "0" => 5, "4000000000" => 5 }, told)
  end

  # Anonymous and singleton classes, hidden objects, types of extensions, code that is compiled.
  def test_every_kind_of_object_may_die
    told = counted(<<~'RUBY')
      require "stringio"
      require "strscan"
      allocations = counting
      allocations.count(0) do
        200.times do |i|
          Class.new { def go = Object.new }.new.go
          o = Object.new
          def o.single = 1
          o.single
          eval("lambda { |x| x + #{i} }").call(1)
          RubyVM::InstructionSequence.compile("a = #{i}; [a]").eval
          StringIO.new("x").read
          StringScanner.new("abc").scan(/b/)
          "a-b".match(/(?<x>a)/)
          (1..3).each_slice(2).to_a
          Fiber.new { 1 }.resume
          Thread.new { 1 }.value if (i % 50).zero?
          [3, 1, 2].sort_by { |x| -x }.flatten
          "shared string that is long enough to be shared"[5..]
          i.to_s.instance_variable_set(:@a, 1)
          2**80 + i
          Struct.new(:a).new(1)
          ObjectSpace::WeakMap.new[o] = o
        end
      end
      result = finish(allocations)
      sums = by_class(result)
      puts JSON.generate([sums.slice("StringIO", "StringScanner", "Thread", ""), result[:unseen],
                          result[:born] - result[:died] - (result[:survivors].bytesize / 32)])
    RUBY
    sums, unseen, rest = told
    assert_equal [200, 200, 4], sums.values_at("StringIO", "StringScanner", "Thread").map(&:first)
    assert_operator sums[""].first, :>=, 200
    assert_equal [0, 0], [unseen, rest]
  end
end

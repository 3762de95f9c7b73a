# frozen_string_literal: true

require "test_helper"
require "support/extension"

# How often a block report collects garbage: what something lets go of when it is freed, or later,
# is not called held, and where nothing may have done so it collects once.
class TestBlockReportCollecting < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    require "json"
    require "stringio"
    require ARGV.fetch(0)
    class Row; end
    ROWS = []
    $collected = 0
    # Allocates nothing.
    counting = Module.new { def start(immediate_sweep: true) = super(immediate_sweep: immediate_sweep).tap { $collected += 1 } }
    GC.singleton_class.prepend(counting)

    # In a thread that ends, so that no word of it is left on the stack.
    def apart(&block) = Thread.new { block.call; nil }.join

    def rows = Array.new(10) { Row.new }
    def finalized(object, &block) = ObjectSpace.define_finalizer(object, block)
    def chain(kind, links) = links.times.reduce(rows) { |held, _| LettingGo.const_get(kind).new(held) }
    def clearing = proc { ROWS.clear }
    # The value of each key holds the next key.
    def linked(links) = links.times.reduce(rows) { |held, i| [key = +"key #{i}", KEYS[key] = held] }

    BLOCKS = {
      "kept" => -> { apart { ROWS.concat(rows) } },
      "nothing" => -> { apart { rows } },
      "harmless" => -> { apart { StringIO.new("x"); Mutex.new; proc {}; Time.now; "a".to_sym; File.open(File::NULL).close } },
      "finalizer" => -> { apart { ROWS.concat(rows); finalized(Object.new, &clearing) } },
      "immediate" => -> { apart { chain(:Immediate, 1) } },
      "later" => -> { apart { chain(:Later, 1) } },
      "untyped" => -> { apart { chain(:Untyped, 1) } },
      "nameless" => -> { apart { chain(:Nameless, 1) } },
      "three" => -> { apart { chain(:Immediate, 3) } },
      "in the block" => -> { apart { chain(:Later, 1) }; GC.start; $collected -= 1 },
      "symbol" => -> { apart { "a symbol #{rand}".to_sym } },
      "file" => -> { apart { File.open(File::NULL) } },
      "weak key" => -> { apart { KEYS[+"k"] = rows } },
      "weak keys" => -> { apart { linked(3) } },
      "too many weak keys" => -> { apart { linked(9) } },
      "no weak key" => -> { apart { rows } },
      "too many" => -> { apart { chain(:Immediate, 9) } }
    }.freeze
    KEYS = ObjectSpace::WeakKeyMap.new if ENV["KEYS"]

    def told(block, retained)
      ROWS.clear
      2.times { GC.start }
      $collected = 0
      report = HeapDump.report(retained: retained, &block)
      found = report.alive.by(:class).find { |row| row.key == "Row" }
      [found ? found.objects : 0, $collected, report.settled?]
    end

    HeapDump.report(&BLOCKS["kept"])
    of_keys, others = BLOCKS.keys.partition { |name| name.include?("weak key") }
    told = (ENV["KEYS"] ? of_keys : others).to_h { |name| [name, told(BLOCKS[name], true)] }
    told["uncounted"] = told(BLOCKS["later"], false)

    # What has died before the block may be freed in it.
    ROWS.concat(rows)
    apart { finalized(Object.new, &clearing) }
    GC.start(immediate_sweep: false)
    told["before"] = told(-> { apart { rows } }, true)
    puts JSON.generate(told)
  RUBY

  def told(env = {})
    JSON.parse(Child.ruby!(CODE, Extension.new("letting_go").compile, env: env).out)
  end

  def test_as_often_as_something_may_have_let_go
    told = told()
    assert_equal({ "kept" => [10, 1, true], "nothing" => [0, 1, true], "harmless" => [0, 1, true] },
                 told.slice("kept", "nothing", "harmless"))
    %w[finalizer immediate later untyped nameless three before].each do |name|
      assert_equal 0, told.fetch(name).first, name
    end
    assert_equal([2, 2, 2, 2, 2, 4, 2, 2, 2, 5],
                 told.values_at("finalizer", "immediate", "later", "untyped", "nameless", "three",
                                "in the block", "symbol", "file", "too many").map { |one| one[1] })
    assert_equal([10, 1, false], told.fetch("uncounted"))
    assert_equal([10, 5, false], told.delete("too many"))
    assert(told.except("uncounted").values.all?(&:last))
  end

  # What it leaves on the stack is overwritten before the only GC.
  def test_a_large_value_of_the_block_is_dropped
    out = Child.ruby!(<<~'RUBY', gems: true).out
      require "heapdump"
      require "csv"
      lines = Array.new(20_000) { |i| "#{i},name #{i},#{i * 1.5},\"quoted, #{i}\"\n" }.join
      work = -> { CSV.parse(lines) }
      3.times { work.call }
      HeapDump.report(&work)
      print HeapDump.report(&work).alive.objects
    RUBY
    assert_equal "0", out
  end

  # Each GC lets go of one key. Whether one more is needed is only known when none has died in it.
  def test_maps_with_weak_keys
    skip "no maps with weak keys before Ruby 3.3" if RUBY_VERSION < "3.3"
    told = told("KEYS" => "1")
    assert_equal [10, 5, false], told.delete("too many weak keys")
    assert_equal([[0, true]] * 3, told.values.map { |one| one.values_at(0, 2) })
  end
end

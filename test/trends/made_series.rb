# frozen_string_literal: true

require "heapdump/trends"

# Series of dumps without dumps: for tests of what is made of their numbers.
module MadeSeries
  Made = Struct.new(:identity, :time, :warnings, :gc, :account, :objects, :held_objects,
                    :held_bytes, :garbage_bytes, :classes, :ways, :work, :other_classes,
                    :other_ways, keyword_init: true)
  START = Time.utc(2026, 1, 1)
  PROCESS = { host: "web-1", pid: 41, program: "puma: worker", ruby: "3.3.0" }.freeze

  # One dump, some hours after the first; the block gives it objects (Numbers).
  def made(hour, identity: PROCESS, path: nil, account: {}, work: {}, count: nil, held: 1_000_000,
           others: nil)
    numbers = Numbers.new
    yield numbers if block_given?
    gc = counters(count)
    fields = { identity: identity, time: START + (hour * 3600), warnings: [], gc: gc,
               account: account, work: work, objects: 10, held_objects: 10, held_bytes: held,
               garbage_bytes: 0, classes: numbers.classes, ways: numbers.ways,
               other_classes: others, other_ways: others }
    @made = @made.to_i + 1
    [path || "/dumps/heap-#{@made}.json", Made.new(**fields)]
  end

  def counters(count)
    return {} unless count

    { count: count, major_gc_count: count, total_allocated_objects: count * 1_000 }
  end

  # The Trends of such dumps.
  def trends(*made)
    columns = HeapDump::Trends.const_get(:Columns).new
    dumps = made.each_with_index.map do |(path, extract), ordinal|
      columns.add(ordinal, extract)
      HeapDump::Trends::Dump.new(path, extract, ordinal)
    end
    lives = HeapDump::Trends.const_get(:Lives).of(dumps)
    HeapDump::Trends.new(lives.map { |life| HeapDump::Trends::Series.new(life, columns) }, [])
  end

  # Dumps of one process, one each hour; the block gets each dump's number too.
  def hourly(size, **options)
    Array.new(size) do |at|
      made(at, count: 10 + at, **options) { |numbers| yield numbers, at if block_given? }
    end
  end

  # What one dump has of classes and ways.
  class Numbers
    attr_reader :classes, :ways

    def initialize
      @classes = {}
      @ways = {}
    end

    def klass(name, objects, bytes: objects * 40, retained: bytes)
      @classes[name] = HeapDump::Extract::ClassSum.new(objects, bytes, retained, 0)
    end

    # Objects at the end of a path; their class is the last word of it.
    def way(told, objects, bytes: objects * 40, retained: bytes, holder: "constant X")
      name = told.split(" → ").last
      @ways["way of #{told}"] = HeapDump::Extract::WaySum.new(name, holder, "app.rb:1", "app", told,
                                                              objects, bytes, retained)
    end
  end
end

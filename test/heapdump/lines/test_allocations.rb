# frozen_string_literal: true

require "test_helper"

# Where objects were allocated, while allocations are traced.
class TestAllocations < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    require "json"
    class Maker
      def make
        "made while tracing #{Process.pid}"
      end

      def self.make_class = Class.new { def here = 1 }
    end
    Maker.new.make
    HeapDump.trace_allocations do
      MADE = [Maker.new.make, Object.new, {}, -> {}, Maker.make_class]
      eval("NASTY = Object.new", nil, "na\"sty\n\xFF.rb", 33)
      HeapDump.dump(ARGV[0])
      known = MADE.map do |object|
        %i[sourcefile sourceline method_id generation].map do |what|
          ObjectSpace.public_send("allocation_#{what}", object)
        end
      end
      puts JSON.generate(known)
    end
    HeapDump.dump(ARGV[1])
  RUBY

  def setup
    super
    @paths = %w[inside outside].map { |name| File.join(scratch, "#{name}.json") }
    @known = JSON.parse(Child.ruby!(CODE, *@paths).out)
  end

  def test_objects_tell_where_they_come_from
    dump = assert_whole Dump.load(@paths.first)
    assert_equal true, dump.header["allocation_tracing"]
    made = elements(dump, "MADE")
    assert_equal "make", made.first["method"]
    made.zip(@known) do |line, known|
      known[2] = nil if line["struct"] == "proc" # file and line are those of its block
      assert_equal known, line.values_at("file", "line", "method", "generation"), line.inspect
    end
    nasty = dump[dump.mod("Object").fetch("constants").fetch("NASTY")]
    assert_equal ["na\"sty\n\\xFF.rb", 33],
                 [Text.normalize(nasty.fetch("file")), nasty.fetch("line")]
  end

  def test_nothing_is_told_of_what_was_there_before
    dump = Dump.load(@paths.first)
    old = dump.mod("Maker")
    assert_empty %w[file line generation] & old.keys
  end

  def test_without_tracing_there_is_nothing_to_tell
    dump = assert_whole Dump.load(@paths.last)
    refute dump.header.key?("allocation_tracing")
    made = elements(dump, "MADE").first
    assert_empty made.slice("file", "line", "method", "generation")
  end

  def test_the_block_gives_its_value
    assert_equal 5, HeapDump.trace_allocations { 5 }
  end

  def test_tracing_stops_when_the_block_raises
    assert_raises(IndexError) { HeapDump.trace_allocations { raise IndexError } }
    path = File.join(scratch, "after.json")
    HeapDump.dump(path, gc: false)
    header = JSON.parse(File.open(path, &:gets))
    refute header.key?("allocation_tracing")
  end

  private

  def elements(dump, constant)
    array = dump[dump.mod("Object").fetch("constants").fetch(constant)]
    array.fetch("elements").map { |address| dump[address] }
  end
end

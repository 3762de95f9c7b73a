# frozen_string_literal: true

require "test_helper"

# Dumps of a heap that 50 threads change all the time. A dump is of one moment exactly when whatever
# is held in it is also there: an object made, freed or moved meanwhile would leave a reference to
# nothing, or two lines of one address.
class TestMutation < HeapDumpTest
  ROUNDS = 3

  CODE = <<~'RUBY'
    require "support/mutation"
    require "heapdump"
    Mutation.start
    ARGV.each { |path| HeapDump.dump(path, processes: 3, gc: path.include?("gc")) }
    exit!(0)
  RUBY

  def check(*flags)
    paths = Array.new(ROUNDS) { |i| File.join(scratch, "#{"gc-" if i.odd?}#{i}.json") }
    Child.ruby!(CODE, *paths, flags: ["-W0", *flags], timeout: 120)
    paths.each do |path|
      dump = assert_whole(Dump.skim(path))
      assert_none dump.dangling, "references to nothing in #{path}"
      assert_equal [0, 0], dump.footer.values_at("allocated_objects", "gc_runs")
      assert_operator dump.select("DATA", struct: "VM/thread").size, :>=, 50
    end
  end

  def test_interpreted
    check
  end

  def test_compiled_at_run_time
    skip "no YJIT here" unless Child.yjit?
    check("--yjit", "--yjit-call-threshold=2")
  end
end

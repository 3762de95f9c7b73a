# frozen_string_literal: true

require "support/test_runs"

# HeapDump::RSpec as people use it.
class TestRSpec < HeapDumpTest
  include TestRuns

  SPEC = <<~'RUBY'
    require "rspec/autorun"
    require "heapdump/rspec"

    class Session; end
    ALL = []

    RSpec.describe "A visit" do
      let(:mine) { [] }

      it "leaks" do
        expect { ALL << Session.new }.not_to grow_heap.loops(3).times(1)
      end

      it "leaks into what the group remembers" do
        expect { mine << Session.new }.not_to grow_heap.of(Session).dumps(2)
      end

      it "is within limits" do
        expect { ALL << Session.new }.not_to grow_heap.times(1).by_more_than(2).objects
        expect { ALL << Session.new }.not_to grow_heap.times(1).by_more_than(9_000).bytes
        expect { ALL << Session.new }.not_to grow_heap.ignoring("ALL", because: "see 12")
        expect { ALL << Session.new }.to grow_heap.times(1).after_warmup(0)
      end

      it "is above a limit" do
        expect { mine << Session.new }.not_to grow_heap.times(1).by_more_than(1).objects
      end

      it "has doubles" do
        one = double("one")
        expect { allow(one).to receive(:name); double("another", name: 1) }.not_to grow_heap
      end

      it "releases" do
        expect { Session.new }.to release(Session)
        expect { |objects| objects.add(Session.new).hash }.to release_objects
        expect { ALL << Session.new }.to release(Session).ignoring("ALL", because: "see 12")
      end

      it("keeps") { expect { ALL << Session.new }.to release(Session) }

      it "needs whole sentences" do
        expect { expect { }.not_to grow_heap.by_more_than(3) }.to raise_error(ArgumentError)
        expect { grow_heap.objects }.to raise_error(ArgumentError)
        expect { grow_heap.ignoring("ALL") }.to raise_error(ArgumentError)
      end

      it("grows by itself", heap_growth: { dumps: 2 }) { ALL << Session.new }
      it("does not grow", :heap_growth) { expect(mine).to be_empty }
      it("may grow", heap_growth: { skip: "see 12" }) { ALL << Session.new }
      it("has no reason", heap_growth: { skip: " " }) { expect(mine).to be_empty }
      it("runs once", :heap_growth) { expect($once).to be_nil; $once = 1 }
    end
  RUBY

  def test_all
    outcome = ruby(program("visit_spec.rb", SPEC), framework: :rspec)
    assert_match(/^13 examples, 6 failures$/, outcome.out, outcome.to_s)
    assert_includes outcome.out,
                    "Session grows: 1 → 4 objects, 3 more in each round of 3 runs of the block"
    assert_includes outcome.out, "→ [:mine] → Array of 3"
    assert_includes outcome.out, "The heap grows by 2 objects, expected: at most 1 objects."
    assert_includes outcome.out, "1 Session made by the block lives on"
    assert_includes outcome.out, "2 more in each round of 2 runs of the test"
    assert_match(/^  \d\) A visit has no reason$.*needs the reason \(String\)$/m, outcome.out)
    assert_equal 5, kept_names.size
  end

  def test_off
    outcome = ruby(program("visit_spec.rb", SPEC), framework: :rspec,
                                                   env: { "HEAPDUMP_TESTS" => "" })
    assert_match(/^13 examples, 0 failures, 7 pending$/, outcome.out, outcome.to_s)
    assert_includes outcome.out, "# heap dumps are off in tests: HEAPDUMP_TESTS=1 turns them on"
    assert_empty kept_names
  end
end

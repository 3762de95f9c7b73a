# frozen_string_literal: true

require "test_helper"
require "support/large/run"

# The laws over heaps in which one count is large by itself: always beyond what fits a block of the
# dumper. `rake test:large` has the same heaps at their full size, `rake test:long` more ways to
# dump each of them.
class TestLarge < HeapDumpTest
  def self.test_family(name)
    Large.heaps.values.each_with_index do |heap, turn|
      next unless heap.family == name

      define_method("test_#{heap.name}") do
        variants = Large.some_variants(turn, first: LongForm.or_quick(2, 1))
        run = Large::Run.new(heap, heap.quick, variants).call
        assert run.problems.empty?, run.to_s
      end
    end
  end
end

class TestLargeRoots < TestLarge
  test_family "roots"
end

class TestLargeContainers < TestLarge
  test_family "containers"
end

class TestLargeModules < TestLarge
  test_family "modules"
end

class TestLargeNames < TestLarge
  test_family "names"
end

class TestLargeExecution < TestLarge
  test_family "execution"
end

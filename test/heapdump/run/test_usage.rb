# frozen_string_literal: true

require "test_helper"
require "support/usage"

# Nothing is left over: the process that dumps and the one that reads hold as much memory, and as
# many descriptors, mappings, threads and children, after the tenth and the fifteenth round as after
# the fifth. A thousand of each: rake test:rss.
class TestUsage < HeapDumpTest
  CODE = <<~'RUBY'
    require "support/usage"
    require "json"
    puts JSON.generate(Usage.run(Usage.const_get(ARGV[0]), 15, 5).map(&:to_a))
  RUBY

  def check(kind, kilobytes)
    skip "no /proc here" unless File.exist?("/proc/self/smaps_rollup")
    skip "it would be valgrind that is measured" if Child::VALGRIND
    json = Child.ruby!(CODE, kind, env: Usage::ENVIRONMENT, timeout: 300, bare: true).out
    series = JSON.parse(json).map { |figures| Usage::Held.new(*figures) }
    assert_empty Usage.growth(series.drop(1), kilobytes: kilobytes)
  end

  def test_a_leak_is_found_and_a_table_that_doubled_once_is_none
    held = ->(kilobytes, descriptors = 9) { Usage::Held.new(kilobytes, descriptors, 50, 1, 0) }
    growth = ->(*series) { Usage.growth(series, kilobytes: 1024) }
    assert_equal ["kilobytes 9000 -> 10025 -> 11050"],
                 growth.call(held[9000], held[10_025], held[11_050])
    assert_equal ["descriptors 9 -> 9 -> 10"], growth.call(held[1], held[1], held[1, 10])
    assert_equal ["descriptors 9 -> 10 -> 10"], growth.call(held[1], held[1, 10], held[1, 10])
    assert_empty growth.call(held[1], held[1, 10], held[1])
    assert_empty growth.call(held[9000], held[9020], held[10_500])
    assert_empty growth.call(held[9000], held[10_500], held[10_500])
  end

  def test_of_dumps
    check("Dumps", 1024)
  end

  def test_of_snapshots
    check("Snapshots", 1024)
  end
end

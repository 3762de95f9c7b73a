# frozen_string_literal: true

require "test_helper"
require "support/usage"

# Nothing is left over: the process that dumps and the one that reads hold as much memory, and as
# many descriptors, mappings, threads and children, after the tenth round as after the fifth. A
# thousand of each: rake test:rss.
class TestUsage < HeapDumpTest
  CODE = <<~'RUBY'
    require "support/usage"
    require "json"
    puts JSON.generate(Usage.run(Usage.const_get(ARGV[0]), 10, 5).map(&:to_a))
  RUBY

  def check(kind, kilobytes)
    skip "no /proc here" unless File.exist?("/proc/self/smaps_rollup")
    skip "it would be valgrind that is measured" if Child::VALGRIND
    json = Child.ruby!(CODE, kind, env: Usage::ENVIRONMENT, timeout: 300, bare: true).out
    _, settled, last = JSON.parse(json).map { |figures| Usage::Held.new(*figures) }
    assert_empty Usage.growth(settled, last, kilobytes: kilobytes)
  end

  def test_of_dumps
    check("Dumps", 1024)
  end

  def test_of_snapshots
    check("Snapshots", 1024)
  end
end

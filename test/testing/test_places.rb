# frozen_string_literal: true

require "support/test_runs"

# What a test says does not depend on where the gem is installed. A variable of a frame of the gem's
# own may be what holds the work, and where its file is decides between two of them.
class TestPlaces < HeapDumpTest
  include TestRuns

  TEST = <<~'RUBY'
    $LOAD_PATH.unshift(ENV.fetch("COPY"))
    require "minitest/autorun"
    require "heapdump/minitest"
    class Session; end
    class LeakTest < Minitest::Test
      include HeapDump::Minitest
      def work = [].then { |many| -> { many << Session.new } }
      def test_in_a_block = work.then { |kept| refute_growth(dumps: 3, &kept) }
    end
  RUBY

  def test_a_leak_is_told_wherever_the_gem_is
    file = program("leak_test.rb", TEST)
    lib = File.join(Child::ROOT, "lib")
    found = ("a".."f").to_h do |name|
      copy = File.join(scratch, name, "lib")
      FileUtils.mkdir_p(File.dirname(copy))
      FileUtils.cp_r(lib, copy)
      outcome = ruby(file, env: { "COPY" => copy })
      [name, outcome.out[/Session grows: .*/]]
    end
    assert_equal ["Session grows: 1 → 3 → 5 objects, 2 more in each round of 2 runs of the block"],
                 found.values.uniq, found.inspect
  end
end

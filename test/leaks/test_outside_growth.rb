# frozen_string_literal: true

require "test_helper"
require "support/command_line"

# A process that grows while its objects do not is never answered with silence.
class TestOutsideGrowth < HeapDumpTest
  include CommandLine

  STEP = 8 << 20 # bytes

  # Three dumps of a process that runs `work` (Ruby, with `step` and `STEP`) before each of them.
  def dumps(work)
    Child.ruby!(<<~RUBY, scratch, STEP.to_s, timeout: 120)
      require "heapdump"
      require "fiddle"
      STEP = Integer(ARGV[1])
      3.times do |step|
        #{work}
        GC.start
        HeapDump.dump(File.join(ARGV[0], "\#{step}.json"))
      end
    RUBY
    Array.new(3) { |step| File.join(scratch, "#{step}.json") }
  end

  def leaked_in_c
    dumps(<<~RUBY)
      fill = [Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT, Fiddle::TYPE_SIZE_T]
      memset = Fiddle::Function.new(Fiddle::Handle::DEFAULT["memset"], fill, Fiddle::TYPE_VOIDP)
      memset.call(Fiddle.malloc(STEP), 1, STEP)
    RUBY
  end

  def test_malloc_outside_of_ruby
    found = HeapDump.leaks(*leaked_in_c)
    assert_empty found.suspects
    process = found.growth.first
    assert_equal "rss", process.name
    assert_in_delta 2 * STEP, process.growth, STEP / 2
    assert_in_delta 2 * STEP, found.unexplained, STEP / 2
  end

  def test_the_command_says_so
    dumps = leaked_in_c
    answer = heapdump("leaks", "--fail-on", "unexplained>12MB", *dumps)
    assert_equal 2, answer.status
    assert_match(/^Nothing is accused, but the process grew in every step\. Held: /, answer.out)
    assert_match(/^process \(RSS\)  \S+ MiB → \S+ MiB → \S+ MiB \(\+1\d\.\d MiB\)$/, answer.out)
    json = heapdump!("leaks", "--json", *dumps).json
    assert_equal "rss", json["growth"].first["part"]
  end
end

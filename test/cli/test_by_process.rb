# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"

# A directory with dumps of several processes: what to type for one of them.
class TestByProcess < HeapDumpTest
  include CommandLine

  # Each name with the number of the process.
  def write(names)
    names.each_with_index do |(name, pid), i|
      MadeDump.write(File.join(scratch, name), i, pid: pid) do |made|
        made.constant("LIST", made.array(Array.new(10 * i) { made.object("Item") }))
      end
    end
  end

  def leaks(*options)
    heapdump("leaks", scratch, *options)
  end

  def part(out)
    out[/^Compare the dumps of one process\n(.*)/m, 1]
  end

  def test_the_command_for_each_process
    write("heap-4711-1.json" => 4711, "heap-4711-2.json" => 4711, "heap-47112-1.json" => 47_112,
          "heap-47112-2.json" => 47_112, "heap-47112-3.json" => 47_112, "heap-9-1.json" => 9)
    File.write(File.join(scratch, "heap-4711-1.json.hdidx"), "")
    out = leaks.out
    assert_equal <<~TEXT, part(out)
      process 47112 on here, 3 dumps: heapdump leaks #{scratch}/heap-47112-*.json
      process 4711 on here, 2 dumps: heapdump leaks #{scratch}/heap-4711-*.json
      process 9 on here, 1 dump: two are needed
    TEXT
    command = out[/heapdump leaks (\S+)$/, 1]
    assert_equal ["", 0], heapdump("leaks", *Dir[command]).then { |one| [one.err, one.status] }
    assert_match(/^process 47112 .*\n… 2 more \(--limit 3 shows all\)$/, leaks("--limit", "1").out)
    gated = leaks("--fail-on", "any")
    assert_equal 1, gated.status
    assert_match(/^process 9 on here/, gated.out)
  end

  # Where no pattern stands for them all, and for nothing else, they are listed.
  def test_names_that_are_not_alike
    write("first.json" => 1, "second one.json" => 1, "a-2-x.json" => 2, "b-2-y.json" => 2,
          "c-3-1.json" => 3, "c-3-2.json" => 3, "c-3-3.json" => 4)
    assert_equal ["#{scratch}/first.json #{scratch}/second\\ one.json",
                  "#{scratch}/a-2-x.json #{scratch}/b-2-y.json",
                  "#{scratch}/c-3-1.json #{scratch}/c-3-2.json"],
                 part(leaks.out).scan(/2 dumps: heapdump leaks (.*)/).flatten
  end

  def test_dumps_of_one_process
    write("1.json" => 1, "2.json" => 1)
    refute_match(/one process/, leaks.out)
  end

  # Nobody knows which of them belong together.
  def test_a_process_that_is_not_named
    write("1.json" => 1, "2.json" => nil)
    refute_match(/of one process$/, leaks.out)
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"

# What `heapdump leaks --fail-on` says, beside its exit status.
class TestGates < HeapDumpTest
  include CommandLine
  include GrownDumps

  # Ten sessions of 140 bytes more in each dump: 2,800 bytes in all.
  def test_a_last_line_for_each_condition
    dumps = grown(0, 10, 20)
    %w[10 0].each do |limit|
      answer = heapdump("leaks", "--limit", limit, "--fail-on", "retained >= 2K",
                        "--fail-on", "count>500", "--fail-on", "count>19", "--fail-on", "any",
                        *dumps)
      assert_equal 2, answer.status
      assert_equal ["Failed: retained >= 2K, by 1. Session (+2.7 KiB)",
                    "Passed: count>500, the most is 1. Session (+20 objects)",
                    "Failed: count>19, by 1. Session (+20 objects)",
                    "Failed: any, by 1. Session (+2.7 KiB)"], answer.lines.last(4)
    end
  end

  def test_nothing_failed
    dumps = grown(0, 10, 20)
    refute_match(/Failed/, heapdump!("leaks", "--fail-on", "count>20", *dumps).out)
    refute_match(/Failed|Passed/, heapdump!("leaks", *dumps).out)
  end

  def test_known_leaks_meet_no_condition
    dumps = grown(0, 10, 20)
    known = File.join(scratch, "known")
    File.write(known, "#{signature(dumps)}\n")
    answer = heapdump!("leaks", "--known", known, "--fail-on", "any", *dumps)
    assert_equal "Passed: any, no such growth is accused", answer.lines.last
    json = heapdump!("leaks", "--known", known, "--fail-on", "any", "--json", *dumps).json
    assert_equal [{ "condition" => "any", "failed" => false, "growth" => nil, "by" => [] }],
                 json["gates"]
  end

  def test_many_suspects
    dumps = [1, 2, 3].map do |step|
      dump(step) do |made|
        %w[Ant Bee Cat Dog Eel].each_with_index do |name, i|
          list = objects(made, name, step * 10 * (i + 1), 0x50_0000 + (i * 0x10_0000))
          made.constant("#{name.upcase}S", made.array(list))
        end
      end
    end
    answer = heapdump("leaks", "--fail-on", "count>=1", *dumps)
    assert_equal "Failed: count>=1, by 1. Eel (+100 objects), 2. Dog (+80 objects), " \
                 "3. Cat (+60 objects) and 2 more", answer.lines.last
  end

  def test_json
    dumps = grown(0, 10, 20)
    assert_empty heapdump!("leaks", "--json", *dumps).json["gates"]
    answer = heapdump("leaks", "--json", "--limit", "0", "--fail-on", "retained>2KB",
                      "--fail-on", "count>20", *dumps)
    assert_equal 2, answer.status
    assert_equal [{ "condition" => "retained>2KB", "failed" => true, "growth" => 2800,
                    "by" => [signature(dumps)] },
                  { "condition" => "count>20", "failed" => false, "growth" => 20, "by" => [] }],
                 answer.json["gates"]
  end

  # RSS grows by 8 MiB, held objects by 2,800 bytes.
  def processes
    [0, 10, 20].map.with_index do |count, number|
      dump(number, memory: { rss: (40 + (4 * number)) << 20 }) { |made| sessions(made, count) }
    end
  end

  def test_the_process
    answer = heapdump("leaks", "--fail-on", "rss>7.9MB", "--fail-on", "RSS>8MB",
                      "--fail-on", "unexplained>=7.9MB", *processes)
    assert_equal 2, answer.status
    assert_equal ["Failed: rss>7.9MB, by the process (+8.0 MiB)",
                  "Passed: RSS>8MB, the process (+8.0 MiB)",
                  "Failed: unexplained>=7.9MB, by the process (+8.0 MiB)"], answer.lines.last(3)
    gates = ["--fail-on", "rss>8MB", "--fail-on", "rss>1"]
    json = heapdump("leaks", "--json", *gates, *processes).json
    assert_equal [[false, 8 << 20], [true, 8 << 20]],
                 json["gates"].map { |gate| gate.values_at("failed", "growth") }
    heapdump!("leaks", "--fail-on", "rss>8MB", *processes)
  end

  # No suspect could ever meet it, so a build that asks so would never fail.
  def test_a_suspect_is_no_process
    gate = HeapDump::Leaks::Gate.new("rss>1MB")
    leaks = HeapDump.leaks(*grown(0, 10, 20))
    error = assert_raises(ArgumentError) { leaks.any? { |suspect| gate.met?(suspect) } }
    assert_match(/rss>1MB is about the process: ask met_by_process/, error.message)
  end

  def test_objects_have_no_unit
    %w[count>100MB count>=1k].each do |text|
      error = assert_raises(ArgumentError) { HeapDump::Leaks::Gate.new(text) }
      assert_match(/objects, which have no unit/, error.message)
    end
  end

  def test_dumps_that_do_not_have_the_size_of_the_process
    answer = heapdump("leaks", "--fail-on", "rss>1GB", *grown(0, 10, 20))
    assert_equal 1, answer.status
    assert_match(/cannot judge rss>1GB: the dumps do not have the size of the process/, answer.err)
  end

  # Neither passed nor failed.
  def test_dumps_that_cannot_be_judged
    dumps = grown(0, 10, 20)
    File.write(dumps.last, File.readlines(dumps.last)[0...-1].join)
    answer = heapdump("leaks", "--fail-on", "any", *dumps)
    assert_equal 1, answer.status
    refute_match(/Failed/, answer.out)
    json = heapdump("leaks", "--fail-on", "any", "--json", *dumps).json
    assert_equal [nil], json["gates"].map { |gate| gate["failed"] }
    answer = heapdump("leaks", "--fail-on", "any", "--allow-unsound", *dumps)
    assert_equal 2, answer.status
    assert_match(/^Failed: any, by 1\. Session/, answer.lines.last)
  end

  private

  def signature(dumps)
    HeapDump.leaks(*dumps).first.signature
  end
end

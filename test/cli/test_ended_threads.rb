# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"

# Threads that have ended are no threads of the process, but somebody holds them.
class TestEndedThreads < HeapDumpTest
  include CommandLine

  def summary(*options, &)
    path = MadeDump.write(File.join(scratch, "heap.json"), 0, &)
    [heapdump!("summary", path, *options).out, heapdump!("summary", path, "--json").json]
  end

  def ended(made, name: "Thread", **fields)
    made.thread([], name: name, status: "dead", **fields)
  end

  def test_what_they_retain
    [[], ["--all"]].each do |options|
      out, json = summary(*options) do |made|
        values = Array.new(3) { made.string("x", memsize: 1_000_000) }
        threads = values.map { |value| ended(made, thread_value: value) }
        threads << ended(made, name: "Worker")
        made.constant("ALL", made.array([*threads, made.thread([], status: "sleep")]))
        made.data("Thread", "VM/thread", status: "dead") # garbage
      end
      assert_match(/^4 threads that have ended retain 2\.9 MiB; `heapdump why \S+ Thread` shows/,
                   out)
      assert_equal({ "objects" => 4, "retained" => 3_000_160 }, json["ended_threads"])
    end
  end

  # What others hold too is not theirs.
  def test_one_alone
    out, = summary do |made|
      value = made.string("x", memsize: 1_000_000)
      made.constant("VALUE", value)
      made.constant("OLD", ended(made, thread_value: value, name: "Worker"))
    end
    assert_match(/^1 thread that has ended retains 40 B; `heapdump why \S+ Worker` shows who/, out)
  end

  def test_none
    out, json = summary { |made| made.constant("RUNS", made.thread([], status: "run")) }
    refute_match(/ended/, out)
    assert_equal({ "objects" => 0, "retained" => 0 }, json["ended_threads"])
  end
end

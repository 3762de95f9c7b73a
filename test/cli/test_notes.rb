# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/command_line"

# `heapdump notes`: what processes have left.
class TestNotes < HeapDumpTest
  include CommandLine

  def note(pid, *lines, kind: "notes", host: "web-1")
    text = lines.map { |line| line.is_a?(String) ? line : "#{JSON.generate(line)}\n" }.join
    File.binwrite(File.join(scratch, "#{kind}-#{host}-#{pid}-abc.jsonl"), text)
  end

  def begun(minute, app: "puma")
    { begin: "2026-11-29T04:#{minute}:00Z", app: app, started: 1 }
  end

  def sample(minute, mib)
    { time: "2026-11-29T04:#{minute}:00Z", rss: mib << 20, pss: mib << 20, private: mib << 20,
      working_set: mib << 21, limit: 2 << 30, live_slots: 1_234_567, old_objects: 7, major_gc: 3,
      requests: 8, jobs: 9 }
  end

  def three
    note(41, begun(10), sample(11, 100), sample(12, 200), kind: "killed")
    note(40, begun("05"), sample("06", 50), { end: "2026-11-29T04:09:00Z" })
    note(42, begun(20, app: "sidekiq"), sample(21, 300), "{\"time\":\"torn")
    Dir.mkdir(File.join(scratch, "series-web-1-41-abc"))
    %w[1.zst 1.zst.manifest.json 2.zst.partial-7].each do |name|
      File.write(File.join(scratch, "series-web-1-41-abc", name), "")
    end
  end

  def test_processes
    three
    answer = heapdump("notes", scratch)
    assert_equal 0, answer.status
    assert_equal <<~TEXT, answer.out
      pid        rss    private       used    limit  dumps  begun                 last sample           ended                      program
       40   50.0 MiB   50.0 MiB  100.0 MiB  2.0 GiB      0  2026-11-29T04:05:00Z  2026-11-29T04:06:00Z  exit 2026-11-29T04:09:00Z  puma
       41  200.0 MiB  200.0 MiB  400.0 MiB  2.0 GiB      1  2026-11-29T04:10:00Z  2026-11-29T04:12:00Z  killed                     puma
       42  300.0 MiB  300.0 MiB  600.0 MiB  2.0 GiB      0  2026-11-29T04:20:00Z  2026-11-29T04:21:00Z  unknown                    sidekiq
      rss, pss and private: of the process; used and limit: of its container, or of the machine.
      The dumps of process 41: `heapdump summary #{scratch}/series-web-1-41-abc/1.zst`
    TEXT
    assert_match(/\A.*\n 42/, heapdump("notes", scratch, "--limit", "1").out)
  end

  def test_minutes
    three
    assert_equal <<~TEXT, heapdump("notes", scratch, "--pid", "41").out
            rss        pss    private       used      slots  old  GCs  requests  jobs  time
      100.0 MiB  100.0 MiB  100.0 MiB  200.0 MiB  1,234,567    7    3         8     9  2026-11-29T04:11:00Z
      200.0 MiB  200.0 MiB  200.0 MiB  400.0 MiB  1,234,567    7    3         8     9  2026-11-29T04:12:00Z
      rss, pss and private: of the process; used and limit: of its container, or of the machine.
      The dumps of process 41: `heapdump summary #{scratch}/series-web-1-41-abc/1.zst`
    TEXT
  end

  def test_work
    note(41, begun(10), sample(11, 100).merge(work: { "MyJob" => 2, "\e[31m" => 1 }),
         sample(12, 200).merge(work: { "MyJob" => 1200, "Odd" => "x" }),
         sample(13, 9).merge(work: 5))
    lines = heapdump("notes", scratch, "--pid", "41").lines
    assert_equal ["number  work", " 1,202  MyJob", "     1  \\e[31m"], lines.last(3)
  end

  # Of processes of this machine it is known whether they run.
  def test_running_and_gone
    host = HeapDump::Watch::Machine.new.host
    started = HeapDump::Watch::Processes.new("", Process.pid).started
    ended = Process.spawn("true")
    Process.wait(ended)
    note(Process.pid, begun(10).merge(started: started), host: host)
    note(ended, begun(11), host: host)
    read = JSON.parse(heapdump("notes", scratch, "--json").out)
    assert_equal %w[running gone], read["processes"].map { |one| one["state"] }
    note(Process.pid, begun(10).merge(started: started + 1), host: host) # another with its number
    assert_match(/ gone .* gone /m, heapdump("notes", scratch).out)
  end

  def test_json
    three
    read = JSON.parse(heapdump("notes", scratch, "--json").out)
    assert_equal [1, [40, 41, 42], %w[exit killed unknown]],
                 [read["schema_version"], *%w[pid state].map do |key|
                   read["processes"].map do |one|
                     one[key]
                   end
                 end]
    assert_equal [1], read["processes"].map { |one| one["samples"].size }.uniq
    assert_equal [File.join(scratch, "series-web-1-41-abc", "1.zst")], read["processes"][1]["dumps"]
    read = JSON.parse(heapdump("notes", scratch, "--json", "--pid", "41").out)
    assert_equal [100 << 20, 200 << 20], read["processes"].first["samples"].map { |one| one["rss"] }
  end

  def test_nothing_is_there
    assert_equal [1, "heapdump: there are no notes in #{scratch}; HeapDump.watch writes them\n"],
                 heapdump("notes", scratch).then { |answer| [answer.status, answer.err] }
    assert_equal 1, heapdump("notes", File.join(scratch, "no")).status
    three
    assert_match(/there are no notes of a process 7/, heapdump("notes", scratch, "--pid", "7").err)
  end

  DAMAGE = ["", "\xFF\n", "[]\n", "{\"begin\":[1]}\n{\"time\":{}}\n",
            "{\"time\":1,\"rss\":\"\\u001b[31m\"}\n",
            "{\"begin\":\"\\u001b]0;x\\u0007\",\"app\":\"\\u202e\"}\n{\"end\":null}\n"].freeze

  def test_damaged_and_hostile_notes
    DAMAGE.each_with_index do |text, i|
      note(50 + i, text)
      ["", "--json"].each do |option|
        answer = heapdump("notes", scratch, "--pid", (50 + i).to_s, *option.split)
        assert_equal 0, answer.status, text.inspect
        refute_match(/[\e\u202E\a]/, answer.out)
      end
    end
    assert_equal 0, heapdump("notes", scratch).status
  end

  def test_the_dumper_is_not_loaded
    three
    out = Child.ruby!(<<~RUBY, scratch, bare: true).out
      require "heapdump/cli"
      HeapDump::CLI.run(["notes", ARGV[0]])
      puts $LOADED_FEATURES.grep(/heapdump\\.so/).size
    RUBY
    assert_equal "0", out.lines.last.chomp
  end
end

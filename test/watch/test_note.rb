# frozen_string_literal: true

require "test_helper"
require "support/watching"

# What remains of a process that is killed, and what the next one says of it.
class TestNote < HeapDumpTest
  include Watching

  def notes(kind = "notes")
    Dir.glob("#{heaps}/#{kind}-*.jsonl")
  end

  def lines(path = notes.first)
    File.readlines(path).map { |line| JSON.parse(line) }
  end

  def test_a_line_a_minute
    use(520, events: { oom_kill: 3 })
    tree.process(1, parent: 0, started: 7)
    ENV["HEAPDUMP_APP"] = "shop"
    watch = engine(&:growth)
    ENV.delete("HEAPDUMP_APP")
    look(watch, 180)
    watch.close
    first, *samples, last = lines
    assert_equal({ "begin" => "2026-11-29T04:00:00Z", "pid" => 40, "host" => "web-1",
                   "app" => "shop", "ruby" => RUBY_VERSION, "started" => 4000 },
                 first.except("series", "server"))
    assert_equal "1-7", first["server"]
    assert_equal 4, samples.size
    assert_equal "2026-11-29T04:01:00Z", samples[1]["time"]
    assert_equal [110, 105, 100, 520, 1000].map { |mib| mib * MIB },
                 samples[1].values_at("rss", "pss", "private", "working_set", "limit")
    assert_equal 3, samples[1]["oom_kill"]
    assert_empty %w[live_slots old_objects pages malloc_increase minor_gc major_gc
                    threads] - samples[1].keys
    assert_equal({ "end" => "2026-11-29T04:03:00Z" }, last)
    assert_equal 0o600, File.stat(notes.first).mode & 0o777
    assert_equal 4, watch.stats.to_h[:notes]
  end

  # Between two minutes much may happen.
  def test_a_line_when_a_rule_strikes
    watch = engine
    use(520)
    look(watch, 50)
    assert_equal [nil, "memory"], lines.drop(1).map { |line| line["struck"] }
    assert_equal 1, begun.size
    finish(watch)
    use(990)
    look(watch, 50) # refused: a line all the same
    assert_equal({ headroom: 1 }, refusals(watch)) # what was refused waits: once is enough
    assert_equal "memory", lines.last(2).map { |line| line["struck"] }.compact.last
  end

  def test_a_ring_of_two_files
    watch = engine
    look(watch)
    3.times do
      File.write(notes.first, "#{JSON.generate(time: "x", filler: "y" * 300_000)}\n", mode: "a")
      machine.pass(60)
      look(watch)
    end
    assert_equal 2, notes.size
    assert(notes.all? { |path| File.size(path) < 700_000 })
    current, old = notes.partition { |path| !path.end_with?(".old.jsonl") }.map(&:first)
    assert_equal %w[begin time], lines(current).map { |line| line.keys.first }
    life, = HeapDump::Watch::Life.all(heaps)
    assert_equal 4000, life.file.started
    assert_equal lines(old).size + lines(current).size, life.file.lines.size
  end

  # A watch that is ended writes no more, whatever becomes of the process.
  def test_the_end_of_a_watch
    watch = engine
    look(watch, 60)
    2.times { watch.stop }
    look(watch, 120)
    watch.close
    assert_equal 1, File.read(notes.first).scan("end").size
    assert_equal ["end"], lines.last.keys
    look(engine(machine: Machine.new(tree.root, pid: 41)))
    assert_empty said
  end

  def test_a_file_that_is_removed_begins_anew
    watch = engine
    look(watch, 60)
    File.unlink(notes.first)
    look(watch, 120)
    assert_equal 1, said.grep(/no notes are written/).size
    assert_equal "begin", lines.first.keys.first
  end

  # The process `pid` has run, and is gone.
  def past(pid: 30, time: machine.time - 3600, fate: nil, dumps: 0, host: "web-1", silent: nil,
           server: nil, **sample)
    FileUtils.mkdir_p(heaps, mode: 0o700)
    file = HeapDump::Watch::NoteFiles::Entry.new(heaps, "notes", host, pid, "old#{pid}")
    all = [{ begin: time.strftime("%FT%TZ"), pid: pid, app: "puma", started: 77,
             silent: silent, server: server }.compact,
           { time: (time + 60).strftime("%FT%TZ"), **sample }]
    all << { end: "2026-11-29T03:30:00Z" } if fate == :exit
    File.write(file.path, all.map { |line| "#{JSON.generate(line)}\n" }.join)
    FileUtils.mkdir_p(file.dumps_directory)
    dumps.times { |i| File.write(File.join(file.dumps_directory, "#{i}.json.zst"), "") }
    file
  end

  def told(**options)
    look(engine(**options, &:memory))
    said
  end

  def test_an_oom_kill
    tree
    use(100, events: { oom_kill: 5 })
    file = past(private: 812 << 20, working_set: 1400 << 20, limit: 1536 << 20, oom_kill: 4,
                dumps: 3)
    assert_equal ["the process before this one (pid 30, puma) was OOM-killed; it was last seen " \
                  "at 2026-11-29T03:01:00Z, private memory 812.0 MiB, 1.4 GiB of 1.5 GiB used. " \
                  "3 dumps of it: `heapdump leaks #{file.dumps_directory}`"], told
    assert_equal 1, told.size, "it is told once"
    assert_equal 1, notes("killed").size
  end

  # A container that is restarted begins to count anew.
  def test_most_likely_out_of_memory
    tree
    use(100, events: { oom_kill: 0 })
    past(working_set: 1400 << 20, limit: 1536 << 20, oom_kill: 4, dumps: 1)
    assert_match(/was killed, most likely because memory ran out; /, told.first)
    assert_match(/ 1 dump of it: `heapdump summary .*0\.json\.zst`\z/, said.first)
  end

  def test_an_end_without_a_word
    tree
    past(working_set: 400 << 20, limit: 1536 << 20)
    assert_match(/ended without a word \(killed, crashed, or ended by exit!\); /, told.first)
    assert_match(/ It has left no dump: `heapdump notes #{heaps}`\z/, said.first)
  end

  def test_who_is_not_told_of
    tree
    past(fate: :exit)
    past(pid: 31, host: "web-2")
    tree.process(32, started: 77)
    past(pid: 32)
    # exec
    past(pid: 40).then do |file|
      File.write(file.path, File.read(file.path).sub("77", "4000"))
    end
    assert_empty told
    assert_equal 5, notes.size
    assert_equal "exec", lines(notes.find { |path| path.include?("old40") }).last["how"]
  end

  # Workers of Unicorn end by exit!, so a note without an end says nothing by itself.
  def test_workers_that_end_silently
    tree
    past(silent: true, working_set: 400 << 20, limit: 1536 << 20, oom_kill: 0)
    assert_empty told
    assert_equal({ "end" => "2026-11-29T03:01:00Z", "how" => "silent" }, lines(notes.min).last)
    past(pid: 31, silent: true, working_set: 1500 << 20, limit: 1536 << 20, oom_kill: 0)
    assert_match(/\(pid 31, puma\) was killed, most likely/, told.first)
    use(100, events: { oom_kill: 1 })
    past(pid: 32, silent: true, working_set: 4 << 20, limit: 1536 << 20, oom_kill: 0)
    assert_match(/\(pid 32, puma\) was OOM-killed/, told.last)
  end

  # So do children of Resque, one for each job.
  def test_who_ends_silently
    refute_predicate HeapDump::Watch::Servers, :silent?
    Object.const_set(:Resque, Module.new).const_set(:Worker, Class.new)
    assert_predicate HeapDump::Watch::Servers, :silent?
  ensure
    Object.send(:remove_const, :Resque) if Object.const_defined?(:Resque)
  end

  def test_a_number_that_is_given_again
    tree.process(30, started: 78)
    past
    assert_equal 1, told.size
  end

  # One line for all, of the largest.
  def test_many_were_killed_together
    tree
    10.times { |i| past(pid: 50 + i, private: i << 20) }
    assert_equal 1, told.size
    assert_match(/\(pid 59, puma\) \(and 9 others\)/, said.first)
    assert_equal 10, notes("killed").size
  end

  # Of those one has dumps, and not always the largest.
  def test_the_one_with_dumps_is_told_of
    tree
    past(private: 300 << 20)
    file = past(pid: 31, private: 200 << 20, dumps: 3)
    past(pid: 32, private: 400 << 20, dumps: 1)
    assert_match(/\(pid 31, puma\) \(and 2 others\) .* 3 dumps of it: `.*#{file.series}`\z/,
                 told.first)
  end

  # The kernel has killed another worker than the one that was dumped, which may live on.
  def test_the_dumps_of_another_worker
    tree
    past(server: "7-70")
    past(pid: 31, server: "7-69", dumps: 4) # of a server before it, which had the same number
    past(pid: 32, server: "7-70", dumps: 1, fate: :exit)
    past(pid: 33, server: "7-70", dumps: 5, host: "web-2")
    file = past(pid: 34, server: "7-70", dumps: 3)
    [31, 34].each { |pid| tree.process(pid, started: 77) }
    assert_match(/\(pid 30, puma\) .* It has left no dump, but process 34 of the same server has left 3 dumps: `/, # rubocop:disable Layout/LineLength
                 told.first)
    assert told.first.end_with?("`heapdump leaks #{file.dumps_directory}`")
  end

  DAMAGE = ["", "\0" * 100, "{", "[1]\n", "{\"begin\":5}\n{\"time\":[]}\n", "\xFF\n",
            "{\"time\":\"x\",\"private\":\"y\",\"working_set\":1}\n{\"ti"].freeze

  def test_notes_that_are_damaged
    tree
    DAMAGE.each do |text|
      File.binwrite(past.path, text)
      look(engine(&:memory))
      assert_equal 1, said.size, text.inspect
      assert_match(/\Athe process before this one \(pid 30\) ended without a word/, said.last)
      HeapDump::Watch::Life.all(heaps).each { |life| [life.seen, life.begun, life.state, life.app] }
      FileUtils.rm_rf(Dir.glob("#{heaps}/{notes,killed}-*"))
      log.lines.clear
    end
  end

  # Files of processes that are gone.
  def test_old_notes_are_removed
    tree
    100.times { |i| age(past(pid: 1000 + i, fate: :exit), 7200) }
    told
    assert_equal 65, notes.size
  end

  # However many processes there are, none loses its notes.
  def test_notes_of_many_that_live
    tree
    100.times { |i| age(past(pid: 1000 + i, fate: :exit), 70) }
    told
    assert_equal 101, notes.size
  end

  def age(file, seconds)
    File.utime(machine.time - seconds, machine.time - seconds, file.path)
  end

  # When 40 workers begin, none reads all notes of the others.
  def test_what_is_read_of_others
    tree
    tree.process(30, started: 77)
    past
    past(pid: 31, fate: :exit)
    HeapDump::Watch::Life.stub(:new, ->(_) { flunk "read as a whole" }) { told }
    assert_empty said
  end

  def test_a_directory_that_cannot_be_read
    tree
    File.write(heaps, "")
    watch = engine
    look(watch, 120)
    watch.close
    [/is no directory/, /nobody can ask/, /no notes are written/].zip(said) do |words, line|
      assert_match words, line
    end
    assert_equal 3, said.size, said.inspect
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"
require "heapdump/cli"
require "heapdump/snapshot"

# What objects and names are called in the answers of all commands.
class TestWords < HeapDumpTest
  include CommandLine

  def snapshot(&)
    HeapDump::Snapshot.open(MadeDump.write(File.join(scratch, "heap.json"), 0, &))
  end

  def test_a_key_that_is_a_short_array_tells_its_elements
    long = report = page = nil
    snapshot = snapshot do |made|
      user = made.object("User")
      key = made.array([made.string("2026"), 7, nil, user])
      report = made.object("Report")
      page = made.object("Page")
      long = made.array((1..5).to_a)
      made.constant("CACHE", made.hash([[key, report], [long, page]]))
    end
    assert_match(/\[\["2026", 7, nil, User\]\] → Report/, snapshot.paths(report).first.to_s)
    assert_match(/\[Array of 5 #{long}\] → Page/, snapshot.paths(page).first.to_s)
  end

  def test_a_thread_is_told_by_its_name_and_where_it_stands
    threads = {}
    snapshot = snapshot do |made|
      threads = {
        'thread "web" at /app/web.rb:3' => made.thread([["run", "/app/web.rb", 3]],
                                                       thread_name: "web"),
        'thread "idle"' => made.thread([["sleep"]], thread_name: "idle"),
        "main thread" => made.thread([["sleep", "/app/a.rb", 9], ["<main>", "/app/a.rb", 1]]),
        "thread at /app/b.rb:20" => made.thread([["pop"], ["block in go", "/app/b.rb", 20]]),
        "main thread " => made.thread([["each", "/app/c.rb", 4]], main: true, thread_name: "m"),
        "dead thread" => made.thread([], status: "dead"),
        "thread" => made.thread([["sleep", nil, nil]])
      }
      made.constant("ALL", made.array(threads.values))
    end
    threads.each { |words, at| assert_equal words.strip, snapshot.object(at).words }
  end

  # Code of a whole file has line 0, which no editor has.
  def test_there_is_no_line_zero
    things = {}
    snapshot = snapshot do |made|
      code = made.internal("iseq", label: "<main>", file: "/app/a.rb", line: 0)
      things = {
        "binding /app/a.rb" => made.data("Binding", "binding", file: "/app/a.rb", line: 0),
        "code /app/a.rb" => code,
        "variables of <main> /app/a.rb" => made.internal("env", iseq: code),
        "proc /app/a.rb:10" => made.data("Proc", "proc", file: "/app/a.rb", line: 10),
        "thread at /app/a.rb" => made.thread([["go", "/app/a.rb", 0]])
      }
      made.constant("ALL", made.array(things.values))
      made.defined_class("Etc", place: "/srv/etc.so:0")
      made.defined_class("Core", place: "<main>:0")
    end
    things.each { |words, address| assert_equal words, snapshot.object(address).words }
    describe = HeapDump::Snapshot::Describe
    assert_equal ["<main> /app/a.rb", "go /app/a.rb:20"],
                 ["<main> /app/a.rb:0", "go /app/a.rb:20"].map { |frame| describe.frame(frame) }
    object = snapshot.modules_named("Object").first
    places = snapshot.references(object, limit: 100).to_h do |one|
      [one.edge.name, describe.constant_place(object, one.edge)]
    end
    assert_equal ["/srv/etc.so", nil, "/app/proc.rb:1"], places.values_at("Etc", "Core", "Proc")
  end

  def test_show_has_no_line_zero
    { 0 => nil, 12 => "line  12\n" }.each do |line, shown|
      binding = nil
      path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
        binding = made.data("Binding", "binding", file: "/app/a.rb", line: line)
        made.constant("BINDING", binding)
      end
      out = heapdump!("show", path, binding).out
      assert_includes out, "\nFields\nfile  /app/a.rb\n#{shown}\n"
      refute_match(/:0\b/, out)
    end
  end

  def test_places
    places = HeapDump::Snapshot::Places
    lines = [["/a.rb", 3], ["/a.rb", 0], [nil, 3], ["/a.rb", nil], [5, 5]]
    assert_equal ["/a.rb:3", "/a.rb", nil, nil, nil], lines.map { |line| places.of(*line) }
    assert_equal ["/a.rb:10", "/a.rb", "/a.rb"],
                 ["/a.rb:10", "/a.rb:0", "/a.rb"].map { |place| places.short(place) }
    assert_equal ["/a.rb", nil, "/a.so", nil, nil],
                 ["/a.rb:3", "ruby:0", "/a.so:0", "/a.rb", ""].map { |place| places.file(place) }
  end

  # Two that begin in the same way look alike otherwise.
  def test_a_text_that_is_cut_has_its_length
    texts = { "01234" * 40_000 => "String \"#{"01234" * 7}0123…\" of 200,000 bytes",
              "01234" * 8 => "String \"#{"01234" * 8}\"", "é…" => 'String "é…"',
              "\e" * 20 => "String \"#{'\\e' * 20}\"",
              "\e" * 21 => "String \"#{'\\e' * 19}\\…\" of 21 bytes" }
    strings = {}
    snapshot = snapshot do |made|
      strings = texts.to_h { |text, words| [made.string(text), words] }
      first = made.string("0123")
      made.change(first, bytesize: 12, truncated: true)
      unknown = made.string("x" * 99)
      made.change(unknown, bytesize: nil)
      strings.merge!(first => 'String "0123"… of 12 bytes',
                     unknown => "String \"#{"x" * 39}…\"",
                     made.symbol("x" * 99) => "Symbol \"#{"x" * 39}…\"")
      made.constant("ALL", made.array(strings.keys))
    end
    strings.each { |address, words| assert_equal words, snapshot.object(address).words }
  end

  def test_fibers_and_files_are_told_by_what_they_are
    things = {}
    snapshot = snapshot do |made|
      things = {
        "fiber of the main thread (resumed)" => made.fiber("resumed", "<main>"),
        "fiber (suspended)" => made.fiber("suspended", "block in go"),
        "TCPSocket" => made.file("TCPSocket"),
        "File /app/log" => made.file("File", path: "/app/log")
      }
      made.constant("ALL", made.array(things.values))
    end
    things.each { |words, address| assert_equal words, snapshot.object(address).words }
  end

  def test_what_the_program_has_given_to_the_vm
    held = {}
    snapshot = snapshot do |made|
      held = %w[trap c pin].to_h { |name| [name, made.object(name.capitalize)] }
      made.root_field(:trap_handlers, { "SIGUSR1" => held["trap"] })
      made.root_field(:addresses, [["a.so rb_eMine", held["c"]]])
      made.root_field(:pinned, [held["pin"]])
      made.constant("LONG", made.array([made.array([made.array(held.values)])]))
    end
    { "trap" => "handler of SIGUSR1", "c" => "variable of C: a.so rb_eMine",
      "pin" => "pinned by C (rb_gc_register_mark_object)" }.each do |name, words|
      assert_match(/\Aroot vm\s+→ #{Regexp.escape(words)} → #{name.capitalize}/,
                   snapshot.paths(held[name]).first.to_s)
    end
  end

  def test_what_the_program_has_given_to_a_thread
    value = entry = nil
    snapshot = snapshot do |made|
      value = made.object("Answer")
      entry = made.object("Entry")
      storage = made.hash([[":log", made.array([entry])]])
      made.constant("ALL", made.array([made.thread([], status: "dead", thread_value: value),
                                       made.thread([["run"]], fiber_storage: storage)]))
    end
    assert_match(/→ value of the thread → Answer/, snapshot.paths(value).first.to_s)
    assert_match(/→ fiber storage → Hash of 1\s.*\s*→ \[:log\] → Array of 1/,
                 snapshot.paths(entry).first.to_s)
  end

  def test_names_made_from_data_make_one_group
    sessions = []
    snapshot = snapshot do |made|
      sessions = Array.new(2) { made.object("Session") }
      locals = { "current-1": sessions[0], "current-22": sessions[1] }
      made.root(made.thread([["<main>", "/app/a.rb", 1]], main: true, fiber_locals: locals))
    end
    paths = sessions.map { |session| snapshot.path_to(session) }
    assert_equal 1, paths.map(&:signature).uniq.size
    assert_includes why(snapshot.path, sessions.first),
                    "fiber-local, Thread.current[…]: held until it is set to nil"
  end

  # Paths are merged by their steps, so a branch may stand for several threads.
  def test_one_thread_is_not_told_to_hold_what_several_do
    { 1 => 'held by thread "t0" at /app/a.rb:1 (fiber-local, Thread.current[…]: held',
      2 => 'held by threads, one of which is thread "t' }
      .each do |threads, words|
        snapshot = snapshot do |made|
          threads.times do |i|
            list = made.array([made.object("Session"), made.object("Session")])
            thread(made, i, { jobs: list })
          end
        end
        assert_includes why(snapshot.path, "Session"), words
      end
  end

  # Objects of the class that another thread holds by another name are another branch.
  def test_one_thread_is_not_told_to_be_several_because_others_hold_the_class_by_another_name
    snapshot = snapshot do |made|
      { jobs: 3, spare: 1 }.each_with_index do |(name, count), i|
        list = made.array(Array.new(count) { made.object("Session") })
        thread(made, i, { name => list })
      end
    end
    text = why(snapshot.path, "Session")
    assert_includes text, "3 of 4 objects, 120 B, retain 120 B, held by thread \"t0\" at " \
                          "/app/a.rb:1 (fiber"
    refute_includes text, "one of which is"
  end

  # Names made from data are one branch, so it may stand for several threads.
  def test_threads_that_hold_by_names_made_from_data_are_several
    snapshot = snapshot do |made|
      %w[current-1 current-22].each_with_index do |name, i|
        thread(made, i, { name => made.object("Session") })
      end
    end
    assert_includes why(snapshot.path, "Session"), 'held by threads, one of which is thread "t'
  end

  def test_the_only_one_of_many_threads_that_holds_any
    snapshot = snapshot do |made|
      3.times do |i|
        list = made.array([made.object("Session")])
        thread(made, i, i == 1 ? { jobs: list } : {})
      end
    end
    assert_includes why(snapshot.path, "Session"), 'held by thread "t1" at /app/a.rb:1 (fiber-local'
  end

  # What ObjectSpace.dump_all writes of global variables.
  def test_a_global_variable_without_a_name
    session = nil
    snapshot = snapshot { |made| session = made.object("Session") }
    root = JSON.generate(type: "ROOT", root: "global_tbl", references: [session])
    lines = File.readlines(snapshot.path).insert(1, "#{root}\n")
    path = File.join(scratch, "global.json")
    File.write(path, lines.join)
    said = "a global variable, which the dump does not name"
    assert_match(/^1\. held by #{said}\n  global variables\n  → \(no name\) → Session/,
                 why(path, session))
    assert_match(/held by global variables \(#{said}\)$/, why(path, "Session"))
    assert_match(/^Held by  #{said}$/, why(path, session, "show"))
  end

  # A dump, and the address of what a variable of a thread holds.
  def in_thread_variable
    session = nil
    dump = snapshot do |made|
      session = made.object("Session")
      variables = made.hash([[":session", session]])
      made.root(made.thread([["<main>", "/app/a.rb", 1]], ivars: { locals: variables }))
    end
    [dump, session]
  end

  # A thread variable is held as long as its thread lives, whatever method runs.
  def test_a_thread_holds_as_long_as_it_lives
    snapshot, session = in_thread_variable
    assert_match(/held by a thread: as long as that thread lives/, why(snapshot.path, session))
  end

  # A loop may never return, so it does not sound as if that were let go.
  def test_a_frame_holds_as_long_as_it_runs
    session = nil
    snapshot = snapshot do |made|
      session = made.object("Session")
      thread = made.thread([["run", "/app/a.rb", 1]])
      made.local(thread, 0, "batch", session)
      made.root(thread)
    end
    told = why(snapshot.path, session)
    assert_match(/held by a method or block that runs: as long as it runs/, told)
    refute_match(/let go/, told)
  end

  def test_a_thread_variable_has_one_name
    snapshot, session = in_thread_variable
    assert_equal "main thread → thread variables → Hash of 1 → [:session] → Session",
                 snapshot.path_to(session).to_s
  end

  def test_the_singleton_class_of_an_object
    { "Session" => "a Session", "Object" => "an Object" }.each do |name, words|
      singleton = nil
      snapshot = snapshot do |made|
        object = made.object(name)
        singleton = made.singleton(object)
        made.root(singleton)
      end
      assert_equal "singleton class of #{words}", snapshot.to_node(singleton).words
    end
  end

  def why(path, address, command = "why")
    out = StringIO.new
    HeapDump::CLI.run([command, path, address], out: out, err: StringIO.new)
    out.string
  end

  # A stack has its words once more without names, also where a variable holds the thread.
  def test_what_a_local_variable_holds_is_told_by_its_name
    held = thread = nil
    snapshot = snapshot do |made|
      held = made.object("Held")
      frames = [["sleep", "/app/a.rb", 9], ["go", "/app/a.rb", 4]]
      thread = made.thread(frames, references: [held])
      made.constant("THREAD", thread)
      made.local(thread, 1, "held", held)
    end
    path = snapshot.path_to(held)
    assert_equal "Store (module) → constant THREAD → thread at /app/a.rb:4 → go /app/a.rb:4 → " \
                 "local held → Held", path.to_s
    assert_equal :frame, path.rank
    refute_match(/no name/, snapshot.paths(held).join("\n").lines.first)
  end

  def test_who_holds_equal_strings
    snapshot = snapshot do |made|
      2.times do |i|
        made.constant("A#{i}", made.internal("iseq", file: "/app/a.rb", line: 4 + i,
                                                     references: [made.string("in code")]))
      end
      user = made.object("User", ivars: { :@name => made.string("held") })
      made.constant("B", made.array([made.string("held"), user]))
    end
    owners = snapshot.duplicate_strings.to_h { |one| [one.value, one.owners.map(&:first).sort] }
    assert_equal ["Array [0]", 'User#@name'], owners["held"]
    assert_equal ["code"], owners["in code"]
  end

  def test_what_the_vm_keeps_for_itself_has_words
    labels = snapshot { |made| made.constant("CODE", made.internal("iseq")) }
             .histogram(by: :class).map(&:label)
    assert_includes labels, "(IMEMO iseq: code)"
  end

  private

  # A thread that runs, with variables of its fiber.
  def thread(made, number, fiber_locals)
    frames = [["run", "/app/a.rb", 1]]
    made.root(made.thread(frames, thread_name: "t#{number}", fiber_locals: fiber_locals))
  end
end

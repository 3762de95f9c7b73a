# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/shop"

# What the commands that read a dump say of a small program, and how.
class TestCommands < HeapDumpTest
  include CommandLine

  COMMANDS = {
    "summary" => [], "top" => [], "why" => ["Session"], "show" => [:address],
    "find" => %w[--class Session], "strings" => [], "verify" => []
  }.freeze

  def shop
    Shop.dump
  end

  # A session in the cache.
  def address
    heapdump!("why", shop, "Session", "--json").json["groups"][0]["path"].last["address"]
  end

  def each_command(file = shop)
    COMMANDS.each do |name, rest|
      yield [name, file, *rest.map { |one| one == :address ? address : one }]
    end
  end

  def test_why_names_the_way_edge_by_edge
    out = heapdump!("why", shop, "Session", "--limit", "10").out
    assert_match(/\ASession  84 objects, 3.3 KiB; retain \d+\.\d KiB$/, out)
    assert_match(/^1\. 81 of 84 objects, 3.2 KiB, retain \d+\.\d KiB, held by Registry \(module\)
  80 of them, 3.1 KiB, retain \d+\.\d KiB:
  Registry/, out)
    assert_match(/^  Registry \(module\)  0x\h+
  → constant CACHE → Hash of 80  0x\h+  \S+shop.rb:\d+
  → \["k\d+"\] → Session  0x\h+$/, out)
    assert_match(/^  → @pool → Array of 1 /, out)
    assert_match(/^  global variables\n  → \$current → Session /, out)
    assert_match(/^  constant BUS → Bus .*
  → @subscribers → Array of 1 .*
  → \[0\] → proc \S+shop.rb:27 .*
  → captured payload → Session /, out)
    assert_match(/held by thread "shop worker 1" at \S+shop.rb:\d+ \(a method or block that runs.*
  thread "shop worker 1" .*
  → Object#wait \S+shop.rb:\d+ → local results → Array of 1 /, out)
  end

  # However many branches there are, no object is lost.
  def test_why_of_a_class_counts_all_objects
    %w[Session String Hash Proc].each do |name|
      json = heapdump!("why", shop, name, "--json", "--limit", "100000").json
      live = json["objects"] - json["garbage"]
      assert_equal live, json["holders"].sum { |holder| holder["objects"] } + json["others"], name
      on_paths = json["groups"].sum { |group| group["objects"] }
      assert_equal live, on_paths + json["others"] + json["holders"].sum { |one| one["others"] }
      json["holders"].each { |holder| assert_operator holder["bytes"], :>=, 40 * holder["objects"] }
    end
    assert_match(/^  \d+ objects? on further paths$/, heapdump!("why", shop, "String").out)
  end

  def test_why_of_an_object
    json = heapdump!("why", shop, address, "--json").json
    assert_equal "Session", json["object"]["class"]
    path = json["paths"].first
    assert_equal %w[named Registry], [path["rank"], path["holder"]["name"]]
    assert_equal ["constant CACHE"], path["path"][1]["edge"]
    assert_equal address, path["path"].last["address"]
  end

  def test_addresses_can_be_given_to_other_commands
    heapdump!("top", shop).out.scan(/0x\h+/).each do |one|
      heapdump!("show", shop, one)
      heapdump!("why", shop, one)
      heapdump!("top", shop, one)
    end
  end

  def test_show_has_fields_references_and_what_keeps_it_alive
    out = heapdump!("show", shop, address).out
    assert_match(/^Session 0x\h+$/, out)
    assert_match(/^class  Session \(class\) 0x\h+$/, out)
    assert_match(/^ivars @number +\d+$/, out)
    assert_match(/^  @state → String "waiting for payment" 0x\h+$/, out)
    assert_match(/^  @basket → Array of 2 0x\h+$/, out)
    assert_match(/^  Hash of 80 0x\h+ → \["k\d+"\]$/, out)
    assert_match(/^Held by
  Registry \(module\)  0x\h+
  → constant CACHE → Hash of 80  0x\h+  \S+shop.rb:\d+  retains .*
  → \["k\d+"\] → Session  0x\h+$/, out)
    registry = heapdump!("why", shop, address, "--json").json["paths"][0]["holder"]["address"]
    assert_match(/^  constant CACHE → Hash of 80 0x\h+  \S+shop.rb:\d+$/,
                 heapdump!("show", shop, registry).out)
  end

  # But for the path, which has to pass by what holds it.
  def test_show_says_nothing_twice
    [address, thread, *heapdump!("find", shop, "--type", "HASH").out.scan(/0x\h+/)].each do |one|
      out = heapdump!("show", shop, one, "--limit", "1000").out
      told = out[/\n(?:Fields|Refers to).*?(?=\n\nReferred|\z)/m].to_s
      lines = told.lines.map(&:strip).reject(&:empty?)
      assert_equal lines.uniq, lines
      values = lines.reject { |line| line.include?("as a key") }.flat_map { |line| line[/0x\h+$/] }
      assert_empty told[/^Fields.*?\n\n/m].to_s.lines.reject { |line| line.start_with?("frames") }
                                          .join.scan(/0x\h+/) & values.compact
      refute_match(/\(no name\)/, told)
    end
  end

  def thread
    heapdump!("find", shop, "--class", "Thread", "--json").json["objects"].last["address"]
  end

  def test_show_tells_references_without_a_name_in_groups
    out = heapdump!("show", shop, thread, "--limit", "100").out
    grouped = out[/^Refers to.*?(?=\n\n|\z)/m].scan(/^  without a name: (.*)$/).flatten
    assert_operator grouped.size, :>, 2
    number = grouped.sum { |line| 1 + line[/and ([\d,]+) more of/, 1].to_i }
    named = out[/^Refers to.*?(?=\n\n|\z)/m].scan(/ → /).size
    assert_operator number, :>, grouped.size
    all = heapdump!("show", shop, thread, "--json").json["references"]["total"]
    assert_operator named, :>, 3
    assert_equal all - 1, out[/^Refers to  ([\d,]+)/, 1].delete(",").to_i, "all but the class"
  end

  def test_show_goes_on_at_an_offset
    cache = heapdump!("find", shop, "--type", "HASH").out[/(0x\h+)  Hash of 80$/, 1]
    parts = [0, 60, 120].map do |offset|
      heapdump!("show", shop, cache, "--limit", "60", "--offset", offset.to_s).out
    end
    assert_match(/… 100 more \(--offset 60 goes on\)/, parts[0])
    found = parts.flat_map { |out| out[/^Refers to.*?\n\n/m].scan(/^  ([^×\n]+?) → /) }
    assert_equal 160, found.size
    assert_equal 80, found.uniq.size - 1, "as a key, and 80 values"
  end

  # As it stands in other tools, and as people copy it.
  def test_addresses_without_their_prefix
    bare = address.delete_prefix("0x")
    [["why", bare], ["why", "0X#{bare.upcase}"], ["show", bare], ["top", bare]].each do |name, one|
      assert_equal heapdump!(name, shop, address).out, heapdump!(name, shop, one).out
    end
    assert_match(/has no object at 0x1;/, heapdump("why", shop, "1").err)
    assert_match(/has no class ABCDEF/, heapdump("why", shop, "ABCDEF").err)
  end

  # Who names a class where one object is shown wants its objects.
  def test_a_class_is_no_address
    %w[show top].each do |name|
      answer = heapdump(name, shop, "Session")
      assert_equal 64, answer.status
      commands = answer.err.scan(/`heapdump (.*?)`/).flatten
      assert_equal %w[find why], commands.map { |command| command[/\w+/] }
      commands.each { |command| heapdump!(*command.split) }
      assert_match(/no class Sesion; did you mean Session\?/, heapdump(name, shop, "Sesion").err)
      long = "Session#{"n" * 200_000}" # to compare it with all names would take long
      begun = now
      assert_match(/no class Sessionn+ \(/, heapdump(name, shop, long).err)
      assert_operator now - begun, :<, 5
    end
    assert_match(/looks like 0x/, heapdump("show", shop, "nonsense").err)
  end

  def test_an_offset_behind_the_last
    found = heapdump!("find", shop, "--class", "Session", "--offset", "5000").out
    assert_match(/\A[\d,]+ found\n--offset 5000 is behind the last\n/, found)
    none = heapdump!("find", shop, "--class", "Session", "--value", "?", "--offset", "5000").out
    refute_match(/--offset/, none)
    cache = heapdump!("find", shop, "--type", "HASH").out[/(0x\h+)  Hash of 80$/, 1]
    shown = heapdump!("show", shop, cache, "--offset", "5000").out
    assert_match(/^Refers to  160\n.*?^  --offset 5000 is behind the last$/m, shown)
  end

  def test_classes_that_may_have_been_meant
    { "Qqqqq" => nil, "session" => "Session", "Sesion" => "Session", "Sessoin" => "Session",
      "Nope" => nil, # there is RubyVM::AbstractSyntaxTree::Node
      "specification" => "Gem::Specification", "Trigger" => "HeapDump::Trigger",
      "HeapDump::Triger" => "HeapDump::Trigger" }.each do |given, offered|
      answer = heapdump("why", shop, given)
      assert_equal 1, answer.status
      next assert_match(/has no class #{given} \(/, answer.err) unless offered
      next unless HeapDump::Snapshot.open(shop).modules_named(offered).any?

      assert_match(/has no class #{given}; did you mean #{offered}\b.*\?/, answer.err)
    end
  end

  def test_why_of_a_module_without_objects
    out = heapdump!("why", shop, "Registry").out
    assert_match(/\ARegistry  0 objects/, out)
    command = out[/`heapdump (why .*?)`/, 1].split
    assert_match(/^Registry \(module\) 0x/, heapdump!(*command).out)
  end

  # What all objects of a holder retain together, not the sum of what each does.
  def test_why_tells_what_groups_retain
    json = heapdump!("why", shop, "Session", "--json").json
    snapshot = HeapDump::Snapshot.open(shop)
    sessions = snapshot.sample("Session").items
    assert_equal snapshot.retained_size(sessions), json["retained"]
    cached = sessions.select { |node| snapshot.path_to(node).holder.name == "Registry" }
    holder = json["holders"].first
    assert_equal ["Registry (module)", cached.size, snapshot.retained_size(cached), 2],
                 holder.values_at("holder", "objects", "retained", "ways")
    assert_equal 84, json["groups"].sum { |group| group["objects"] }
  end

  def test_top_is_a_tree
    flat = heapdump!("top", shop, "--limit", "5").lines
    assert_equal 8, flat.size # head, five, how many more there are, and what is not the program's
    deep = heapdump!("top", shop, "--limit", "5", "--depth", "3", "--json").json["top"]
    assert_equal deep.map { |row| row["retained"] }.sort.reverse, deep.map { |row| row["retained"] }
    deep.each do |row|
      below = row["dominated"].sum { |one| one["retained"] }
      assert_operator below, :<=, row["retained"]
    end
  end

  # Whatever is looked through, all of the living heap is told of.
  def test_top_tells_the_rest_in_one_line
    top = heapdump!("top", shop, "--json", "--limit", "100000").json
    live = HeapDump::Snapshot.open(shop).graph.totals[1]
    besides = top["besides"].transform_values { |sum| sum["bytes"] }
    assert_equal %w[code stack tracing vm], besides.keys.sort
    assert_equal live, top["top"].sum { |row| row["retained"] } + besides.values.sum
    assert_empty top["top"].map { |row| row["type"] } & %w[CLASS MODULE ICLASS IMEMO ROOT]
    assert(top["top"].none? { |row| row["class"] == "Thread" || row["class"].nil? })
    assert_match(/^besides: the VM's own .*B, loaded code .*B, stacks .*B \(--all shows them\)$/,
                 heapdump!("top", shop).out)
    all = heapdump!("top", shop, "--all", "--json", "--limit", "100000").json
    assert_operator all["top"].map { |row| row["class"] }.count("Thread"), :>=, 1
    assert_empty all["besides"]
    refute_match(/besides/, heapdump!("top", shop, "--all").out)
  end

  def test_summary_has_one_line_for_what_is_not_the_programs
    line = /^ +- .* threads, code, and the VM's own \(--all shows them\)$/
    out = heapdump!("summary", shop, "--limit", "1000").out
    assert_match line, out
    refute_match(/\(IMEMO|^.* Class$/, out[/^Classes.*?\n\n/m])
    all = heapdump!("summary", shop, "--all", "--limit", "1000").out
    refute_match line, all
    assert_match(/\(IMEMO iseq: code\)/, all)
    both = [[], ["--all"]].map do |rest|
      heapdump!("summary", shop, "--json", *rest).json["classes"]
    end
    assert_operator both[0]["besides"]["objects"], :>, 1000
    assert_equal 0, both[1]["besides"]["objects"]
    assert_operator both[1]["total"], :>, both[0]["total"]
  end

  # Beside what is large an address can be given to the other commands, on any terminal.
  def test_addresses_have_a_column_of_their_own
    %w[top summary strings find].each do |name|
      out = in_a_terminal(80, name, shop, *(%w[--class Session] if name == "find"))
      found = out.scan(/0x\h+…?/)
      assert_operator found.size, :>, 5
      found.each { |address| assert_match(/\A0x\h{12}\z/, address, name) }
    end
  end

  # What a terminal of so many columns gets.
  def in_a_terminal(columns, *argv)
    terminal = StringIO.new
    terminal.define_singleton_method(:tty?) { true }
    terminal.define_singleton_method(:winsize) { [24, columns] }
    assert_equal 0, HeapDump::CLI.run(argv, out: terminal, err: StringIO.new)
    terminal.string.gsub(/\e\[\d*m/, "")
  end

  def test_find
    assert_equal 84, heapdump!("find", shop, "--class", "Session", "--json").json["total"]
    found = heapdump!("find", shop, "--value", "/\\Awaiting for/", "--json").json
    assert_operator found["total"], :>=, 84
    sizes = heapdump!("find", shop, "--min-size", "4k", "--json", "--limit", "1000").json["objects"]
    assert(sizes.all? { |one| one["bytes"] >= 4096 })
  end

  def test_strings_say_who_holds_them
    out = heapdump!("strings", shop, "--limit", "3").out
    assert_match(/ "waiting for payment" +Session.@state/, out)
  end

  def test_summary_begins_with_memory
    out = heapdump!("summary", shop).out
    assert_operator out.index("process (RSS)"), :<, out.index("Types")
    ["heap pages", "free slots", "malloc of others", "rest", "garbage", "Fragmentation",
     "Most referred to", "Duplicate strings", "trace_allocations"].each do |word|
      assert_includes out, word
    end
    memory, account = heapdump!("summary", shop, "--json").json.values_at("memory", "account")
    assert_equal memory["rss"], account["parts"].values.sum
    assert_equal memory["unexplained"], account["parts"]["rest"]
  end

  def test_summary_of_a_traced_dump
    out = heapdump!("summary", Shop.dump({ traced: true })).out
    assert_match(/^Generations/, out)
    assert_match(/^ .* \S+shop.rb:\d+$/, out)
    assert_match(/^Gems/, out)
    refute_match(/ Object$/, out.lines.grep(/MiB/).join, "the table in which places are noted")
  end

  def test_diff
    later = Shop.dump({}, sessions: 200)
    out = diff!(shop, later).out
    assert_match(/^ +\+4.7 KiB +\+120 +84 → 204 +Session$/, out)
    three = diff!(shop, later, Shop.dump({}, sessions: 300), "--json").json
    session = three["changes"].find { |one| one["label"] == "Session" }
    assert_equal [[84, 204, 304], true], session.values_at("counts", "grows_every_time")
    out = diff!(shop, later, Shop.dump({}, sessions: 300)).out
    assert_match(/every time +Session$/, out)
    same = heapdump("diff", shop, shop)
    assert_match(/differs/, same.out)
    assert_match(/ was given twice: /, same.err)
    assert_match(/CLASS|STRING/, diff!(shop, later, "--by", "type").out)
    # what a gem's objects retain together is not known
    retained = lambda do |by|
      diff!(shop, later, "--by", by, "--json").json["changes"][0]["retained"]
    end
    assert_equal [nil, 2], [retained.call("gem"), retained.call("type").size]
  end

  def test_json_is_valid_sorted_and_the_same_each_time
    each_command do |argv|
      first, second = Array.new(2) { heapdump!(*argv, "--json").out }
      assert_equal first, second
      version = %w[top summary why].include?(argv.first) ? 2 : 1
      assert_equal version, JSON.parse(first)["schema_version"]
    end
  end

  def test_nothing_reaches_the_terminal_raw
    each_command do |argv|
      [[], ["--json"]].each do |options|
        out = heapdump!(*argv, "--limit", "100000", *options).out if argv.first != "verify"
        assert_empty out.to_s.scan(HeapDump::Terminal::Text::HARMFUL) - ["\n"], argv.inspect
      end
    end
    evil = heapdump!("find", shop, "--value", "owned", "--class", "String").out
    assert_includes evil, "evil \\e]0;owned\\u0007\\e[2J \\u009B31m "
    outside = heapdump("why", shop, "\e[31mNo\u009bwhere")
    assert_equal 1, outside.status
    assert_includes outside.err, "\\e[31mNo\\u009Bwhere"
  end

  def test_compressed_and_piped_dumps_say_the_same
    plain = heapdump!("verify", shop, "--json").json
    %w[heap.json.gz heap.json.zst].each do |name|
      other = Shop.dump({}, name: name)
      assert_match(/Registry \(module\)/, heapdump!("why", other, "Session").out)
    end
    piped = heapdump_process("verify", "-", "--json", input: File.binread(shop))
    assert_equal plain.merge("file" => "-"), JSON.parse(piped.out)
    packed = heapdump_process("why", "-", "Session", input: Zlib.gzip(File.binread(shop)))
    assert_match(/→ constant CACHE → Hash of 80/, packed.out)
  end

  def test_a_reader_that_goes_away
    reader, writer = IO.pipe
    pid = Process.spawn(*command("find", shop, "--type", "STRING", "--limit", "100000"),
                        out: writer, err: %i[child out])
    writer.close
    reader.readpartial(10)
    reader.close
    assert_equal 141, wait_until("it ends") { Process.wait2(pid, Process::WNOHANG) }.last.exitstatus
  end

  def test_dumps_without_contents
    none = Shop.dump({ strings: :none })
    assert_match(/strings: :full or :hash/, heapdump!("strings", none).out)
    assert_match(/→ constant CACHE → Hash of 80/, heapdump!("why", none, "Session").out)
    assert_match(/→ \[String of \d+ B 0x\h+\] → Session/, heapdump!("why", none, "Session").out)
    hashed = heapdump!("strings", Shop.dump({ strings: :hash }), "--json").json
    full = heapdump!("strings", shop, "--json").json
    assert_operator (hashed["contents"] - full["contents"]).abs, :<, 10
    assert(hashed["duplicates"].all? { |one| one["value"].nil? })
    owners = hashed["duplicates"].to_h { |one| [one["owners"].dig(0, "owner"), one["copies"]] }
    assert_operator owners.fetch('Session#@state'), :>=, 84
  end

  def test_what_object_space_has_dumped
    file = Shop.dump(:dump_all)
    each_command(file) do |argv|
      next if argv.first == "show"

      heapdump!(*argv)
    end
    assert_match(/→ \(no name\) → Session/, heapdump!("why", file, "Session").out)
    assert_match(/no footer to tell/, heapdump!("verify", file).out)
    assert_match(/does not say/, heapdump!("summary", file).out)
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "heapdump/convert"
require "heapdump/leaks"
require "heapdump/snapshot"

# A snapshot that may be shown to others: whatever is asked of it, nothing that the program's data
# has put into the dump is in the answer.
class TestRedacted < HeapDumpTest
  include GrownDumps

  SECRET = "s3cr3t"
  HOME = "/home/#{SECRET}/shop".freeze

  # A dump with the secret in each place where data may be, and addresses of what holds it.
  def made
    @made ||= begin
      held = {}
      path = File.join(scratch, "heap.json")
      MadeDump.write(path, 0, program: "serve --key #{SECRET}") { |made| fill(made, held) }
      text = File.read(path).sub('"host":"here"', "\"host\":\"#{SECRET}\"")
      File.write(path, text)
      [HeapDump::Snapshot.open(path), held]
    end
  end

  def fill(made, held)
    held[:string] = made.string(SECRET)
    held[:symbol] = made.symbol(SECRET)
    held[:binary] = made.data("String", nil, value_base64: [SECRET].pack("m0"))
    held[:file] = made.file("File", path: "/uploads/#{SECRET}.pdf")
    held[:thread] = made.thread([["go", "#{HOME}/go.rb", 3]], thread_name: SECRET)
    held[:proc] = made.data("Proc", "proc", file: "#{HOME}/bus.rb", line: 7)
    made.local(held[:thread], 0, "found", held[:proc])
    held[:fields] = made.object("Account", ivars: { "@pin" => 47_114_711, "line" => 47_114_711 })
    held[:range] = made.data("Complex", nil, real: 47_114_711, imaginary: 4711.4711)
    made.root(held[:thread])
    keyed(made, held)
    made.constant("ALL", made.array(held.values))
  end

  # Objects whose keys are data.
  def keyed(made, held)
    held[:by_string] = made.object("Session", address: 0x90_0000)
    held[:by_symbol] = made.object("Session", address: 0x90_0040)
    held[:by_number] = made.object("Session", address: 0x90_0080)
    held[:by_float] = made.object("Session", address: 0x90_00c0)
    held[:by_array] = made.object("Session", address: 0x90_0100)
    held[:by_word] = made.object("Session", address: 0x90_0140)
    pair = made.array([held[:string], 47_114_711])
    made.constant("CACHE", made.hash([[held[:string], held[:by_string]],
                                      [held[:symbol], held[:by_symbol]],
                                      [47_114_711, held[:by_number]],
                                      [4711.4711, held[:by_float]], [pair, held[:by_array]],
                                      [":open", held[:by_word]]]))
  end

  def all_said(snapshot)
    snapshot.each.flat_map { |node| said_of(node) + said_of_paths(snapshot.paths(node)) }
            .push(snapshot.header, snapshot.duplicate_strings.map(&:to_a), labels(snapshot))
            .inspect
  end

  def said_of(node)
    edges = node.references.map(&:edge)
    [node.words, node.line, node.brief, node.location,
     edges.map { |edge| [edge.name, edge.frame, edge.to_s] }]
  end

  def said_of_paths(paths)
    [paths.map(&:to_s), paths.flat_map { |path| path.hops.map(&:place) }]
  end

  def labels(snapshot)
    %i[class type location generation gem].map { |by| snapshot.histogram(by: by).map(&:label) }
  end

  def test_nothing_of_the_data_is_said
    plain, = made
    assert_match(/#{SECRET}/, all_said(plain))
    said = all_said(plain.redacted)
    refute_match(/#{SECRET}|#{[SECRET].pack("m0")}|47_?114_?711|47,114,711|4711\.4711/, said)
  end

  def test_what_is_said_instead
    plain, held = made
    words = ->(name) { plain.redacted.object(held.fetch(name)).words }
    paths = ->(name) { plain.redacted.path_to(held.fetch(name)).to_s }
    assert_equal "String of 6 B", words[:string]
    assert_equal "File", words[:file]
    assert_equal "thread at ~/shop/go.rb:3", words[:thread]
    assert_equal "proc ~/shop/bus.rb:7", words[:proc]
    assert_match(/constant CACHE → Hash of 6 → \[:open\] → Session/, paths[:by_word])
    assert_match(/Hash of 6 → \[String of 6 B 0x\h+\] → Session/, paths[:by_string])
    assert_match(/Hash of 6 → \[…\] → Session/, paths[:by_number])
    assert_match(/Hash of 6 → \[…\] → Session/, paths[:by_float])
    assert_match(/Hash of 6 → \[Array of 2 0x\h+\] → Session/, paths[:by_array])
  end

  def test_lines_have_all_but_data
    plain, held = made
    line = ->(name) { plain.redacted.object(held.fetch(name)).line }
    assert_equal({ "@pin" => nil, "line" => nil }, line[:fields]["ivars"])
    assert_equal [3, "~/shop/go.rb"], line[:thread]["frames"][0].values_at("line", "file")
    assert_equal [6, 40], line[:string].values_at("bytesize", "memsize")
    hash = plain.redacted.object(held[:by_word]).referrers.first.node
    assert_equal [":open", held[:by_word]], hash.line["entries"].last
    assert_equal [nil, held[:by_number]], hash.line["entries"][2]
  end

  def test_whether_dumps_are_of_one_process_is_still_seen
    one, same, other = [["é", 0], ["é", 1], ["b", 2]].map do |host, number|
      path = MadeDump.write(File.join(scratch, "#{number}.json"), number) { |made| made.array([]) }
      File.write(path, File.read(path).sub('"host":"here"', "\"host\":\"#{host}\""))
      HeapDump::Snapshot.open(path).redacted
    end
    assert_empty HeapDump::Leaks.of([one, same]).faults.grep(/different/)
    fault, = HeapDump::Leaks.of([one, other]).faults.grep(/different/)
    assert_match(/\Athe dumps are of different hosts \(hidden-\h{8}, hidden-\h{8}\)/, fault)
  end

  def test_home_folders
    { "/home/al/a.rb:1" => "~/a.rb:1", "go /home/al/a.rb" => "go ~/a.rb", "/root/x" => "~/x",
      "/Users/Al Z/x" => "~/x", "(/home/al)" => "(~)", "/home/al" => "~",
      "/srv/home/al" => "~", "/a/home/al" => nil,
      "/rootfs/a" => nil, "/srv/a.rb:3" => nil, "/var/home/al/x" => "~/x", "/home" => nil,
      "'/home/al/a', /home/bo/b" => "'~/a', ~/b",
      "/home/al/g/gems/p-1.0/lib/p.rb" => "~/g/gems/p-1.0/lib/p.rb" }.each do |text, hidden|
      assert_equal hidden || text, HeapDump::Snapshot.const_get(:Homes, true).hide(text)
    end
  end

  def test_the_verdict_about_leaks_is_the_same
    paths = grown(0, 100, 200)
    plain = HeapDump::Leaks.of(paths).suspects
    redacted = HeapDump::Leaks.of(paths.map { |path| HeapDump::Snapshot.open(path).redacted })
    assert_equal 1, plain.size
    assert_equal plain.map { |one| one.to_h.except(:path) },
                 redacted.suspects.map { |one| one.to_h.except(:path) }
  end

  def test_nothing_is_converted
    error = assert_raises(ArgumentError) do
      HeapDump::Convert.writer("csv", made.first.redacted)
    end
    assert_equal "a redacted snapshot cannot be converted", error.message
  end

  def test_the_same_dump_otherwise
    plain, = made
    redacted = plain.redacted
    assert_predicate redacted, :redacted?
    refute_predicate plain, :redacted?
    assert_same redacted, redacted.redacted
    assert_equal plain.tally, redacted.tally
    assert_equal plain.top.map(&:address), redacted.top.map(&:address)
    assert_equal plain.each.map(&:memsize), redacted.each.map(&:memsize)
    assert_equal plain.header["pid"], redacted.header["pid"]
    error = assert_raises(ArgumentError) { redacted.references(plain.top.first) }
    assert_match(/opened on its own/, error.message)
  end
end

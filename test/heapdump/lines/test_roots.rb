# frozen_string_literal: true

require "test_helper"

# HEADER, ROOT and FOOTER lines.
class TestRoots < HeapDumpTest
  def test_header
    header = dump.header
    assert_equal 1, header.fetch("format")
    assert_equal HeapDump::VERSION, header.fetch("heapdump")
    assert_equal [RUBY_VERSION, RUBY_DESCRIPTION, RUBY_PLATFORM],
                 header.values_at("ruby", "ruby_description", "platform")
    assert_equal ["-e", false, "full"], header.values_at("program", "gc_ran", "strings")
    assert_match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, header.fetch("time"))
    assert_operator header.fetch("pid"), :>, 1
    refute_empty header.fetch("host")
  end

  def test_header_tells_of_gc_and_memory
    header = dump.header
    known = GC.stat.keys.map(&:to_s)
    assert_empty known - header.fetch("gc").keys
    assert_operator header.fetch("gc").fetch("heap_live_slots"), :>, 10_000
    assert_operator header.fetch("memory").fetch("rss"), :>, 5_000_000
    refute header.key?("allocation_tracing")
  end

  def test_program_is_what_the_process_calls_itself
    path = File.join(scratch, "program.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      $0 = "puma: \"worker\" \xFF 0"
      HeapDump.dump(ARGV[0])
    RUBY
    assert_equal "puma: \"worker\" \\xFF 0", Text.normalize(Dump.load(path).header["program"])
  end

  def test_footer
    footer = dump.footer
    assert_operator footer.fetch("seconds"), :>, 0
    heaps = footer.fetch("heaps")
    sizes = heaps.map { |heap| heap.fetch("slot_size") }
    assert_equal sizes.uniq, sizes, "each size of slots stands once"
    assert_equal dump.object_lines, heaps.sum { |heap| heap["slots"] - heap["free"] }
    assert(heaps.all? { |heap| heap["pages"].positive? || heap["slots"].zero? })
  end

  def test_global_variables_by_name
    variables = dump.roots.filter_map { |root| root["variables"] }
    assert_equal 1, variables.size
    global = Dumps.nasty.planted(:global)["address"]
    assert_equal [global, 42, ":planted"],
                 variables.first.values_at("$nasty_global", "$nasty_number", "$nasty_symbol")
    stdout = dump[variables.first.fetch("$stdout")]
    assert_equal ["FILE", 1], stdout.values_at("type", "fd")
    assert(variables.first.keys.all? { |name| name.start_with?("$") })
  end

  # Some of them are functions: to ask for $FILENAME opens the first argument and takes it away.
  def test_looking_at_global_variables_changes_nothing
    paths = %w[first second].map { |name| File.join(scratch, "#{name}.json") }
    outcome = Child.ruby!(<<~'RUBY', *paths, input: "one\ntwo\n")
      require "heapdump"
      $stdin.gets
      "match" =~ /(t)/
      $stderr = $stdout
      HeapDump.dump(ARGV[0])
      HeapDump.dump(ARGV[1])
      puts(ARGV.size, $., $~[1], $stdin.gets)
    RUBY
    assert_equal %w[2 1 t two], outcome.out.lines(chomp: true)
    paths.each { |path| assert_path_exists path }
  end

  def test_every_root_is_an_object
    lost = dump.roots.flat_map { |root| dump.references_of(root) }.reject { |ref| dump.key?(ref) }
    assert_empty lost.first(5), "roots without an object"
  end

  def test_everything_planted_can_be_reached_from_the_roots
    reached = reachable
    lost = Dumps.nasty.manifest.reject do |_, entry|
      entry["address"].nil? || reached.key?(entry["address"])
    end
    assert_empty lost.keys
  end

  # Nothing but garbage, which a dump without GC shows too, is out of reach.
  def test_hardly_anything_cannot_be_reached_after_a_gc
    path = File.join(scratch, "collected.json")
    Child.ruby!('require "heapdump"; HeapDump.dump(ARGV[0], gc: true)', path)
    collected = assert_whole Dump.load(path)
    reached = reachable(collected)
    lost = collected.addresses - reached.keys
    kinds = lost.map { |address| collected[address]["type"] }.tally
    assert_operator lost.size, :<, collected.size / 100, kinds.inspect
  end

  private

  def dump
    Dumps.nasty.dump
  end

  def reachable(dump = self.dump)
    held = dump.each_object.to_h { |line| [line["address"], dump.references_of(line)] }
    reached = {}
    todo = dump.roots.flat_map { |root| dump.references_of(root) }
    while (address = todo.pop)
      next if reached.key?(address) || !held.key?(address)

      reached[address] = true
      todo.concat(held[address])
    end
    reached
  end
end

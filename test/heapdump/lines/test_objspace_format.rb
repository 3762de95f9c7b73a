# frozen_string_literal: true

require "test_helper"

# format: :objspace, beside what ObjectSpace.dump_all writes of the same process.
class TestObjspaceFormat < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    require "objspace"
    require "support/nasty_heap"
    Oracle.require_extension
    NastyHeap.build(giants: false, ractor: false) if ARGV[2] == "nasty"
    class Planted
      def initialize(held) = @held = held
    end
    class Other < Planted; end
    ESCAPED = ["escaped \x7f\x00\x1f\b\t\n\f\r\e\\\"/"].map { |text| +text }
    OTHERS = Array.new(20) { |i| Other.new(i) }
    HELD = Array.new(500) { |i| Planted.new("held #{i}") }
    TABLE = HELD.to_h { |held| [held, [held]] }
    ObjectSpace.trace_object_allocations_start if ARGV[2] == "trace"
    TRACED = Array.new(300) { Planted.new(+"traced") }
    2.times do
      GC.start
      GC.disable
      File.open(ARGV[0], "w") do |file|
        options = RUBY_VERSION >= "3.2" ? { shapes: false } : {}
        ObjectSpace.dump_all(output: file, **options)
      end
      HeapDump.dump(ARGV[1], gc: false, format: :objspace, fork: false)
      GC.enable
    end
    exit!(0)
  RUBY

  CLASSES = %w[Planted Other].freeze

  # The two files: of the nasty heap, of a tame one that dump_all manages, and of one while
  # allocations are traced.
  def self.paths(kind = :nasty)
    @paths ||= {}
    @paths[kind] ||= begin
      directory = Dir.mktmpdir(nil, Dumps.root)
      paths = %w[theirs ours].map { |name| File.join(directory, "#{name}.json") }
      Child.ruby!(CODE, *paths, kind.to_s, bare: true) # nothing moves between the two
      paths
    end
  end

  def test_every_line_parses
    lines(ours) { |line, text| flunk(text) unless line }
  end

  def test_no_lines_that_dump_all_does_not_have
    types = lines(ours).map { |line| line["type"] }.uniq
    assert_empty types & %w[HEADER FOOTER SHAPE]
    assert_includes types, "ROOT"
  end

  def test_the_same_objects
    theirs, mine = [self.theirs, ours].map { |path| objects(path) }
    assert_empty mine.keys.tally.select { |_, count| count > 1 }
    assert_empty theirs.keys - mine.keys
    assert_operator (mine.keys - theirs.keys).size, :<, 200
  end

  # As dump_all writes them, for who searches lines and does not parse them.
  def test_commas_and_spaces
    texts = File.foreach(ours).grep(/"value":/)
    refute_empty texts
    assert_none texts.grep_v(/, "value":/), "values without a space before them"
  end

  # Byte for byte, for the same readers.
  def test_escapes
    texts = [theirs, ours].map do |path|
      File.binread(path).scan(/"value":"escaped (?:[^"\\]|\\.)*"/n).sort
    end
    refute_empty texts.first
    assert_equal(*texts)
  end

  # Flags that come and go while Ruby runs.
  FLEETING = %w[marking remembered].freeze

  # Without SHAPE lines a shape's number says nothing; the rest no reader of these files asks for.
  LEFT_OUT = %w[shape_id too_complex_shape complex_shape coderange called_id receiver_class
                variation_count chilled].freeze

  # Where dump_all's own line can be parsed: all that it says, we say.
  def test_the_same_fields
    compare do |line, other|
      differing = line.keys.reject { |key| line[key] == other[key] } - LEFT_OUT
      # Ruby 4.0 names the class that a refinement is of
      line["type"] == "MODULE" ? differing - ["real_class_name"] : differing
    end
  end

  # What dump_all says on some Rubies only, and contents of strings that it has not looked at yet.
  ADDED = %w[slot_size embedded mid real_class_name singleton bytesize value].freeze

  # And nothing that it does not say.
  def test_no_other_fields
    compare { |line, other| other.keys - line.keys - ADDED }
  end

  def test_the_same_roots
    theirs, mine = [self.theirs, ours].map { |path| roots(path) }
    mine.delete("finalizers") unless theirs.key?("finalizers") # dump_all tells none since 3.4
    assert_equal theirs.keys.sort, mine.keys.sort
    (theirs.keys - %w[machine_context]).each do |category|
      assert_operator (theirs[category] ^ mine[category]).size, :<, 20, category
    end
  end

  def test_heap_profiler_counts_the_same
    code = <<~'RUBY'
      require "heap_profiler/full"
      require "json"
      counts = ARGV.map do |path|
        dump = HeapProfiler::Dump.new(path)
        index = HeapProfiler::Index.new(dump)
        results = HeapProfiler::Analyzer.new(dump, index).run(%w[objects memory], %w[class])
        [results["class"].objects, results["class"].memory]
      end
      puts JSON.generate(counts)
    RUBY
    theirs, mine = counted(code)
    assert_totals(theirs, mine)
    assert_equal theirs[0].fetch("Planted"), 800
  end

  def test_sheap_counts_the_same
    code = <<~'RUBY'
      require "sheap"
      require "json"
      counts = ARGV.map do |path|
        heap = Sheap::Heap.new(path)
        names = heap.classes.to_h { |klass| [klass.address, klass["name"]] }
        objects = heap.objects.reject { |object| object.root? || object.type_str == "IMEMO" }
                      .group_by { |object| names[object.class_addr] }
        planted = heap.instances_of(heap.class_named("Planted").first)
        referrers = planted.select { |object| object.type_str == "OBJECT" }
                           .map { |object| object.inverse_references.length }
        memory = objects.transform_values { |list| list.sum(&:memsize) }
        [objects.transform_values(&:size), memory, referrers.tally]
      end
      puts JSON.generate(counts)
    RUBY
    theirs, mine = counted(code)
    assert_totals(theirs, mine)
    assert_equal theirs[2], mine[2], "referrers of planted objects"
  end

  def test_heapy_counts_the_same
    line = CODE.lines.index { |text| text.start_with?("TRACED") } + 1
    theirs, mine = self.class.paths(:trace).map do |path|
      code = 'require "heapy"; Heapy::Analyzer.new(ARGV[0]).drill_down("all", 1_000_000)'
      report = Child.ruby!(code, path, gems: true).out
      refute_match(/Could not parse/, report)
      report[/allocated by memory.*(?=High Ref Counts)/m].lines.grep(/ -e:#{line}$/)
    end
    assert_equal 2, theirs.size
    assert_equal theirs, mine
  end

  # What they need of the nasty heap is that no line stops them.
  def test_the_tools_read_a_nasty_heap
    code = <<~'RUBY'
      require "heap_profiler/full"
      require "sheap"
      dump = HeapProfiler::Dump.new(ARGV[0])
      p dump.stats.count, Sheap::Heap.new(ARGV[0]).objects.reject(&:root?).size
    RUBY
    counts = Child.ruby!(code, ours, gems: true).out.lines.map(&:to_i)
    assert_equal [lines(ours).size, objects(ours).size], counts
  end

  def test_strings_policy_holds_here_too
    path = File.join(scratch, "redacted.json")
    code = 'require "heapdump"; $s = ["planted_", "secret"].join' \
           "\nHeapDump.dump(ARGV[0], format: :objspace, strings: :none)"
    Child.ruby!(code, path)
    refute_includes File.binread(path), "planted_secret"
  end

  private

  def theirs
    self.class.paths.first
  end

  def ours
    self.class.paths.last
  end

  def lines(path)
    File.foreach(path).filter_map do |text|
      line = parse(text)
      yield line, text if block_given?
      line
    end
  end

  def parse(text)
    StrictJSON.parse(text)
  rescue StrictJSON::Refused
    nil
  end

  def objects(path)
    lines(path).select { |line| line.key?("address") }.to_h { |line| [line["address"], line] }
  end

  def roots(path)
    lines(path).select { |line| line["type"] == "ROOT" }
               .each_with_object({}) do |line, found|
      (found[line["root"]] ||= Set.new).merge(line["references"] || [])
    end
  end

  def compare
    theirs, mine = [self.theirs, ours].map { |path| objects(path) }
    found = Hash.new { |hash, key| hash[key] = [] }
    theirs.each do |address, line|
      other = mine[address] or next
      keys = yield(line, other) - excused(line, other)
      found[[*line.values_at("type", "struct", "imemo_type"), keys]] << address if keys.any?
    end
    assert_empty(found.map do |kind, addresses|
      example = addresses.first
      keys = kind.last
      [addresses.size, kind, theirs[example].slice(*keys), mine[example].slice(*keys)].inspect[0,
                                                                                               500]
    end)
  end

  # On 3.1 IMEMOs have garbage for a class, which is then left out of their references, and the
  # number of ivars is that of the places for them; from 4.0 on there is no one way to count them.
  def excused(line, other)
    imemo = line["type"] == "IMEMO"
    excused = ["fd", *in_motion(line, other)] # fd: the two files themselves
    excused << "class" if imemo && !other.key?("class")
    excused << "references" if imemo && missing(other, line) == [line["class"]]
    excused << "ivars" unless RUBY_VERSION.between?("3.2", "4")
    excused
  end

  # What is executed now, and what call sites remember, differs from one moment to the next.
  def in_motion(line, other)
    moving = []
    moving << "references" if alive?(line)
    moving << "length" if line["type"] == "ARRAY" && !line.key?("class")
    moving.push("references", "memsize") if asked_to_dump?(line, other)
    moving << "flags" if [line, other].any? { |one| FLEETING & (one["flags"] || {}).keys != [] }
    moving
  end

  # What is called to dump gets caches, which Ruby 4 keeps in a table apart.
  def asked_to_dump?(line, other)
    return missing(line, other).empty? if line["struct"] == "VM/cc_table"

    line["name"]&.start_with?("HeapDump")
  end

  def missing(line, other)
    (line["references"].to_a - other["references"].to_a).uniq
  end

  def alive?(line)
    %w[VM/thread fiber].include?(line["struct"]) || (line["type"] == "ARRAY" && !line["class"]) ||
      %w[iseq callcache constcache].include?(line["imemo_type"])
  end

  def counted(code)
    JSON.parse(Child.ruby!(code, *self.class.paths(:tame), gems: true).out)
  end

  # Planted classes exactly; the rest but for what the two dumps themselves leave behind.
  def assert_totals(theirs, mine)
    CLASSES.each do |name|
      assert_operator theirs[0].fetch(name), :>, 0
      assert_equal theirs[0][name], mine[0][name], name
      assert_equal theirs[1][name], mine[1][name], "memory of #{name}"
    end
    (theirs[0].keys | mine[0].keys).each do |name|
      assert_in_delta theirs[0].fetch(name, 0), mine[0].fetch(name, 0), 60, name.to_s
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/pprof_schema"
require "zlib"

# The files that a block report can be written to.
class TestBlockReportOutputs < HeapDumpTest
  KEPT = [] # rubocop:disable Style/MutableConstant

  class << self
    def inner
      10.times { KEPT << "x".upcase }
    end

    # One report for all tests.
    def report
      @report ||= HeapDump.report(label: "a <label>", times: 2, stacks: 20) { inner }
    end
  end

  def report
    TestBlockReportOutputs.report
  end

  def test_json
    told = JSON.parse(report.to_json)
    assert_equal [1, "a <label>", 2], told.values_at("schema_version", "label", "times")
    assert_equal report.allocated.objects, told["allocated"]["objects"]
    assert_equal %w[gem file location method class], told["allocated"]["by"].keys
    group = told["retained"]["groups"].find { |one| one["objects"] == 10 }
    assert_equal [[10, 10], true, "String"], group.values_at("runs", "grows", "class_name")
    assert_equal told, JSON.parse(JSON.generate(report))
  end

  def test_html
    page = report.to_html
    assert page.start_with?("<!DOCTYPE html>")
    assert_equal String, page.class, "what Marshal writes of it needs no class of ours"
    assert_includes page, "a &lt;label&gt;"
    assert_includes page, "constant KEPT"
    refute_match(/(?:src|href)="(?!#)/, page, "the page loads nothing")
    assert_operator page.bytesize, :<, 1 << 20
  end

  WAYS = 520
  private_constant :WAYS

  # Each string is in a variable of its own.
  def many_ways
    KEPT << (owner = Object.new)
    HeapDump.report do
      name = +"aa"
      WAYS.times { owner.instance_variable_set("@#{name.succ!}", "x" * 50) }
    end
  ensure
    KEPT.delete(owner)
  end

  # Nothing is lost of the ways that are not named.
  def test_more_ways_than_are_named
    report = many_ways
    told = report.to_h[:retained]
    strings = report.retained.select { |group| group.class_name == "String" }
    more = report.retained.more
    assert_equal 500, report.retained.groups.size
    assert_equal WAYS, strings.sum(&:objects) + more.objects
    assert_equal [more.ways, more.objects, [more.objects], 0],
                 told[:more].values_at(:ways, :objects, :runs, :growing)
    assert_equal told[:objects], report.retained.groups.sum(&:objects) + more.objects
    size = /\(?#{report.retained.groups.size - 8 + more.ways} more ways: \d+ objects/
    assert_match size, report.to_s
    assert_includes report.to_html, "#{report.retained.groups.size - 50 + more.ways} more ways"
  end

  # Of three runs the second alone has left some, whether their ways are named or not.
  def test_what_one_run_has_left_of_more_ways_than_are_named
    KEPT << (owner = Object.new)
    run = -1
    report = HeapDump.report(times: 3) do
      name = +"aa"
      WAYS.times { owner.instance_variable_set("@#{name.succ!}", +"x") } if (run += 1) == 1
    end
    KEPT.delete(owner)
    named = report.retained.map { |group| group.runs.sum }
    more = report.retained.more
    assert_equal [0, more.ways], [more.objects, more.few]
    assert_operator named.sum + more.few, :>=, WAYS
    few = "objects more, which few of the runs have left"
    assert_includes report.to_s, "#{named.sum + more.few} #{few}"
    without_row = named.drop(50).sum + more.few
    assert_includes report.to_s(:all), "#{without_row} #{few}"
    words = "#{named.size - 50 + more.ways} more ways, and #{without_row} objects that few of"
    assert_includes report.to_html, words
  end

  # What lives and is not retained, in the second of three runs alone.
  def test_what_one_run_has_left_that_is_not_retained
    held = nil
    run = -1
    report = HeapDump.report(times: 3) { held = Array.new(7) { Object.new } if (run += 1) == 1 }
    few = report.retained.few_aside
    assert_operator few, :>=, held.size
    assert_match(/^Alive, but .*#{few} that few of the runs have left$/, report.to_s)
  end

  # It ends while something may still be let go of.
  def test_what_is_not_settled
    report = HeapDump.report(retained: false) { Thread.new { :"a symbol #{rand}" }.join }
    refute report.settled?
    assert_includes report.to_s, "Perhaps not all collected"
    assert_includes report.to_html, "perhaps not all is collected"
    refute report.to_h.fetch(:settled)
    report = TestBlockReportOutputs.report
    assert report.settled?
    refute_includes report.to_s + report.to_html, "erhaps not all"
    assert report.to_h.fetch(:settled)
  end

  def test_files_belong_to_their_owner
    endings = { ".html" => "<!DOCTYPE", ".json" => "{\"schema", ".txt" => "a <label>: 2 runs",
                ".speedscope.json" => "{\"$schema\"", ".pb.gz" => "\x1F\x8B".b }
    endings.each do |ending, beginning|
      path = File.join(scratch, "report#{ending}")
      assert_nil report.write(path)
      assert File.binread(path).start_with?(beginning), ending
      assert_equal 0o600, File.stat(path).mode & 0o777
    end
    assert_raises(ArgumentError) { report.write(File.join(scratch, "report.pdf")) }
  end

  # The stack of the strings from the outermost frame on, and the sums of both runs.
  def test_speedscope
    file = JSON.parse(report.to_speedscope)
    names = file["shared"]["frames"].map { |frame| frame["name"] }
    profile = file["profiles"].find { |one| one["name"] == "living objects" }
    stacks = profile["samples"].map { |stack| names.values_at(*stack) }
    at = stacks.index { |stack| stack.last == "String" }
    assert_equal 20, profile["weights"][at]
    assert_includes stacks[at].join(" "), "TestBlockReportOutputs.inner"
    assert_equal profile["weights"].sum, profile["endValue"]
  end

  # Whatever those read who read the results of memory_profiler.
  def test_memory_profiler
    require "memory_profiler"
    results = report.to_memory_profiler(top: 3)
    names = MemoryProfiler::Results.public_instance_methods(false).grep(/_by_/)
    assert_equal 16, names.size
    names.each do |name|
      rows = results.public_send(name)
      assert_equal [%i[data count]], rows.map(&:keys).uniq, name
      assert_equal rows.map { |row| row[:count] }.sort.reverse, rows.map { |row| row[:count] }
      assert_operator rows.size, :<=, 3
    end
    assert_equal [report.allocated.objects, report.alive.bytes],
                 [results.total_allocated, results.total_retained_memsize]
    assert_equal [[], []], [results.strings_allocated, results.strings_retained]
    out = StringIO.new
    results.pretty_print(out, scale_bytes: true)
    assert_includes out.string, "Allocated by gem"
  end

  # Read by Google's own decoder.
  def test_pprof
    profile = PprofSchema.decode(Zlib.gunzip(report.to_pprof))
    text = profile.string_table
    types = profile.sample_type.map { |type| [text[type.type], text[type.unit]] }
    assert_equal [%w[alloc_objects count], %w[alloc_space bytes], %w[inuse_objects count],
                  %w[inuse_space bytes]], types
    assert_equal "", text[0]
    sample = profile.sample.find { |one| text[one.label[0].str] == "String" && one.value[2] == 20 }
    assert_equal "class", text[sample.label[0].key]
    assert_includes functions(profile, sample), "TestBlockReportOutputs.inner"
    assert_equal report.allocated.objects * 2, profile.sample.sum { |one| one.value[0] }
  end

  # The names of the functions of a sample, from the one that allocates on.
  def functions(profile, sample)
    functions = profile.function.to_h { |one| [one.id, profile.string_table[one.name]] }
    lines = profile.location.to_h { |one| [one.id, functions.fetch(one.line[0].function_id)] }
    sample.location_id.map { |id| lines.fetch(id) }
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/extension"
require "support/pprof_schema"
require "objspace"
require "zlib"

# Block reports of code that has strange names, is in strange places or never ends.
class TestBlockReportOfOddPrograms < HeapDumpTest
  KEPT = [] # rubocop:disable Style/MutableConstant

  def teardown
    KEPT.clear
    super
  end

  CODE = "3.times { TestBlockReportOfOddPrograms::KEPT << Object.new }"
  private_constant :CODE

  def odd(file, line = 3)
    TOPLEVEL_BINDING.eval(CODE, file, line)
  end

  def test_files_whose_names_are_no_text
    report = HeapDump.report(label: "a\xFF".b, stacks: true) { odd("/srv/\xFF\xE2(.rb".b) }
    assert_includes report.allocated.by(:file).map(&:key), "/srv/\\xFF\\xE2(.rb"
    assert_equal ["/srv/\\xFF\\xE2(.rb:3"], report.retained.map(&:location)
    assert_equal "a\\xFF", report.label
    [report.inspect, report.to_s(:all), report.to_json, report.to_html,
     report.to_speedscope].each { |text| assert_predicate text, :valid_encoding? }
    functions = pprof(report).string_table
    assert_includes functions, "/srv/\\xFF\\xE2(.rb"
  end

  # What eval is given may be any line.
  def test_lines_before_the_first
    report = HeapDump.report { odd("early.rb", -10) }
    assert_equal ["early.rb:-10"], report.retained.map(&:location)
    lines = pprof(report).location.map { |location| location.line.first.line }
    assert_includes lines, -10
  end

  MOST = (1 << 64) - 1
  private_constant :MOST

  # No sum begins again at 0: it remains at the largest number that its field has.
  def test_sizes_that_no_memory_has
    Extension.new("letting_go").require_extension
    report = HeapDump.report { %i[Huge HalfHuge].each { |name| kept(name) } }
    rows = report.alive.by(:class).to_h { |row| [row.key, row.bytes] }
    assert_equal [MOST] * 2, rows.values_at("LettingGo::Huge", "LettingGo::HalfHuge")
    groups = report.retained.to_h { |group| [group.class_name, group.bytes] }
    assert_equal [MOST] * 2, groups.values_at("LettingGo::Huge", "LettingGo::HalfHuge")
    assert_operator report.allocated.bytes, :>=, 2 * MOST
    values = pprof(report).sample.flat_map { |sample| sample.value.to_a }
    assert_equal [(1 << 63) - 1, 0], [values.max, [values.min, 0].min]
    assert_includes report.to_s, "LettingGo::HalfHuge"
  end

  # The sizes of a few more runs than one have a median, whatever they are.
  def test_the_median_of_sizes_that_no_memory_has
    Extension.new("letting_go").require_extension
    report = HeapDump.report(times: 2) { kept(:Huge) }
    assert_equal [MOST], report.retained.map(&:bytes).uniq - [40]
  end

  def kept(name)
    3.times { KEPT << LettingGo.const_get(name).new("x") }
  end

  # pprof takes names for C++ that are also those of the system, and removes "<main>" and "<=>".
  def test_names_that_are_no_cpp
    profile = pprof(HeapDump.report { odd("main.rb") })
    names = profile.function.map { |function| profile.string_table[function.name] }
    assert_includes names, "<main>"
    assert_equal [0], profile.function.map(&:system_name).uniq
  end

  # Methods in C have no file, so the place is that of the code which calls them.
  def test_places_are_the_same_with_stacks
    work = -> { 5.times { KEPT << Object.new << [1].map(&:to_s) << "a".upcase } }
    without, with = [false, true].map do |stacks|
      report = HeapDump.report(warmup: 1, stacks: stacks, &work)
      [%i[gem file location method].map { |by| report.allocated.by(by).map(&:to_a) },
       report.retained.map { |group| group.to_h.except(:signature) }]
    end
    assert_equal without, with
  end

  # The program goes on without the block, which is in a fiber that nobody will resume.
  FIBER = <<~'RUBY'
    require "heapdump"
    def drop
      Fiber.new { HeapDump.report { Fiber.yield } }.resume
      nil
    end
    def deeper(depth) = depth.zero? ? drop : deeper(depth - 1)
    deeper(50)
    begin
      HeapDump.report { 1 }
    rescue HeapDump::Busy
      print "busy "
    end
    Array.new(200).fill(nil).each { |one| one.to_s * 2 }
    3.times { GC.start }
    GC.compact if GC.respond_to?(:compact)
    100_000.times { Object.new }
    report = HeapDump.report { 10.times { Object.new } }
    print report.allocated.objects, " ", ObjectSpace.each_object(TracePoint).count(&:enabled?)
  RUBY
  private_constant :FIBER

  def test_a_fiber_that_is_dropped
    assert_equal "busy 10 0", Child.ruby!(FIBER).out
  end

  # The same at the end of the process.
  def test_the_end_of_the_process
    ["f = ", ""].each do |held|
      outcome = Child.ruby!(<<~RUBY)
        require "heapdump"
        #{held}Fiber.new { HeapDump.report { Fiber.yield } }.tap(&:resume)
        GC.start
        at_exit { 1000.times { Object.new } }
      RUBY
      assert_empty outcome.err
    end
  end

  def test_nothing_else_need_be_loaded
    out = Child.ruby!('require "heapdump"; puts HeapDump.report { Object.new }.to_s').out
    assert_match(/\Ablock: 1 run,/, out)
  end

  Link = Struct.new(:before)
  LINKS = 8_000

  # The paths to all links of a list have together more steps than there is memory for. Steps that
  # repeat are told once.
  def test_a_list_of_many_links
    report = HeapDump.report { KEPT << (1..LINKS).reduce(nil) { |last, _| Link.new(last) } }
    assert_equal [LINKS - 1, 1], report.retained.map(&:objects)
    assert_equal LINKS * ObjectSpace.memsize_of(Link.new), report.retained.bytes
    assert_equal [Link.name], report.retained.map(&:class_name).uniq
    assert_match(/KEPT → Array → \[…\] → \S+::Link → \.before → \S+::Link\z/,
                 report.retained.first.path)
  end

  def test_words_for_many
    classes = [[], {}, +"", 1..2, Object.new, 2**70, 1r, 1i, Class.new, Module.new, /a/, proc { 1 }]
    assert_match(/^\d more classes: /, HeapDump.report { classes.each(&:dup) }.to_s)
  end

  private

  def pprof(report)
    PprofSchema.decode(Zlib.gunzip(report.to_pprof))
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/built_extension"

# Frames of a thread that runs machine code of a JIT compiler: they have the same places, locals and
# objects as without one. What the compilers are told makes all of the program's methods compiled.
class TestJIT < HeapDumpTest
  COMPILERS = { "none" => [], "YJIT" => %w[--yjit --yjit-call-threshold=2],
                "ZJIT" => %w[--zjit --zjit-call-threshold=3 --zjit-num-profiles=1] }.freeze

  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "json"
    class Deep
      def outer(order)
        customer = "customer #{order}"
        result = inner(customer) { |line| total = order + line; rest(total) }
        [customer, result]
      end

      def inner(name)
        list = [name, name]
        answer = yield(list.size)
        list.size + answer
      end

      def rest(sum)
        note = "sum #{sum}"
        Q.pop
        note.size
      end
    end
    # Its methods run once and are not compiled: what their frames leave on the stack is not what
    # runs there later.
    class Decoy
      def first(one) = second(one) { |number| number + third(number) }
      def second(one) = third([one].size) + yield(one)
      def third(one) = [one].sum { |number| fourth(number) }
      def fourth(one) = fifth(one, one)
      def fifth(one, other) = one + other
    end
    Q = Queue.new
    deep = Deep.new
    500.times { |i| Q << i; deep.outer(i) } # a way that was never gone would not be compiled
    compiled = [("YJIT" if defined?(RubyVM::YJIT) && RubyVM::YJIT.enabled?),
                ("ZJIT" if defined?(RubyVM::ZJIT) && RubyVM::ZJIT.enabled?)].compact
    thread = Thread.new do
      Thread.current.name = "deep"
      Decoy.new.first(3)
      deep.outer(7)
    end
    Thread.pass until thread.stop?
    HeapDump.dump(ARGV[0])
    lines = thread.backtrace_locations.map { |place| [place.base_label, place.lineno] }
    puts JSON.generate([compiled, lines])
  RUBY

  COMPILERS.each do |name, flags|
    define_method("test_frames_with_#{name}") do
      skip "no #{name} here" unless flags.empty? || compiles?(name, flags)
      compiled, frames, places = frames_of(flags)
      assert_equal [name] - ["none"], compiled
      assert_equal places, frames.map { |frame| [frame["label"][/\w+\z/], frame["line"]] }
      assert_equal [%w[sum note], %w[line total], %w[name list answer], %w[order customer result]],
                   frames.map { |frame| frame.fetch("locals").keys }
      assert_equal [["sum 9"], [], ["customer 7"], ["customer 7"]],
                   frames.map { |frame| texts(frame) }
      assert_equal [[9], [2, 9], [nil], [7, nil]], frames.map { |frame| plain(frame) }
      assert_equal 1, frames.map { |frame| frame.fetch("self") }.uniq.size
    end
  end

  # The frames of C functions lie between those of compiled code, and the thread that makes the dump
  # is itself in compiled code.
  MIXED = <<~'RUBY'
    require "json"
    require "set"
    class Mixed
      def require_in_code(name) = require(name)
      def outer(list) = list.each_slice(1) { |one| inner(one.first) }
      def inner(one) = [one].each_entry { |same| last(same) }
      def last(one) = Object.new.instance_exec(one) { |same| NEXT.call(same) }
    end
    class Decoy
      def first(one) = [one].each_slice(1) { |list| second(list) }
      def second(list) = third(list) { fourth(list) }
      def third(list) = list.size + yield
      def fourth(list) = list.sum { |number| fifth(number, number) }
      def fifth(one, other) = [one, other].sum
    end
    NEXT = Object.new
    class << NEXT
      attr_accessor :way
      def call(one)
        case way
        when :wait then Q.pop
        when :yield then Fiber.yield
        when :dump
          @places = caller_locations(0).map { |place| place.base_label }
          HeapDump.dump(ARGV[0])
        end
        one
      end
      attr_reader :places
    end
    Q = Queue.new
    mixed = Mixed.new
    mixed.outer([1, 2])
    20.times { mixed.require_in_code("set") }
    mixed.require_in_code("heapdump")
    { wait: 200, yield: 200, dump: 5 }.each do |way, times|
      NEXT.way = way
      times.times do
        Q << 1
        fiber = Fiber.new { mixed.outer([1]) }
        fiber.resume while fiber.alive?
      end
      Q.clear
    end
    NEXT.way = :wait
    thread = Thread.new { Decoy.new.first(3); mixed.outer([7]) }
    Thread.pass until thread.stop?
    NEXT.way = :yield
    fiber = Fiber.new { Decoy.new.first(3); mixed.outer([7]) }
    fiber.resume
    NEXT.way = :dump
    Decoy.new.first(3)
    mixed.outer([7])
    places = [thread, fiber].map { |one| one.backtrace_locations.map { |at| at.base_label } }
    puts JSON.generate([HeapDump.capabilities, *places, NEXT.places])
  RUBY

  COMPILERS.each do |name, flags|
    define_method("test_mixed_frames_with_#{name}") do
      skip "no #{name} here" unless flags.empty? || compiles?(name, flags)
      assert_equal [HeapDump.capabilities, [true] * 3], mixed(flags)
    end
  end

  # A later Ruby may note in another way what runs: then frames have no code, and never a wrong one.
  def test_frames_of_which_nothing_is_known
    skip "no ZJIT here that notes elsewhere what runs" unless
      RUBY_VERSION >= "4.1" && compiles?("ZJIT", COMPILERS["ZJIT"])

    moved = File.expand_path("../../support/layout/moved.c", __dir__)
    extension = BuiltExtension.with("-DHD_MOVED_OFFSETS='\"#{moved}\"'")
    %w[HD_JIT_PC:8 HD_JIT_ISEQ:8].each do |move|
      options = { flags: COMPILERS["ZJIT"] + ["-I", extension], bare: true }
      _, places, frames = run_program(env: { "HEAPDUMP_TEST_MOVE" => move }, **options)
      names = frames.map { |frame| name_of(frame) }
      assert_equal places.size, names.size, move
      wrong = names.zip(places.map(&:first)).select { |name, right| name && name != right }
      assert_none wrong, move
      assert_operator frames.count { |frame| frame["label"].nil? }, :>=, 4, move
    end
  end

  private

  # A Ruby that was built without the compiler warns.
  def compiles?(name, flags)
    return Child.yjit? if name == "YJIT"

    system(RbConfig.ruby, *flags, "-e", "exit RubyVM::ZJIT.enabled?", %i[out err] => File::NULL)
  end

  # The capabilities of the program, and whether the dump has the frames of a thread, of a fiber and
  # of the thread that has made it.
  def mixed(flags)
    path = File.join(scratch, "heap.json")
    capabilities, *places = JSON.parse(Child.ruby!(MIXED, path, flags: flags).out)
    @dump = Dump.load(path)
    assert_whole @dump
    lists = @dump.select("DATA").filter_map { |line| line["frames"] }
    names = lists.map { |frames| frames.map { |frame| name_of(frame) } }
    found = places.map do |place|
      names.any? { |list| list.last(place.size) == place }.then { |same| same || [place, names] }
    end
    [capabilities, found]
  end

  def name_of(frame)
    (frame["label"] || frame["method"])&.sub(/.* in /, "")
  end

  # What was compiled, the innermost frames of the thread in the dump, and as MRI tells them.
  def frames_of(flags)
    compiled, places, frames = run_program(flags: flags)
    assert_whole @dump
    frames = frames.select { |frame| frame["file"] == "-e" } # pop may be of Ruby
    [compiled, frames.first(4), places.reject { |label,| label == "pop" }.first(4)]
  end

  # What was compiled, the frames of the thread as MRI tells them, and those in the dump.
  def run_program(**options)
    path = File.join(scratch, "heap.json")
    outcome = Child.ruby!(PROGRAM, path, **options)
    @dump = Dump.load(path)
    thread = @dump.select("DATA").find { |line| line["thread_name"] == "deep" }
    holder = thread["fiber"] ? @dump[thread["fiber"]] : thread # one of them has the locals
    [*JSON.parse(outcome.out), holder["frames"].to_a]
  end

  def texts(frame)
    objects = frame["locals"].values.grep(/\A0x/).map { |address| @dump[address] }
    objects.flat_map { |line| line["value"] || line["elements"] }
           .map { |one| one.start_with?("0x") ? @dump[one]["value"] : one }.uniq
  end

  def plain(frame)
    frame["locals"].values.grep_v(/\A0x/)
  end
end

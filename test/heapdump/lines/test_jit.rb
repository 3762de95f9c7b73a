# frozen_string_literal: true

require "test_helper"

# Frames of a thread that runs machine code of a JIT compiler: they have the same places, locals and
# objects as without one. What the compilers are told makes all of the program's methods compiled.
class TestJIT < HeapDumpTest
  COMPILERS = { "none" => [], "YJIT" => %w[--yjit --yjit-call-threshold=2],
                "ZJIT" => %w[--zjit --zjit-call-threshold=3 --zjit-num-profiles=1] }.freeze

  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "json"
    class Deep
      attr_writer :waits
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
        Q.pop if @waits
        note.size
      end
    end
    Q = Queue.new
    deep = Deep.new
    500.times { |i| deep.outer(i) }
    compiled = [("YJIT" if defined?(RubyVM::YJIT) && RubyVM::YJIT.enabled?),
                ("ZJIT" if defined?(RubyVM::ZJIT) && RubyVM::ZJIT.enabled?)].compact
    deep.waits = true
    thread = Thread.new { Thread.current.name = "deep"; deep.outer(7) }
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

  private

  # A Ruby that was built without the compiler warns.
  def compiles?(name, flags)
    return Child.yjit? if name == "YJIT"

    system(RbConfig.ruby, *flags, "-e", "exit RubyVM::ZJIT.enabled?", %i[out err] => File::NULL)
  end

  # What was compiled, the innermost frames of the thread in the dump, and as MRI tells them.
  def frames_of(flags)
    path = File.join(scratch, "heap.json")
    outcome = Child.ruby!(PROGRAM, path, flags: flags)
    compiled, places = JSON.parse(outcome.out)
    @dump = Dump.load(path)
    assert_whole @dump
    thread = @dump.select("DATA").find { |line| line["thread_name"] == "deep" }
    holder = thread["fiber"] ? @dump[thread["fiber"]] : thread # one of them has the locals
    frames = holder.fetch("frames").select { |frame| frame["file"] == "-e" } # pop may be of Ruby
    [compiled, frames.first(4), places.reject { |label,| label == "pop" }.first(4)]
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

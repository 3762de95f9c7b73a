# frozen_string_literal: true

require "test_helper"
require "heapdump/errors"
require "heapdump/outside/agent_call"
require "heapdump/outside/attach_plan"
require "heapdump/outside/way_back"

# What is passed to the program that attaches, for Rubies that have different functions.
class TestAttachPlan < HeapDumpTest
  # A Ruby whose functions have these addresses.
  Image = Struct.new(:functions) do
    def symbol(name) = functions[name]
    def libc_symbol(name) = { "mmap" => 0x10, "sigaction" => 0x11 }[name]
    def code = [0x1000...0x2000, 0x3000...0x4000]
  end

  Process_ = Struct.new(:busy_signals) do
    def pid = 4711
  end

  COMMON = { "rb_eval_string" => 0x20, "ruby_native_thread_p" => 0x21 }.freeze
  OLD = { **COMMON, "rb_postponed_job_register_one" => 0x22 }.freeze
  NEW = { **COMMON, "rb_postponed_job_preregister" => 0x23,
                    "rb_postponed_job_trigger" => 0x24 }.freeze
  MAPPED = "when b 1000 fffffffffffff000"

  def plan(functions, busy: [])
    @call = HeapDump::Outside::AgentCall.new(Process_.new(busy), Image.new(functions),
                                             ["/x.so", "/d", "/d/heap", { gc: false }])
    HeapDump::Outside::AttachPlan.new(@call, HeapDump::Outside::WayBack.new(0xabc, 0xdef))
  end

  def lines(...)
    plan(...).one.lines(chomp: true)
  end

  def test_before_and_after_the_job
    found = lines(OLD)
    assert_equal ["process 4711 4711", "way abc def", "all", "call r 21", "low r"], found.first(5)
    found.delete("all")
    size = @call.code.bytesize
    assert_equal "when r 1 100000000 call b 10 0 #{(size + 4096).to_s(16)} 3 22 ffffffffffffffff 0",
                 found[4]
    assert_equal ["#{MAPPED} store $b #{@call.code.unpack1("H*")}", "end"], [found[5], found.last]
    assert_equal 0, size % 8
  end

  def test_a_job_is_registered
    assert_equal ["#{MAPPED} call j 22 0 20 $b"], lines(OLD).grep(/ call j /)
  end

  # Only where the list of jobs has no lock do all threads stand still.
  def test_who_stands_still
    assert_includes lines(OLD), "all"
    refute_includes lines(NEW), "all"
  end

  # What the process could not do is no address of an agent.
  def test_what_was_not_handed_over
    { OLD => 1, NEW => 7 }.each do |functions, job|
      found = plan(functions)
      { {} => /none of Ruby's/, { "b" => 0xffff_ffff_ffff_fff4 } => /no room for the agent/,
        { "b" => 0x7f00_0000, "j" => 0xffff_ffff } => /no more postponed jobs/ }
        .each { |variables, words| assert_match(words, found.obstacle(variables)) }
      assert_nil found.obstacle("b" => 0x7f00_0000, "j" => job)
    end
    [0, 2].each { |job| assert plan(OLD).obstacle("b" => 0x7f00_0000, "j" => job) }
  end

  # One for which there is no room any more is not triggered.
  def test_a_job_is_registered_before_and_then_triggered
    found = lines(NEW)
    at = found.index("#{MAPPED} call j 23 0 20 $b")
    assert_equal ["low j", "#{MAPPED} when j 0 ffffffff call x 24 $j"], found[at + 1, 2]
    refute_includes found.join("\n"), "call j 22"
  end

  # Of seven handlers each that lies in the code of Ruby is called, until one has been.
  def test_the_main_thread_is_woken
    found = lines(OLD)
    scratch = "$b+#{@call.code.bytesize.to_s(16)}"
    at = found.index("#{MAPPED} when w 0 1 call s 11 e 0 #{scratch}")
    asked = "#{MAPPED} when w 0 1 when s 0 1"
    assert_equal ["low s", "#{asked} load h #{scratch}",
                  "#{asked} when h 1000 2000 call x $h 40", "#{asked} when h 1000 2000 set w 1",
                  "#{asked} when h 3000 4000 call x $h 40", "#{asked} when h 3000 4000 set w 1"],
                 found[at + 1, 6]
    assert_equal 7, found.grep(/ call s 11 /).size
    assert_operator found.size, :<, 200
  end

  # It is left asleep where each number has a meaning for the program.
  def test_no_number_is_free
    assert_empty lines(OLD, busy: (35..64).to_a).grep(/ call s /)
    assert_equal 14, lines(OLD, busy: [64, 63]).grep(/ call x \$h 3e\z/).size
  end

  def test_another_thread
    assert_equal <<~TEXT, plan(NEW).for_thread(4712, 0x7000)
      process 4711 4712
      way abc def
      call r 21
      low r
      when r 1 100000000 call j 23 0 20 7000
      low j
      when r 1 100000000 when j 0 ffffffff call x 24 $j
      end
    TEXT
  end
end

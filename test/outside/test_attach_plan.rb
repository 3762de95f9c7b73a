# frozen_string_literal: true

require "test_helper"
require "heapdump/errors"
require "heapdump/outside/agent_call"
require "heapdump/outside/attach_plan"
require "heapdump/outside/gdb_commands"
require "heapdump/outside/target"
require "heapdump/outside/way_back"

# What is passed to the program that attaches, for Rubies that have different functions.
class TestAttachPlan < HeapDumpTest
  # A Ruby whose functions have these addresses.
  Image = Struct.new(:functions) do
    def symbol(name) = functions[name]
    def libc_symbol(name) = { "mmap" => 0x10, "sigaction" => 0x11, "munmap" => 0x12 }[name]
    def platform = "x86_64-linux-gnu"
    def code = [0x1000...0x2000, 0x3000...0x4000]
  end

  Process_ = Struct.new(:busy_signals) do
    def pid = 4711
    def mappings = []
  end

  # With machine code of an earlier agent in its last page but one.
  Again = Struct.new(:busy_signals) do
    def pid = 4711

    def mappings
      [["rw-p", "", 0x10000], ["r-xp", "/x", 0x20000], ["r-xp", "", 0x30000]].map do |one|
        permissions, path, from = one
        HeapDump::Outside::Target::Mapping.new(from, from + 0x8000, permissions, 0, path)
      end
    end

    def memory(address, size)
      raise Errno::EIO if address < 0x33000

      code = HeapDump::Outside::AgentMemory.machine_code("x86_64-linux-gnu")
      address & 0xffff == 0x6070 ? code.byteslice(0, size) : "\0" * size
    end
  end

  WORDS = HeapDump::Outside::AgentMemory::WORDS.each_with_index.to_h { |name, i| [name, 0x30 + i] }
  COMMON = { **WORDS, "ruby_native_thread_p" => 0x21 }.freeze
  OLD = { **COMMON, "rb_postponed_job_register_one" => 0x22 }.freeze
  NEW = { **COMMON, "rb_postponed_job_preregister" => 0x23,
                    "rb_postponed_job_trigger" => 0x24 }.freeze
  MAPPED = "when b 1000 fffffffffffff000"

  def plan(functions, busy: [], target: Process_)
    @call = HeapDump::Outside::AgentCall.new(target.new(busy), Image.new(functions),
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
    size = @call.memory.bytesize
    assert_equal "when r 1 100000000 call b 10 0 #{size.to_s(16)} 5 22 ffffffffffffffff 0", found[4]
    assert_equal ["#{MAPPED} store $b #{@call.memory.unpack1("H*")}", "end"], [found[5], found.last]
    assert_equal 0, size % 8
  end

  def test_a_job_is_registered
    assert_equal ["#{MAPPED} call j 22 0 $b+70 $b"], lines(OLD).grep(/ call j /)
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
      { {} => /none of Ruby's/, { "b" => 0xffff_ffff_ffff_fff4 } => /may not have memory for the/,
        { "b" => 0x7f00_0000, "j" => 0xffff_ffff } => /no more postponed jobs/ }
        .each { |variables, words| assert_match(words, found.obstacle(variables)) }
      assert_nil found.obstacle("b" => 0x7f00_0000, "j" => job)
    end
    [0, 2].each { |job| assert plan(OLD).obstacle("b" => 0x7f00_0000, "j" => job) }
  end

  # One for which there is no room any more is not triggered.
  def test_a_job_is_registered_before_and_then_triggered
    found = lines(NEW)
    at = found.index("#{MAPPED} call j 23 0 $b+70 $b")
    assert_equal ["low j", "#{MAPPED} when j 0 ffffffff call x 24 $j"], found[at + 1, 2]
    refute_includes found.join("\n"), "call j 22"
  end

  # MRI never forgets the function of a job that is registered before, and has room for few. So the
  # function is that of the first agent, with the memory of this one, which is not executable.
  def test_the_machine_code_of_an_earlier_agent
    found = lines(NEW, target: Again)
    assert_includes found, "#{MAPPED} call j 23 0 36070 $b"
    assert_match(/ call b 10 0 \h+ 1 22 /, found.grep(/ call b /).first)
    assert_includes plan(NEW, target: Again).for_thread(4712, 0x7000), " call j 23 0 36070 7000\n"
    gdb = HeapDump::Outside::GdbCommands.new(@call)
    assert_includes gdb.one, "(0, (void *) (221296UL), $buffer)"
    assert_includes gdb.all(0x7000).last, "(0, (void *) (221296UL), (char *) 28672UL)"
    assert_includes lines(OLD, target: Again), "#{MAPPED} call j 22 0 $b+70 $b"
  end

  # Of seven handlers each that lies in the code of Ruby is called, until one has been. Memory that
  # can be written to is there only for that.
  def test_the_main_thread_is_woken
    found = lines(OLD)
    assert_includes found, "#{MAPPED} call m 10 0 1000 3 22 ffffffffffffffff 0"
    scratch = "when m 1000 fffffffffffff000" # sigaction would write to what mmap did not return
    assert_equal "#{scratch} call x 12 $m 1000", found[-2]
    at = found.index("#{scratch} when w 0 1 call s 11 e 0 $m")
    asked = "#{scratch} when w 0 1 when s 0 1"
    assert_equal ["low s", "#{asked} load h $m",
                  "#{asked} when h 1000 2000 call x $h 40", "#{asked} when h 1000 2000 set w 1",
                  "#{asked} when h 3000 4000 call x $h 40", "#{asked} when h 3000 4000 set w 1"],
                 found[at + 1, 6]
    assert_equal 7, found.grep(/ call s 11 /).size
    assert_operator found.size, :<, 200
  end

  # It is left asleep where each number has a meaning for the program.
  def test_no_number_is_free
    assert_empty lines(OLD, busy: (35..64).to_a).grep(/ call [sm] /)
    assert_equal 14, lines(OLD, busy: [64, 63]).grep(/ call x \$h 3e\z/).size
  end

  def test_what_is_missing
    assert_nil missing(NEW)
    assert_nil missing(OLD)
    assert_equal "its Ruby does not export rb_postponed_job_register_one", missing(COMMON)
    assert_equal "its Ruby does not export rb_funcallv", missing(NEW.except("rb_funcallv"))
  end

  def missing(functions)
    HeapDump::Outside::AgentCall.missing(Image.new(functions))
  end

  def test_another_thread
    assert_equal <<~TEXT, plan(NEW).for_thread(4712, 0x7000)
      process 4711 4712
      way abc def
      call r 21
      low r
      when r 1 100000000 call j 23 0 7070 7000
      low j
      when r 1 100000000 when j 0 ffffffff call x 24 $j
      end
    TEXT
  end
end

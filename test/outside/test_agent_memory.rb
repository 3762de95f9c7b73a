# frozen_string_literal: true

require "test_helper"
require "open3"
require "tmpdir"
require "heapdump/outside/agent_memory"
require "support/child"

# What is put into a process: the machine code is what the instructions beside it say, by an
# assembler, and finds what it looks for.
class TestAgentMemory < HeapDumpTest
  AgentMemory = HeapDump::Outside::AgentMemory
  ASSEMBLERS = { "x86_64" => %w[as --64],
                 "aarch64" => %w[aarch64-linux-gnu-as -march=armv8.5-a] }.freeze
  NATIVE = RbConfig::CONFIG["host_cpu"]

  # A Ruby that has everything.
  Image = Struct.new(:platform) do
    def symbol(name) = (AgentMemory::WORDS.index(name)&.+ 0x1000)
  end

  def assembled(assembler, listing)
    Dir.mktmpdir("heapdump-agent") do |directory|
      object = File.join(directory, "code.o")
      code = File.join(directory, "code")
      text = listing.lines.map { |line| line.sub(/\A\h+ +/, "") }.join
      out, status = Open3.capture2e(*assembler, "-o", object, "-", stdin_data: text)
      assert status.success?, out
      objcopy = assembler.first.sub(/as\z/, "objcopy")
      assert system(objcopy, "-O", "binary", "-j", ".text", object, code)
      File.binread(code)
    end
  end

  def test_an_assembler_makes_the_same
    tried = ASSEMBLERS.count do |cpu, assembler|
      next if ENV["PATH"].split(":").none? { |path| File.exist?(File.join(path, assembler.first)) }
      next if assembler == %w[as --64] && NATIVE != "x86_64"

      listing = AgentMemory::INSTRUCTIONS.fetch(cpu)
      assert_equal assembled(assembler, listing), AgentMemory.machine_code("#{cpu}-linux"), cpu
    end
    skip "SKIPPED: there is no assembler" if tried.zero?
  end

  # In this process itself: once as a function that C code calls.
  CALLED = <<~'RUBY'
    require "fiddle"
    require "heapdump/outside/agent_memory"
    ADDRESSES = Fiddle::Handle::DEFAULT
    Image = Struct.new(:platform) { def symbol(name) = ADDRESSES[name] }
    text = "$found = [__FILE__, __ENCODING__, self.inspect, '\u{fc}'.ord]"
    bytes = HeapDump::Outside::AgentMemory.new(Image.new(RUBY_PLATFORM), text).bytes
    def call(name, *arguments)
      types = arguments.map { Fiddle::TYPE_LONG }
      Fiddle::Function.new(ADDRESSES[name], types, Fiddle::TYPE_LONG).call(*arguments)
    end
    memory = call("mmap", 0, bytes.bytesize, 3, 0x22, -1, 0)
    Fiddle::Pointer.new(memory)[0, bytes.bytesize] = bytes
    call("mprotect", memory, bytes.bytesize, 5)
    code = Fiddle::Function.new(memory + HeapDump::Outside::AgentMemory::CODE, [Fiddle::TYPE_VOIDP],
                                Fiddle::TYPE_VOID, need_gvl: true)
    class Bare < BasicObject; def run(code, memory) = code.call(memory); end
    100.times { Bare.new.run(code, memory) }
    GC.stress = true
    2.times { Bare.new.run(code, memory) }
    GC.stress = false
    p $found
    $binding = TOPLEVEL_BINDING
    def $binding.eval(*) = raise("no")
    100.times { Bare.new.run(code, memory) }
    p 1
  RUBY

  def test_it_evaluates_at_the_outermost_frame
    skip "SKIPPED: this Ruby has no Fiddle" unless fiddle?
    outcome = Child.ruby(CALLED)
    assert_equal %(["heapdump", #<Encoding:UTF-8>, "main", 252]\n1\n), outcome.out, outcome.err
  end

  def fiddle?
    require "fiddle"
  rescue LoadError
    false
  else
    true
  end

  # On each processor words and names are at the same places.
  def test_what_stands_where
    AgentMemory::INSTRUCTIONS.each_key do |cpu|
      bytes = AgentMemory.new(Image.new("#{cpu}-linux"), "1 # \u{fc}").bytes
      assert_equal (0x1000..0x1005).to_a, bytes.unpack("Q<6")
      assert_equal %w[TOPLEVEL_BINDING eval heapdump Object],
                   [0x30, 0x48, 0x50, 0x60].map { |at| bytes[at..].unpack1("Z*") }
      assert_equal AgentMemory.machine_code("#{cpu}-linux"),
                   bytes[AgentMemory::CODE..].byteslice(0, AgentMemory.machine_code(cpu).bytesize)
      assert_equal "1 # \u{fc}".b, bytes[AgentMemory::TEXT..].unpack1("Z*")
      assert_equal 0, bytes.bytesize % 8
    end
  end

  def test_offsets_of_the_instructions_are_those_of_the_memory
    offsets = AgentMemory::NAMES.keys + [AgentMemory::TEXT]
    { "x86_64" => /lea 0x(\h+)\(%rbx/, "aarch64" => /add x0, x19, #0x(\h+)/ }.each do |cpu, pattern|
      found = AgentMemory::INSTRUCTIONS[cpu].scan(pattern).flatten.map(&:hex)
      assert_equal offsets.sort, found.sort, cpu
    end
  end

  def test_what_cannot_be
    assert_raises(ArgumentError) { AgentMemory.new(Image.new("x86_64-linux"), "1\0") }
    assert_nil AgentMemory.machine_code("riscv64-linux")
    assert_equal "there is no machine code for riscv64-linux",
                 AgentMemory.missing(Image.new("riscv64-linux"))
    assert_nil AgentMemory.missing(Image.new("aarch64-linux"))
  end
end

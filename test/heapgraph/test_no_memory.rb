# frozen_string_literal: true

require "test_helper"
require "support/c_program"
require "support/made_dump"

# The reader without memory, wherever it asks for some: it says so, and leaks nothing that it has.
class TestNoMemory < HeapDumpTest
  WRAPPED = %w[malloc calloc realloc posix_memalign mmap].freeze

  def setup
    super
    skip(CProgram.missing) if CProgram.missing
  end

  # A bit of everything that has a list or a table of its own in the reader.
  def dump(name, sessions)
    MadeDump.write(File.join(scratch, name), sessions) do |made|
      all = Array.new(sessions) do |i|
        made.object("Session", ivars: { :@item => made.string("item #{i % 3}"), :@key => ":key" })
      end
      made.constant("SESSIONS", made.array(all))
      made.constant("TABLE", made.hash(all.map.with_index { |one, i| [i, one] }))
      made.constant("THREAD", made.thread([["run", "/app/web.rb", 3]], thread_name: "web"))
      made.constant("LARGE", made.object("Large", memsize: 5_000_000_000))
    end
  end

  def test_wherever_there_is_none
    program = CProgram.new("no_memory", ["test/heapgraph/no_memory_test.c"], reader: true,
                                                                             wrapped: WRAPPED)
    output, status = program.run(dump("first.json", 20), dump("later.json", 60))
    assert_predicate status, :success?, output
    figures = output.scan(/^(\w+)=(\d+)$/).to_h { |name, value| [name, value.to_i] }
    assert_operator figures.fetch("allocations"), :>, 150
    # some are asked for only to be quicker
    assert_operator figures.fetch("refused"), :>, figures.fetch("allocations") * 0.8
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/c_program"

# The algorithms on dumps of this process, and the index file on one of a small process, because it
# is damaged, written and read some hundred times; under sanitizers.
class TestAnalysis < HeapDumpTest
  def test_dump_of_our_format
    run_program("dump_test", dump)
  end

  def test_dump_of_objspace_format
    run_program("dump_test", dump(format: :objspace))
  end

  def test_index_file
    path = File.join(scratch, "heap.json")
    Child.ruby!("require 'heapdump'; HeapDump.dump(ARGV[0])", path)
    run_program("index_test", path, scratch)
  end

  private

  def dump(**options)
    path = File.join(scratch, "heap.json")
    HeapDump.dump(path, fork: false, **options)
    path
  end

  def run_program(name, *arguments)
    skip(CProgram.missing) if CProgram.missing

    program = CProgram.new(name, ["test/heapgraph/kept/#{name}.c"], reader: true)
    output, status = program.run(*arguments)
    assert_predicate(status, :success?, output)
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/reader_tests"

# The algorithms on dumps of this process, and the index file on one of a small process, because it
# is damaged, written and read some hundred times; under sanitizers.
class TestAnalysis < HeapDumpTest
  include ReaderTests

  def test_dump_of_our_format
    assert_program("kept/dump_test", dump)
  end

  def test_dump_of_objspace_format
    assert_program("kept/dump_test", dump(format: :objspace))
  end

  def test_index_file
    path = File.join(scratch, "heap.json")
    Child.ruby!("require 'heapdump'; HeapDump.dump(ARGV[0])", path)
    assert_program("kept/index_test", path, scratch)
  end

  private

  def dump(**options)
    path = File.join(scratch, "heap.json")
    HeapDump.dump(path, fork: false, **options)
    path
  end
end

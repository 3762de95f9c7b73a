# frozen_string_literal: true

require "test_helper"

# Two files of tests with one class would be one class, with the methods of both.
class TestLintNames < HeapDumpTest
  CLASS = /^class (Test\w+) </

  def test_each_class_of_tests_is_in_one_file
    files = Dir[File.join(Child::ROOT, "test/**/test_*.rb")]
    names = files.flat_map { |path| File.read(path).scan(CLASS).flatten.uniq }
    assert_operator names.size, :>=, files.size
    assert_empty names.tally.select { |_, number| number > 1 }
  end
end

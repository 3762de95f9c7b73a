# frozen_string_literal: true

require "test_helper"
require_relative "../../rakelib/lint/lines"

# What rake lint says of single lines.
class TestLintLines < HeapDumpTest
  def faults(name, text)
    path = File.join(scratch, name)
    File.binwrite(path, text)
    Lines.faults([path]).map { |fault| fault.delete_prefix("#{scratch}/") }
  end

  def test_the_project_has_none
    Dir.chdir(Child::ROOT) { assert_empty Lines.faults }
  end

  def test_marks_of_a_conflict
    text = "one\n<<<<<<< HEAD\ntwo\n=======\nthree\n>>>>>>> other\n"
    assert_equal ["a.md:2: is a mark of a conflict", "a.md:6: is a mark of a conflict"],
                 faults("a.md", text)
    assert_empty faults("a.md", "Title\n=======\n a <<<<<<< b\n<<<<<<<<\n\xFF\0")
  end

  def test_long_lines_of_c
    assert_empty faults("a.c", "é" * 100)
    assert_equal ["a.h:2: has 101 characters, more than 100"], faults("a.h", "\n#{"é" * 101}\n")
    assert_empty faults("a.md", "é" * 101)
  end

  def test_it_looks_at_what_git_knows
    Dir.chdir(Child::ROOT) { assert_includes Lines.tracked, "CHANGELOG.md" }
    Dir.chdir(scratch) do
      File.write("new.md", "")
      assert_equal ["new.md"], Lines.tracked
    end
  end
end

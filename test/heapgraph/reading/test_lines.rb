# frozen_string_literal: true

require "test_helper"
require "objspace"
require "support/fuzzing"
require "support/reader_program"

# The scanner makes of a line what yajl does, or leaves it to yajl.
class TestLines < HeapDumpTest
  def setup
    super
    skip(CProgram.missing) if CProgram.missing
  end

  def test_our_dumps
    assert_all_known Dumps.nasty.path
    path = File.join(scratch, "objspace.json")
    HeapDump.dump(path, format: :objspace)
    assert_all_known path
  end

  def test_dumps_of_this_ruby
    path = File.join(scratch, "theirs.json")
    File.open(path, "w") { |file| ObjectSpace.dump_all(output: file) }
    outcome = ReaderProgram.compare_parsers.run(path)
    assert_equal 0, outcome.figures[:different], outcome.err
    # what neither of them reads is dump_all's fault: names that it does not escape
    assert_operator outcome.figures[:known], :>, outcome.figures[:lines] * 0.999
  end

  # The same as rake fuzz:reader, for a moment.
  def test_mutated_lines_files_and_indexes
    %w[line source index].each do |target|
      seeds = File.join(scratch, target)
      Fuzzing.write_seeds(seeds, target)
      ReaderProgram.fuzz(target).run("-runs=3000", "-max_total_time=20", seeds, chdir: scratch)
    end
  end

  private

  def assert_all_known(path)
    outcome = ReaderProgram.compare_parsers.run(path)
    assert_equal 0, outcome.figures[:different], outcome.err
    assert_equal outcome.figures[:lines], outcome.figures[:known]
  end
end

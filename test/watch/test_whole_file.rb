# frozen_string_literal: true

require "test_helper"
require "heapdump/dump_files"
require "heapdump/whole_file"

# Small files that are whole or not there.
class TestWholeFile < HeapDumpTest
  WholeFile = HeapDump::WholeFile

  # As in containers that share a directory: all have the number 1.
  def test_processes_of_one_number_do_not_mix
    path = File.join(scratch, "state.json")
    texts = %w[a b c].map { |letter| letter * 100_000 }
    texts.map { |text| Thread.new { 50.times { WholeFile.write(path, text) } } }.each(&:join)
    assert_includes texts, File.read(path)
    assert_equal ["state.json"], Dir.children(scratch)
    assert_equal 0o600, File.stat(path).mode & 0o777
  end

  def test_nothing_is_left_of_one_that_failed
    path = File.join(scratch, "there")
    Dir.mkdir(path)
    assert_raises(SystemCallError) { WholeFile.write(path, "text") }
    assert_equal ["there"], Dir.children(scratch)
    assert_raises(Errno::ENOENT) { WholeFile.write(File.join(scratch, "no", "file"), "text") }
  end

  # One that a killed process has left is known as no dump.
  def test_what_is_left_of_a_killed_one_is_no_dump
    name = WholeFile.send(:own_name, "heap.json.hdextract")
    assert_match HeapDump::DumpFiles.const_get(:OTHERS), name
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/outside/footer"

# What is told of a dump without reading it.
class TestFooter < HeapDumpTest
  Footer = HeapDump::Outside::Footer

  def dumped(ending)
    HeapDump.dump(File.join(scratch, "heap#{ending}")).path
  end

  def test_the_last_line
    path = dumped(".json")
    assert_equal Dump.skim(path).footer, Footer.read(path)
  end

  def test_what_is_compressed_is_not_looked_into
    %w[.json.gz .json.zst].each { |ending| assert_nil Footer.read(dumped(ending)) }
  end

  def test_what_is_cut_off
    path = dumped(".json")
    whole = File.binread(path)
    { whole.size - 1 => /does not end with its footer/, whole.size - 30 => /does not end/,
      whole.rindex("\n", -2) + 1 => /does not end with its footer/, 3 => /does not end/,
      0 => /does not end/ }.each do |size, message|
      File.binwrite(path, whole[0, size])
      error = assert_raises(HeapDump::Error, size.to_s) { Footer.read(path) }
      assert_match(/the dump #{path} is cut off: .*#{message}/, error.message)
    end
    File.binwrite(path, "#{whole[0, whole.size - 3]}!}\n")
    assert_match(/its last line is not whole/,
                 assert_raises(HeapDump::Error) { Footer.read(path) }.message)
  end
end

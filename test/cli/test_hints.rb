# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"
require "support/shop"

# The hints that say why something is not shown.
class TestHints < HeapDumpTest
  include CommandLine
  include GrownDumps

  TRACED = /^Not in this dump: allocations were not traced/
  HASHED = /^The contents are not in the dump: it was taken with strings: :hash\.$/

  def test_diff_of_what_was_not_traced
    dumps = grown(10, 20)
    %w[location generation gem].each do |by|
      assert_match(TRACED, heapdump!("diff", *dumps, "--by", by).out, by)
    end
    %w[class type].each do |by|
      refute_match(TRACED, heapdump!("diff", *dumps, "--by", by).out, by)
    end
  end

  def test_diff_of_what_was_traced
    dumps = grown(10, 20)
    text = File.read(dumps.last)
    File.write(dumps.last, text.gsub('"class_name":"Session",', '\0"generation":3,"file":"/a.rb",' \
                                                                '"line":4,'))
    out = heapdump("diff", *dumps, "--by", "location").out
    assert_match(%r{/a.rb:4}, out)
    refute_match(TRACED, out)
  end

  def test_contents_that_are_not_in_the_dump
    hashed = Shop.dump({ strings: :hash })
    %w[strings summary].each do |command|
      assert_equal 1, heapdump!(command, hashed).out.scan(HASHED).size, command
      refute_match(HASHED, heapdump!(command, Shop.dump).out, command)
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"

# A dump stands twice in a series, whole or damaged: nothing can have grown from it to itself.
class TestRepeatedDumps < HeapDumpTest
  include GrownDumps

  # What a damaged copy of a dump lacks has not grown, wherever it was cut.
  def test_a_part_of_the_same_dump
    first, whole = grown(20, 40)
    part = "#{whole}.part"
    lines = File.readlines(whole)
    holes = lines.reject.with_index { |_, at| at == 9 }
    [lines[0...-1], lines.first(lines.size - 30), holes].each do |kept|
      File.write(part, kept.join)
      [[part, whole], [first, part, whole]].each do |paths|
        found = HeapDump.leaks(*paths)
        assert_match(/is the same dump as/, found.warnings.join)
        refute_predicate found, :sound?
        assert_empty found.suspects + found.cleared + found.also_grew
      end
    end
    refute_empty HeapDump.leaks(first, whole).suspects
  end

  # One of which lacks more.
  def test_two_parts_of_the_same_dump
    first, whole = grown(20, 40)
    lines = File.readlines(whole)
    parts = [30, 5].map do |missing|
      "#{whole}.#{missing}".tap { |path| File.write(path, lines.first(lines.size - missing).join) }
    end
    [parts, [first, *parts]].each do |paths|
      found = HeapDump.leaks(*paths)
      assert_match(/is the same dump as/, found.warnings.join)
      assert_empty found.suspects + found.cleared + found.also_grew
    end
  end

  # Said once, however many there are.
  def test_a_dump_that_is_given_again
    first, second, third = grown(0, 10, 20)
    copy = "#{third}.copy"
    FileUtils.cp(third, copy)
    { [first, first, first] => ["#{first} was given three times"],
      [third, copy] => ["#{copy} is the same dump as #{third}"],
      [first, first, third, third] => ["#{first} was given twice", "#{third} was given twice"] }
      .each do |paths, words|
      words.map! { |one| "#{one}: nothing can have grown between them" }
      assert_equal words, HeapDump.leaks(*paths).warnings
    end
    refute_empty HeapDump.leaks(first, second, third).suspects
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"

# Growth that is not, on any path, that of a leak is told by class, with the reason.
class TestAlsoGrew < HeapDumpTest
  include CommandLine
  include GrownDumps

  REASONS = {
    [996, 2000, 2000] => "it stood still at the end",
    [0, 100, 100, 100] => "it stood still at the end",
    [10, 10, 100] => "it grew in one step only",
    [10, 300, 200] => "its number fell in between"
  }.freeze

  def test_what_grew_is_told_with_its_reason
    REASONS.each do |counts, reason|
      dumps = items(*counts)
      found = HeapDump.leaks(*dumps)
      assert_empty found.suspects + found.cleared, counts.inspect
      assert_equal [["Item", counts, counts.map { |count| count * 40 }, nil, reason]],
                   found.also_grew.map { |one| one.to_h.values }
      numbers = counts.map { |count| HeapDump::Terminal::Units.count(count) }.join(" → ")
      assert_includes heapdump!("leaks", *dumps).lines,
                      "not accused: Item #{numbers} objects, wherever they are held: #{reason}"
      json = heapdump!("leaks", "--json", *dumps).json
      assert_equal [{ "class" => "Item", "counts" => counts, "holder" => nil,
                      "cleared_because" => reason }],
                   json["also_grew"].map { |one| one.except("bytes") }
    end
  end

  def test_what_is_named_already_or_too_little_is_not_told
    { "a leak" => [0, 100, 200], "cleared" => [0, 100, 110], "few" => [0, 9, 9],
      "a small part" => [1000, 1009, 1009], "no growth" => [300, 400, 300],
      "two dumps" => [0, 100] }.each do |what, counts|
      assert_empty HeapDump.leaks(*items(*counts)).also_grew, what
    end
  end

  # Sessions and what they hold are one leak, whose company has the names.
  def test_the_company_of_a_leak_is_not_told
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        pairs = sessions(made, count).map.with_index do |session, i|
          made.array([i, session], address: 0x700_0000 + (i * 64))
        end
        made.constant("QUEUE", made.array(pairs))
      end
    end
    assert_empty HeapDump.leaks(*dumps).also_grew
  end

  def test_three_at_most_those_that_grew_most
    dumps = [0, 1, 1].map.with_index do |step, number|
      dump(number) do |made|
        %w[Ant Bee Cat Dog].each_with_index do |name, i|
          list = objects(made, name, step * 20 * (i + 1), 0x50_0000 + (i * 0x10_0000))
          made.constant("#{name.upcase}S", made.array(list))
        end
      end
    end
    assert_equal %w[Dog Cat Bee], HeapDump.leaks(*dumps).also_grew.map(&:class_name)
    assert_equal 1, heapdump!("leaks", "--limit", "1", *dumps).out.scan("not accused").size
  end

  private

  def items(*counts)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        made.constant("ITEMS", made.array(objects(made, "Item", count, 0x50_0000)))
      end
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"

# Which lines stay in memory, by what is read again.
class TestKeptLines < Minitest::Test
  Lines = HeapDump::Snapshot.const_get(:Lines)

  # A graph whose lines name their node, and which notes each that is read.
  class Source
    attr_reader :read

    def initialize(size = 0)
      @read = []
      @more = "x" * size
    end

    def line(number)
      @read << number
      %({"number":#{number},"text":"#{@more}"})
    end
    alias brief line
  end

  # A line that is used again and again stays, however many others are read between.
  def test_what_is_used_stays
    %i[whole brief].each do |way|
      lines = Lines.new(source = Source.new)
      (1..(3 * Lines::KEPT)).each do |number|
        assert_equal number, lines.public_send(way, number)["number"]
        assert_equal 0, lines.public_send(way, 0)["number"]
      end
      assert_equal 1, source.read.count(0), way
      lines.public_send(way, 1)
      assert_equal 2, source.read.count(1), way
    end
  end

  def test_no_more_than_so_many_stay
    lines = Lines.new(source = Source.new)
    2.times { Lines::KEPT.times { |number| lines.brief(number) } }
    assert_equal Lines::KEPT, source.read.size
    (Lines::KEPT + 1).times { |number| lines.brief(number) }
    lines.brief(0)
    assert_equal Lines::KEPT + 2, source.read.size
  end

  def test_a_very_long_line_is_read_again
    lines = Lines.new(source = Source.new(Lines::KEPT_BYTES))
    2.times { lines.whole(7) }
    assert_equal [7, 7], source.read
  end

  # Of long lines fewer stay: those that were used last, and always the last one.
  def test_no_more_bytes_than_so_many_stay
    { 4 => 3, 2 => 1, 1 => 1 }.each do |part, stay|
      lines = Lines.new(source = Source.new(Lines::ALL_BYTES / part))
      6.times { |number| lines.brief(number) }
      (6 - stay).upto(5) { |number| lines.brief(number) }
      assert_equal 6, source.read.size, part
      lines.brief(5 - stay)
      assert_equal 7, source.read.size, part
    end
  end

  # What stands for a line stays, so that it is made once.
  def test_what_stands_for_a_line_stays
    made = 0
    lines = Lines.new(Source.new) { |line| { double: line["number"] * (made += 1) * 2 }.freeze }
    2.times { assert_equal({ double: 14 }, lines.brief(7)) }
    assert_equal({ double: 28 }, lines.whole(7))
  end

  def test_several_threads
    lines = Lines.new(Source.new(Lines::ALL_BYTES / 512))
    threads = Array.new(4) do |thread|
      Thread.new do
        random = Random.new(thread)
        300.times { (at = random.rand(2000)).then { assert_equal at, lines.brief(at)["number"] } }
      end
    end
    threads.each(&:join)
    assert_equal 7, lines.brief(7)["number"]
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/large/expected"

# What a heap has planted against lines that are made here.
class TestLargeExpected < Minitest::Test
  OBJECT = { "address" => "0x10", "type" => "OBJECT", "fields" => "0x20" }.freeze
  HOLDER = { "address" => "0x20", "type" => "IMEMO", "ivars" => { "@a" => 1 } }.freeze

  def problems(*lines, count: 1)
    expected = Large::Expected.new(16 => { "ivars" => { "size" => count } })
    lines.flat_map { |line| expected.feed(line["address"].hex, line) } + expected.finish
  end

  def test_on_its_own_line
    line = OBJECT.except("fields")
    assert_empty problems(line.merge("ivars" => { "@a" => 1 }))
    assert_equal 1, problems(line.merge("ivars" => {})).size
    assert_equal 1, problems(line, HOLDER).size
  end

  def test_on_the_line_of_its_fields
    [[OBJECT, HOLDER], [HOLDER, OBJECT]].each do |lines|
      assert_empty problems(*lines)
      assert_equal 1, problems(*lines, count: 2).size
    end
    assert_equal 1, problems(OBJECT, HOLDER.except("ivars")).size
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"

# Elements of a list hold each other, so that the ways to them are as long as it.
class TestLongLists < HeapDumpTest
  include CommandLine

  NODES = 100_000
  FIRST = 0x1_0000_0000
  SLOT = 40

  def self.list
    @list ||= MadeDump.write(File.join(Dir.mktmpdir, "list.json"), 0) do |made|
      following = nil
      (NODES - 1).downto(0) do |i|
        address = FIRST + (i * SLOT)
        following = made.object("Link", address: address, ivars: { "@next" => following })
      end
      made.constant("LIST", following)
    end
  end

  Minitest.after_run { FileUtils.rm_rf(File.dirname(@list)) if @list }

  def list
    TestLongLists.list
  end

  def last
    format("0x%x", FIRST + ((NODES - 1) * SLOT))
  end

  # All ways are one, however long they are.
  def test_why_of_a_class
    out = quickly { heapdump!("why", list, "Link") }.out
    assert_match(/^1\. 100,000 of 100,000 objects, .*, held by Store \(module\)$/, out)
    assert_operator out.lines.size, :<, 80
    json = heapdump!("why", list, "Link", "--json").json
    assert_equal NODES, json["groups"].sum { |group| group["objects"] }
    assert_operator json["groups"].size, :<=, 2, "the first has no link before it"
  end

  def test_why_and_show_of_an_element
    left_out = nil
    %w[why show].each do |name|
      out = quickly { heapdump!(name, list, last) }.out
      left_out = out[/→ … ([\d,]+) steps … → @next → Link/, 1].delete(",").to_i
      assert_equal NODES, left_out + out.scan(/→ Link  0x/).size
      assert_operator out.lines.size, :<, 80
    end
    path = heapdump!("why", list, last, "--json").json["paths"].first
    assert_equal left_out, path["left_out"]
    assert_equal last, path["path"].last["address"]
  end

  def test_a_path_is_whole_unless_its_middle_is_left_out
    snapshot = HeapDump::Snapshot.open(list)
    node = snapshot.to_node(format("0x%x", FIRST + (20 * SLOT)))
    whole = snapshot.path_to(node)
    assert_equal [0, whole.steps.size], [whole.left_out, whole.length]
    [1, 5, 9].each do |around|
      cuts = [snapshot.path_to(node, around: around), *snapshot.paths(node, around: around).first]
      cuts.each do |cut|
        assert_equal whole.length, cut.length
        assert_equal whole.length - cut.steps.size, cut.left_out
        assert_operator cut.left_out, :positive?
        assert_equal whole.steps.last(around), cut.steps.last(around)
        assert_equal whole.steps.first(around), cut.steps.first(around)
        assert_equal whole.holder, cut.holder
      end
    end
    assert_equal whole.to_s, snapshot.path_to(node, around: 50).to_s
  end

  private

  # A minute is much more than it needs on a busy machine, and much less than it once took.
  def quickly
    begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    answer = yield
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun, :<, 60
    answer
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/made_dump"
require "support/shop"
require "support/slow_heap"

# What one reference holds, against marking everything again without it.
class TestFreed < HeapDumpTest
  include CommandLine

  def self.snapshot
    @snapshot ||= HeapDump::Snapshot.open(dump)
  end

  def self.slow
    @slow ||= SlowHeap.new(dump)
  end

  def self.dump
    Shop.dump({ gc: false })
  end

  def snapshot
    self.class.snapshot
  end

  # Objects that are live, and would not be without one reference from one object to another.
  def freed(from, to)
    slow = self.class.slow
    held = slow.holds(from)
    held.delete_at(held.index(to))
    slow.live - slow.reachable
  ensure
    held << to
  end

  def test_one_reference
    slow = self.class.slow
    pairs = slow.live.to_a.sort.sample(300, random: Random.new(2)).flat_map do |from|
      slow.holds(from).uniq.first(3).map { |to| [from, to] }
    end
    found = pairs.map do |from, to|
      expected = freed(from, to)
      freed = snapshot.freed_by_cutting(from, to)
      assert_equal [slow.bytes(expected), expected.size], [freed.bytes, freed.objects], [from, to]
      assert_equal expected.empty?, !freed.held_by.nil?
      freed.objects
    end
    assert_operator found.count(&:positive?), :>, 15
    assert_operator found.count(&:zero?), :>, 15
  end

  def made
    @made ||= MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      alone, twice, shared = %w[alone twice shared].map { |text| made.string(text) }
      both = made.object("Both", address: 0x90_0000, ivars: { :@a => twice, :@b => twice })
      one = made.object("One", ivars: { :@a => alone, :@b => shared })
      made.object("Garbage", ivars: { :@a => alone })
      made.constant("BOTH", both)
      made.constant("ONE", one)
      made.constant("SHARED", shared)
    end
  end

  def string(opened, text)
    opened.find(value: text).first
  end

  # A second reference from the same object holds; one from garbage does not.
  def test_what_else_holds
    opened = HeapDump::Snapshot.open(made)
    one, both = %w[One Both].map { |name| opened.find(class: name).first }
    freed = opened.freed_by_cutting(one, string(opened, "alone"))
    assert_equal [40, 1, nil], freed.to_a
    assert_predicate freed, :frozen?
    freed = opened.freed_by_cutting(both.to_s, string(opened, "twice"))
    assert_equal [0, 0, both, "@b"],
                 [freed.bytes, freed.objects, freed.held_by.node, freed.held_by.edge.to_s]
    freed = opened.freed_by_cutting(one, string(opened, "shared"))
    assert_equal [0, "Store (module)", "constant SHARED"],
                 [freed.bytes, freed.held_by.node.words, freed.held_by.edge.to_s]
    garbage = opened.find(class: "Garbage").first
    freed = opened.freed_by_cutting(garbage, string(opened, "alone"))
    assert_equal [0, 0, one], [freed.bytes, freed.objects, freed.held_by.node]
    error = assert_raises(ArgumentError) { opened.freed_by_cutting(one, both) }
    assert_match(/\AOne 0x\h+ does not refer to Both 0x900000\z/, error.message)
  end

  def test_the_command
    opened = HeapDump::Snapshot.open(made)
    one = opened.find(class: "One").first.to_s
    alone, shared = %w[alone shared].map { |text| string(opened, text).to_s }
    assert_match(/^String "alone" .*  without the reference from One #{one}
frees 40 B in 1 object$/, heapdump!("why", made, alone, "--cut", one).out)
    assert_match(/^frees nothing: it is also held by Store \(module\) 0x\h+ → constant SHARED$/,
                 heapdump!("why", made, shared, "--cut", one).out)
    json = heapdump!("why", made, shared, "--cut", one, "--json").json
    assert_equal [0, 0, "constant SHARED"],
                 [json["bytes"], json["objects"], json["held_by"]["edge"]]
    answer = heapdump("why", made, one, "--cut", alone)
    assert_equal [64, true], [answer.status, answer.err.include?("does not refer to One")]
  end
end

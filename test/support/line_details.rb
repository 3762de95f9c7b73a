# frozen_string_literal: true

# What the oracle knows of each object besides its references: class, size, frozen.
class LineDetails
  FROZEN = 1 << 11
  FINALIZE = 1 << 7
  attr_reader :problems

  def initialize(before, after)
    @before = before.slots
    @after = after.slots
    @problems = []
  end

  def feed(line)
    @usual_slot_size = line["slot_size"] if line["type"] == "HEADER"
    return unless line.key?("address")

    address = line["address"].hex
    before = @before[address]
    after = @after[address]
    return unless before && after

    compare(line, before, after)
  end

  private

  def compare(line, before, after)
    klass(line, after)
    memsize(line, before, after)
    slot_size(line, after)
    flag(line, "frozen", FROZEN, after) unless %w[IMEMO ICLASS].include?(line["type"])
    flag(line, "finalizer", FINALIZE, after)
  end

  def klass(line, slot)
    return if %w[IMEMO ICLASS].include?(line["type"])

    expected = slot.klass.zero? ? nil : format("0x%x", slot.klass)
    note(line, "class", expected) unless line["class"] == expected
  end

  def memsize(line, before, after)
    return if before.memsize != after.memsize || line["memsize"] == after.memsize
    return if line["struct"] == "VM/thread" && untouched?(after.memsize - line["memsize"])

    note(line, "memsize", after.memsize)
  end

  # Of the VM stack of a thread, only what is in memory counts: not all of its 1 MiB.
  def untouched?(bytes)
    bytes.positive? && bytes < (1 << 20) && (bytes % 16).zero?
  end

  def slot_size(line, slot)
    return if line.fetch("slot_size", @usual_slot_size) == slot.slot_size

    note(line, "slot_size", slot.slot_size)
  end

  def flag(line, name, bit, slot)
    expected = slot.flags.anybits?(bit) || nil
    note(line, name, expected) unless line[name] == expected
  end

  def note(line, name, expected)
    brief = line.slice("address", "type", "struct", "imemo_type", "class_name").values.join(" ")
    @problems << "#{brief}: #{name} is #{line[name].inspect}, not #{expected.inspect}"
  end
end

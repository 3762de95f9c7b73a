# frozen_string_literal: true

# Law 4, as far as the slots go: what the dump's walk wrote into objects. The two looks of the
# oracle compare each slot's flags and a checksum of its words.
class UntouchedLaw
  # What running Ruby code changes by itself: call sites fill their caches.
  ALIVE = %w[callcache callinfo constcache tmpbuf].freeze

  attr_reader :flags, :words

  def initialize(before, after, running: [])
    @names = after.imemo_names
    @running = running.compact.map(&:hex)
    changed = before.slots.each_value.filter_map do |slot|
      other = after.slots[slot.address]
      [slot, other] if other && slot.checksum != other.checksum && comparable?(slot)
    end
    @flags = changed.reject { |slot, other| slot.flags == other.flags }.map { |a, b| flags_of(a, b) }
    @words = changed.map { |slot, _| describe(slot) }
  end

  private

  def comparable?(slot)
    return false if @running.include?(slot.address)

    slot.imemo_type.nil? || !ALIVE.include?(@names[slot.imemo_type])
  end

  def flags_of(slot, other)
    format("%<what>s: 0x%<old>x -> 0x%<new>x",
           what: describe(slot), old: slot.flags, new: other.flags)
  end

  def describe(slot)
    format("0x%<address>x %<type>s %<imemo>s", address: slot.address, type: slot.type,
                                             imemo: @names[slot.imemo_type])
  end
end

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

    note(line, "memsize", after.memsize)
  end

  def flag(line, name, bit, slot)
    expected = slot.flags.anybits?(bit) ? true : nil
    note(line, name, expected) unless line[name] == expected
  end

  def note(line, name, expected)
    brief = line.slice("address", "type", "struct", "imemo_type", "class_name").values.join(" ")
    @problems << "#{brief}: #{name} is #{line[name].inspect}, not #{expected.inspect}"
  end
end

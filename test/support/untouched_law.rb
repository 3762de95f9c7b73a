# frozen_string_literal: true

# Law 4, as far as the slots go: what the dump's walk wrote into objects. The two looks of the
# oracle compare each slot's flags and a checksum of its words.
class UntouchedLaw
  # What running Ruby code changes by itself: call sites fill their caches.
  ALIVE = %w[callcache callinfo constcache tmpbuf].freeze
  # Since Ruby 4.0 caches of methods are DATA, and what a module remembers is in its fields.
  ALIVE_SINCE_4 = { "DATA" => [nil, ""], "IMEMO" => ["fields"] }.freeze

  attr_reader :flags, :words

  def initialize(before, after, running: [])
    @names = after.imemo_names
    @running = Running.of(before, running)
    changed = before.slots.each_value.filter_map do |slot|
      other = after.slots[slot.address]
      [slot, other] if other && slot.checksum != other.checksum && comparable?(slot)
    end
    flagged = changed.reject { |slot, other| slot.flags == other.flags }
    @flags = flagged.map { |slot, other| flags_of(slot, other) }
    @words = changed.map { |slot, _| describe(slot) }
  end

  private

  def comparable?(slot)
    return false if @running.include?(slot.address)
    return false if RUBY_VERSION >= "4" &&
                    ALIVE_SINCE_4[slot.type]&.include?(@names[slot.imemo_type])

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

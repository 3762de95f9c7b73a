# frozen_string_literal: true

require "support/oracle"

module Programs
  # What the oracle saw. What it saw exactly so before, with the heap that all programs begin with,
  # is the very same Slot: comparing costs nothing then, and most of each heap is like that.
  class Look
    HEADER = 64
    Roots = Class.new(Oracle::View) { def read_slots(_file) = nil }

    attr_reader :slots, :roots, :imemo_names

    # As Oracle::View#caches.
    def caches
      imemos("callcache", "callinfo", "constcache")
    end

    # As Oracle::View#call_caches.
    def call_caches
      imemos("callcache")
    end

    def imemos(*kinds)
      @slots.filter_map do |address, slot|
        address if slot.imemo_type && kinds.include?(@imemo_names[slot.imemo_type])
      end
    end
    private :imemos

    def initialize(path, base = nil)
      @raw = {}
      @slots = {}
      read(File.binread(path), base)
      view = Roots.new(path)
      @roots = view.roots
      @imemo_names = view.imemo_names
    end

    def same?(other, address)
      slot = @slots[address]
      slot&.equal?(other.slots[address])
    end

    protected

    attr_reader :raw

    private

    def read(data, base)
      position = 0
      while position < data.bytesize
        size = HEADER + (data.unpack1("Q", offset: position + HEADER - 8) * 8)
        add(data.byteslice(position, size), base)
        position += size
      end
    end

    def add(raw, base)
      address = raw.unpack1("Q")
      if base && base.raw[address] == raw
        @slots[address] = base.slots[address]
      else
        words = raw.unpack("Q7")
        @slots[address] = Oracle::Slot.new(*words, raw.byteslice(HEADER..))
      end
      @raw[address] = raw unless base
    end
  end
end

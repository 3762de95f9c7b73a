# frozen_string_literal: true

require_relative "extension"

# Compiles and loads the oracle, and reads what it wrote.
module Oracle
  EXTENSION = Extension.new("oracle")

  def self.compile
    EXTENSION.compile
  end

  def self.require_extension
    EXTENSION.require_extension
  end

  # The way a dump writes a reference.
  def self.hex(object)
    number = address(object)
    number && format("0x%x", number)
  end

  # The way a dump writes a value.
  def self.value(object)
    case object
    when nil, true, false then return object
    end
    hex(object) || (object.is_a?(Symbol) ? ":#{Text.name(object.name)}" : object)
  end

  # What the oracle saw of one slot.
  Slot = Struct.new(:address, :flags, :klass, :memsize, :checksum, :kind, :slot_size, :packed) do
    def type
      TYPES.fetch(kind & 0xff)
    end

    def imemo_type
      kind >> 8 if type == "IMEMO"
    end

    def references
      packed.unpack("Q*")
    end
  end

  TYPES = {
    0x01 => "OBJECT", 0x02 => "CLASS", 0x03 => "MODULE", 0x04 => "FLOAT", 0x05 => "STRING",
    0x06 => "REGEXP", 0x07 => "ARRAY", 0x08 => "HASH", 0x09 => "STRUCT", 0x0a => "BIGNUM",
    0x0b => "FILE", 0x0c => "DATA", 0x0d => "MATCH", 0x0e => "COMPLEX", 0x0f => "RATIONAL",
    0x14 => "SYMBOL", 0x1a => "IMEMO", 0x1b => "NODE", 0x1c => "ICLASS"
  }.freeze

  # All slots and roots that one walk wrote down.
  class View
    attr_reader :slots, :roots, :imemo_names

    def initialize(path)
      @slots = {}
      @roots = Hash.new { |roots, category| roots[category] = [] }
      @imemo_names = {}
      read_slots(File.binread(path))
      File.foreach("#{path}.roots") { |line| read_root(line.split) }
      @roots.default = nil # its block would keep all slots for as long as somebody has the roots
    end

    # Addresses of the caches that call sites share.
    def call_caches
      imemos("callcache")
    end

    # All that call sites and references to constants cache.
    def caches
      @caches ||= imemos("callcache", "callinfo", "constcache")
    end

    private

    def imemos(*names)
      slots.each_value.filter_map do |slot|
        slot.address if slot.imemo_type && names.include?(@imemo_names[slot.imemo_type])
      end
    end

    HEAD = 64 # bytes of a slot before its references
    private_constant :HEAD

    def read_slots(bytes)
      offset = 0
      while offset < bytes.bytesize
        *words, count = bytes.unpack("Q8", offset: offset)
        packed = count.zero? ? "" : bytes.byteslice(offset + HEAD, count * 8)
        @slots[words.first] = Slot.new(*words, packed)
        offset += HEAD + (count * 8)
      end
    end

    def read_root(words)
      case words.first
      when "root" then @roots[words[1]] << words[2].hex
      when "imemo" then @imemo_names[words[1].to_i] = words[2].delete_prefix("imemo_")
      end
    end
  end
end

# frozen_string_literal: true

require "json"
require_relative "text"
require_relative "oracle"

# A heap that holds every type of object and every nasty name. Each thing is planted under a key
# together with the fields that its line must have; `manifest` writes both down as the addresses
# are at that time, and the tests look the lines up by them.
module NastyHeap
  # The reference to an object, or the immediate value, as a dump writes it.
  Value = Struct.new(:object)
  # A text that matches.
  Match = Struct.new(:pattern)
  # A map with at least these pairs.
  Subset = Struct.new(:pairs)
  ABSENT = Object.new.freeze
  ANY = Object.new.freeze

  # A family of things: the methods that build them, one file each.
  class Family
    def self.build
      NastyHeap.begin_family(name.split("::").last)
      new.build
    end

    private

    def plant(key, object, **fields)
      NastyHeap.plant(key, object, fields)
    end

    def value(object)
      Value.new(object)
    end

    def values(*objects)
      objects.map { |object| Value.new(object) }
    end

    def absent
      ABSENT
    end

    def any
      ANY
    end

    def match(pattern)
      Match.new(pattern.source)
    end

    def subset(map)
      Subset.new(map)
    end

    # A string that is made at run time: never an fstring, never one that shares its bytes.
    def text(string)
      return String.new(string, encoding: string.encoding) if string.bytesize < 20

      [string].pack("a*").force_encoding(string.encoding)
    end
  end

  FAMILIES = %w[strings containers objects numbers modules code threads data names].freeze

  SPECIAL = {
    Match => ->(expectation) { { "$match" => expectation.pattern } },
    Subset => ->(expectation) { { "$subset" => resolve(expectation.pairs) } },
    ABSENT => ->(_) { { "$absent" => true } },
    ANY => ->(_) { { "$any" => true } }
  }.compare_by_identity.freeze # objects that nobody initialised cannot be asked for a hash

  class << self
    attr_reader :planted

    # Builds the families asked for (all of them by default); `giants` adds what takes megabytes.
    def build(families: FAMILIES, giants: true, ractor: giants)
      @planted = {}
      families.each do |family|
        require_relative "nasty_heap/#{family}"
        const_get(family.capitalize).build
      end
      big(giants)
      ractors if ractor
    end

    def begin_family(name)
      @family = name
    end

    def plant(key, object, fields)
      raise ArgumentError, "#{key} is there already" if @planted.key?(key)

      @planted[key] = [@family, object, fields]
      object
    end

    def [](key)
      @planted.fetch(key)[1]
    end

    # Everything planted, with addresses as they are now, as JSON for the tests.
    def manifest
      entries = @planted.to_h do |key, (family, object, fields)|
        expected = fields.to_h { |name, expectation| [name, resolve(expectation)] }
        [key, { "family" => family, "address" => Oracle.hex(object), "fields" => expected }]
      end
      JSON.generate(entries)
    end

    private

    def resolve(expectation)
      special = SPECIAL[expectation] || SPECIAL[expectation.class]
      return instance_exec(expectation, &special) if special

      case expectation
      when Value then literal(Oracle.value(expectation.object))
      when Hash then expectation.to_h { |key, item| [Text.name(key.to_s), resolve(item)] }
      when Array then expectation.map { |item| resolve(item) }
      when String then Text.name(expectation)
      else literal(expectation)
      end
    end

    # Floats keep their bits through JSON.
    def literal(value)
      value.is_a?(Float) ? { "$float" => [value].pack("G").unpack1("H*") } : value
    end

    def big(giants)
      return unless giants

      require_relative "nasty_heap/giants"
      Giants.build
    end

    def ractors
      return unless defined?(Ractor)

      require_relative "nasty_heap/ractors"
      Ractors.build
    end
  end
end

# frozen_string_literal: true

# Compares the lines of planted things with what was planted.
module Planted
  def dump
    Dumps.nasty.dump
  end

  def planted(key)
    Dumps.nasty.planted(key)
  end

  # Every thing of a family (see NastyHeap) has a line with the fields that it was planted with.
  def assert_family(family, dumped = Dumps.nasty)
    entries = dumped.manifest.select { |_, entry| entry["family"] == family }
    refute_empty entries, "nothing is planted in #{family}"
    assert_none entries.flat_map { |key, entry| mismatches(key, entry, dumped.dump) },
                "fields are not as planted in #{family}"
  end

  def mismatches(key, entry, dump)
    return [] unless entry["address"]

    line = dump[entry["address"]]
    return ["#{key}: no line for #{entry["address"]}"] unless line

    line = with_variables(line, dump)
    entry["fields"].filter_map do |name, expected|
      next if Expectation.met?(expected, line, name)

      "#{key}: #{name} is #{line[name].inspect[0, 400]}, not #{expected.inspect[0, 400]}; " \
        "line #{line.inspect[0, 300]}"
    end
  end

  # Instance variables without a name.
  UNNAMED = %w[receiver iseq associated].freeze

  # From Ruby 4.0 on the variables of most objects stand on the line of an IMEMO of its own.
  def with_variables(line, dump)
    fields = line["fields"] && dump[line["fields"]]
    fields ? line.merge(fields.slice("ivars", "class_variables", *UNNAMED)) : line
  end

  # Whether the field of a line is what NastyHeap's manifest asks for.
  module Expectation
    def self.met?(expected, line, name)
      return !line.key?(name) if special?(expected, "$absent")
      return false unless line.key?(name)

      same?(expected, line[name])
    end

    def self.same?(expected, actual)
      case expected
      when Hash then mapping?(expected, actual)
      when Array then list?(expected, actual)
      when String then text?(expected, actual)
      else expected.eql?(actual)
      end
    end

    def self.special?(expected, name)
      expected.is_a?(Hash) && expected.key?(name)
    end

    def self.mapping?(expected, actual)
      name, argument = expected.first
      case name
      when "$any" then true
      when "$float" then actual.is_a?(Float) && [actual].pack("G").unpack1("H*") == argument
      when "$match" then actual.is_a?(String) && actual.match?(Regexp.new(argument))
      when "$subset" then subset?(argument, actual)
      else actual.is_a?(Hash) && actual.size == expected.size && subset?(expected, actual)
      end
    end

    def self.subset?(expected, actual)
      return false unless actual.is_a?(Hash)

      known = actual.transform_keys { |key| Text.normalize(key) }
      expected.all? do |key, item|
        key = Text.normalize(key)
        known.key?(key) && same?(item, known[key])
      end
    end

    def self.list?(expected, actual)
      actual.is_a?(Array) && expected.size == actual.size &&
        expected.zip(actual).all? { |pair| same?(*pair) }
    end

    def self.text?(expected, actual)
      actual.is_a?(String) &&
        (expected == actual || Text.normalize(expected) == Text.normalize(actual))
    end
  end
end

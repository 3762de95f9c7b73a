# frozen_string_literal: true

require "digest/sha2"

module Large
  # What a heap has planted, as the line of the object must have it; see Large.plant. Some Rubies
  # have a field of it on the line of another object, to which that line points.
  class Expected
    APART = { "ivars" => "fields", "class_variables" => "fields",
              "fiber_locals" => "fiber" }.freeze
    HOLDERS = %w[IMEMO DATA].freeze

    def initialize(planted)
      @planted = planted
      @names = planted.values.flat_map(&:keys) & APART.keys
      @lines = {}
      @waiting = {}
    end

    # Returns what is wrong with a line.
    def feed(address, line)
      @lines[address] = line.slice("address", "type", *@names) if holder?(line)
      fields = @planted[address] or return []

      apart = fields.select { |name,| !line[name] && line[APART[name]] }
      apart.each { |name, expected| (@waiting[line[APART[name]].hex] ||= {})[name] = expected }
      problems(line, fields.except(*apart.keys))
    end

    # What is wrong with the lines that were awaited, as far as they were fed.
    def finish
      @waiting.slice(*@lines.keys).flat_map { |address, fields| problems(@lines[address], fields) }
    end

    private

    def holder?(line)
      !@names.empty? && HOLDERS.include?(line["type"])
    end

    def problems(line, fields)
      wrong = fields.reject { |name, expected| right?(line[name], expected) }
      wrong.map do |name, expected|
        "#{line["address"]} #{line["type"]}: #{name} is #{line[name].inspect[0, 100]}, not " \
          "#{expected.inspect[0, 200]}"
      end
    end

    def right?(value, expected)
      return value == expected unless expected.is_a?(Hash)
      return value.size == expected["size"] if value && expected.key?("size")
      return right?(value.keys.first, expected["key"]) if value && expected.key?("key")
      return right?(value.first, expected["first"]) if value && expected.key?("first")

      value.is_a?(String) && value.bytesize == expected["bytes"] &&
        Digest::SHA256.hexdigest(value) == expected["sha256"]
    end
  end
end

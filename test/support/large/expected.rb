# frozen_string_literal: true

require "digest/sha2"

module Large
  # What a heap has planted, as the line of the object must have it; see Large.plant.
  module Expected
    class << self
      def problems(line, fields)
        wrong = fields.reject { |name, expected| right?(line[name], expected) }
        wrong.map do |name, expected|
          "#{line["address"]} #{line["type"]}: #{name} is #{line[name].inspect[0, 100]}, not " \
            "#{expected.inspect[0, 200]}"
        end
      end

      private

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
end

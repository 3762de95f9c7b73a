# frozen_string_literal: true

require "time"

module HeapDump
  class Extract
    # Of which kind each field of a kept extract is. A file may have the right checksum and be
    # written by another program, so nothing is taken for granted.
    module Shape # :nodoc:
      LARGEST = (1 << 62) - 1 # what is larger no dump has
      WHOLE = ->(value) { value.is_a?(Integer) && value.abs <= LARGEST }
      NUMBER = ->(value) { WHOLE.call(value) && value >= 0 }
      TEXT = String.method(:===)
      WORDS = ->(value) { value.nil? || TEXT.call(value) }
      TIME = lambda do |value|
        TEXT.call(value) && Time.iso8601(value)
      rescue ArgumentError
        false
      end
      # A row of numbers, or of texts and numbers, by its kinds.
      ROW = lambda do |kinds|
        lambda do |row|
          row.is_a?(Array) && row.size == kinds.size && kinds.zip(row).all? { |k, v| k.call(v) }
        end
      end
      # A Hash whose values are of a kind; of JSON its names are texts.
      ALL = ->(kind) { ->(value) { value.is_a?(Hash) && value.each_value.all?(&kind) } }
      LIST = ->(kind) { ->(value) { value.is_a?(Array) && value.all?(&kind) } }
      MAYBE = ->(kind) { ->(value) { value.nil? || kind.call(value) } }
      OTHER = MAYBE[ROW[[NUMBER] * 3]]
      WAY = ROW[[WORDS, WORDS, WORDS, WORDS, WORDS, NUMBER, NUMBER, NUMBER]]
      IDENTITY = ALL[->(value) { TEXT.call(value) || NUMBER.call(value) }]
      private_constant :LARGEST, :WHOLE, :NUMBER, :TEXT, :WORDS, :TIME, :ROW, :ALL, :LIST, :MAYBE,
                       :OTHER, :WAY, :IDENTITY

      FIELDS = {
        identity: IDENTITY, time: TIME, warnings: LIST[TEXT],
        complete: [true, false].method(:include?), rule: WORDS, gc: ALL[NUMBER],
        account: ALL[WHOLE], objects: NUMBER, held_objects: NUMBER,
        held_bytes: NUMBER, garbage_bytes: NUMBER, classes: ALL[ROW[[NUMBER] * 4]], ways: ALL[WAY],
        sites: ALL[ROW[[NUMBER] * 2]], work: ALL[NUMBER], other_classes: OTHER,
        other_ways: OTHER, other_sites: OTHER
      }.freeze
      private_constant :FIELDS

      # Whether all fields (Hash, as JSON has them) are of their kinds.
      def self.fits?(kept)
        FIELDS.all? { |name, kind| kind.call(kept[name.to_s]) }
      end
    end
    private_constant :Shape
  end
end

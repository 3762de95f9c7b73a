# frozen_string_literal: true

require "time"

module HeapDump
  class Extract
    # The fields of an extract as they are kept, and back.
    module Fields # :nodoc:
      SUMS = { classes: ClassSum, ways: WaySum, sites: SiteSum }.freeze
      OTHERS = %i[other_classes other_ways other_sites].freeze
      # Hashes whose names are Symbols.
      NAMED = %i[identity gc account].freeze
      private_constant :SUMS, :OTHERS, :NAMED

      module_function

      # The Hash that is written.
      def pack(fields)
        fields.to_h do |name, value|
          value = if SUMS.key?(name) then value.transform_values(&:to_a)
                  elsif OTHERS.include?(name) then value&.to_a
                  elsif name == :time then value.iso8601(3)
                  else value
                  end
          [name.to_s, value]
        end
      end

      # What was read if it has the fields that #pack has made, each of its kind, else nil.
      def checked(kept)
        kept if kept.is_a?(Hash) && Shape.fits?(kept)
      end

      # The fields of the Extract (Hash of Symbol).
      def unpack(kept)
        fields = FIELDS.to_h { |name| [name, kept[name.to_s]] }
        fields[:time] = Time.iso8601(fields[:time])
        NAMED.each { |name| fields[name] = fields[name].transform_keys(&:to_sym) }
        SUMS.each { |name, sum| fields[name] = fields[name].transform_values { sum.new(*_1) } }
        OTHERS.each { |name| fields[name] &&= OtherSum.new(*fields[name]) }
        fields
      end
    end
    private_constant :Fields
  end
end

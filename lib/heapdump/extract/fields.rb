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
      NUMBERS = %i[objects held_objects held_bytes garbage_bytes].freeze
      HASHES = [*NAMED, *SUMS.keys, :work].freeze
      private_constant :SUMS, :OTHERS, :NAMED, :NUMBERS, :HASHES

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

      # What was read if it has the fields that #pack has made, else nil.
      def checked(kept)
        return unless kept.is_a?(Hash) && Time.iso8601(kept["time"])

        kept if all?(kept, HASHES, Hash) && all?(kept, NUMBERS, Integer) &&
                all?(kept, [:warnings], Array) && sums?(kept)
      rescue ArgumentError, TypeError # of a time that is none
        nil
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

      def all?(kept, names, type)
        names.all? { |name| kept[name.to_s].is_a?(type) }
      end

      def sums?(kept)
        SUMS.all? { |name, sum| rows?(kept[name.to_s].values, sum) } &&
          OTHERS.all? { |name| rows?([kept[name.to_s]].compact, OtherSum) }
      end

      def rows?(rows, sum)
        rows.all? { |row| row.is_a?(Array) && row.size == sum.members.size }
      end
      private_class_method :all?, :sums?, :rows?
    end
    private_constant :Fields
  end
end

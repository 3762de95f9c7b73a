# frozen_string_literal: true

module HeapDump
  class Trends
    # The numbers of all dumps by class and by way. Each dump is read once, whatever process it is
    # of, and only its numbers remain.
    class Columns # :nodoc:
      FIELDS = 3 # objects, bytes and retained bytes
      WORDS = %i[class_name holder location gem told].freeze
      private_constant :FIELDS, :WORDS

      def initialize
        @numbers = { class: {}, way: {} }
        @words = {}
        @whole = { class: {}, way: {} }
      end

      # Takes what an Extract has; +ordinal+ is the number of its dump.
      def add(ordinal, extract)
        @whole[:class][ordinal] = extract.other_classes.nil?
        @whole[:way][ordinal] = extract.other_ways.nil?
        extract.classes.each { |name, sum| put(:class, name, ordinal, sum) }
        extract.ways.each do |signature, sum|
          put(:way, signature, ordinal, sum)
          keep_words(signature, sum)
        end
      end

      # The names that any of these dumps has (Array of String).
      def names(kind, ordinals)
        wanted = ordinals.to_h { |ordinal| [ordinal, true] }
        @numbers.fetch(kind).select { |_, all| all.each_key.any? { |one| wanted[one] } }.keys
      end

      # For each of these dumps [objects, bytes, retained]; zeros if it has none of them, and nil if
      # that is not known, because the dump has more than it names.
      def numbers(kind, name, ordinals)
        all = @numbers.fetch(kind).fetch(name)
        whole = @whole.fetch(kind)
        ordinals.map { |ordinal| all[ordinal] || (whole[ordinal] ? NONE : nil) }
      end
      NONE = Array.new(FIELDS, 0).freeze
      private_constant :NONE

      # What is known of a way in words (Hash of Symbol to String).
      def words(signature)
        @words.fetch(signature)
      end

      private

      def put(kind, name, ordinal, sum)
        (@numbers.fetch(kind)[name] ||= {})[ordinal] = [sum.objects, sum.bytes, sum.retained].freeze
      end

      # A way has its words only in dumps in which it is large.
      def keep_words(signature, sum)
        known = @words[signature]
        return if known && (known[:told] || sum.told.nil?)

        @words[signature] = WORDS.to_h { |name| [name, sum[name]] }.freeze
      end
    end
    private_constant :Columns
  end
end

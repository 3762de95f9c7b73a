# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Rows of a histogram, beside those of an earlier one if there is one.
      module Rows
        # A Snapshot::Row, and the figures that the earlier histogram has for it (Hash), nil without
        # one.
        Row = Struct.new(:key, :label, :objects, :bytes, :retained, :largest, :garbage,
                         :garbage_bytes, :before) do
          # How much more it has now (Hash), nil if that is not known.
          def change
            before&.to_h do |name, figure|
              [name, figure && self[name] ? self[name] - figure : nil]
            end
          end
        end

        # The numbers of a row by which rows can be sorted and filtered, nil if it is not known.
        NUMBERS = {
          retained: :retained.to_proc,
          bytes: :bytes.to_proc,
          objects: :objects.to_proc,
          garbage: :garbage_bytes.to_proc,
          retained_change: ->(row) { row.change.to_h[:retained] },
          bytes_change: ->(row) { row.change.to_h[:bytes] },
          objects_change: ->(row) { row.change.to_h[:objects] }
        }.freeze
        # By what rows can be sorted: the greatest number comes first, or the first label.
        SORTS = [*NUMBERS.keys, :label].freeze
        FIGURES = %i[objects bytes retained].freeze
        NONE = { objects: 0, bytes: 0, retained: 0 }.freeze
        ANONYMOUS = /\A\(anonymous class 0x\h+\)\z/
        private_constant :FIGURES, :NONE, :ANONYMOUS

        class << self
          # The rows of a Snapshot::Histogram (Array of Row), and of an earlier one (or nil).
          def of(histogram, earlier)
            return histogram.map { |row| Row.new(*row.to_a) } unless earlier

            now = by_label(histogram)
            old = by_label(earlier)
            (now.keys | old.keys).map { |label| beside(label, now[label], old[label]) }
          end

          # Sorts rows; those that are equal are in the order of their labels.
          def sort(rows, word, reverse: false)
            number = NUMBERS.fetch(word, ->(_row) { 0 })
            sorted = rows.sort_by { |row| [-number.call(row).to_i, row.label] }
            reverse ? sorted.reverse : sorted
          end

          # Those whose numbers are within +bounds+ (a Range for each name of NUMBERS), and whose
          # labels contain a text, in whatever case (or nil). What is not known is within none.
          def filter(rows, bounds, text)
            text = text&.downcase
            rows.select do |row|
              (text.nil? || row.label.downcase.include?(text)) &&
                bounds.all? do |name, range|
                  number = NUMBERS.fetch(name).call(row)
                  number && range.cover?(number)
                end
            end
          end

          private

          # Anonymous classes have no names by which they could be found in another dump, so they
          # are one row.
          def by_label(histogram)
            same = histogram.group_by { |row| row.label.sub(ANONYMOUS, "(anonymous classes)") }
            same.to_h do |label, rows|
              [label, rows.one? ? Row.new(*rows.first.to_a) : sum(label, rows)]
            end
          end

          # Retained sizes of several groups cannot be added up.
          def sum(label, rows)
            objects, bytes, garbage, garbage_bytes =
              %i[objects bytes garbage garbage_bytes].map { |name| rows.sum(&name) }
            Row.new(nil, label, objects, bytes, nil, rows.first.largest, garbage, garbage_bytes)
          end

          def beside(label, now, old)
            row = now || Row.new(old.key, label, 0, 0, 0, nil, 0, 0)
            row.before = old ? FIGURES.to_h { |name| [name, old[name]] } : NONE
            row
          end
        end
      end
    end
  end
end

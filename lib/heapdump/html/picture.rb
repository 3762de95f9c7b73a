# frozen_string_literal: true

require "json"

module HeapDump
  module Html
    # The dominator tree as a picture, which a script draws; and as lists of its first levels, which
    # need no script.
    class Picture < Section
      title "Picture of what is retained"
      limit 2_000, "cells"
      template "picture"

      LEVELS = 3
      WIDE = 8 # cells of a level in the lists
      NAME = 60 # characters of a name
      private_constant :LEVELS, :WIDE, :NAME

      # What the script needs, as columns: names once each, and for each cell the number of its name
      # and of the cell above it, and its figures.
      def data
        names = Hash.new { |all, name| all[name] = all.size }
        numbers = cells.map { |cell| names[text(cell)] }
        { "names" => names.keys, "cells" => { "name" => numbers, **columns } }
      end

      # The cells directly below one, the largest first (Array of [cell, its number]).
      def below(number)
        @below ||= {}
        @below[limit] ||= cells.each_with_index.drop(1).group_by { |cell, _| cell.parent }
        (@below[limit][number] || []).sort_by { |cell, at| [-cell.retained, at] }
      end

      private

      def columns
        %i[parent objects bytes retained].to_h do |column|
          [column.to_s, cells.map { |cell| cell[column] }]
        end
      end

      def cells
        @cells ||= {}
        @cells[limit] ||= Cells.of(snapshot, limit)
      end

      # Long names are shortened once for all places.
      def text(cell)
        Terminal::Text.safe(Markup.short(cell.name, NAME))
      end

      def lists
        Level.new(self, 0, LEVELS).markup
      end

      # A cell of the lists: its name, its figures, and a list of those below it.
      class Level
        include Terminal::Units

        Template.define(self, :markup, "picture_level")

        def initialize(picture, number, levels)
          @picture = picture
          @number = number
          @levels = levels
        end

        private

        def below
          @below ||= @picture.below(@number)
        end

        def shown
          below.first(WIDE)
        end

        def left_out
          below.drop(WIDE).map(&:first)
        end

        # The list below a cell; nil on the last level.
        def list(number)
          return if @levels <= 1 || @picture.below(number).empty?

          Level.new(@picture, number, @levels - 1).markup
        end
      end
      private_constant :Level
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Html
    # The page of `heapdump measure requires`: what the requires of an application cost.
    class RequiresPage
      MOST = 1 << 20 # bytes
      private_constant :MOST

      # +found+ is a Measure::Requires.
      def initialize(found, title)
        @head = Heading.new(found, title)
        @sections = [RequiredGems, RequiredFiles].map { |one| one.new(found) }
      end

      # The page (String): where it would be larger than it may be, its lists become shorter.
      def to_s
        page = whole
        while page.bytesize > MOST
          @sections.sort_by { |section| -section.markup.bytesize }.find(&:shorten) or break
          page = whole
        end
        page
      end

      private

      def whole
        Page.new(@head, @sections, {}, @sections.filter_map(&:shortened)).whole
      end

      # The head of the page.
      class Heading
        include Terminal::Units

        attr_reader :title

        Template.define(self, :markup, "requires_head")

        def initialize(found, title)
          @found = found
          @title = title
        end

        private

        def facts
          known = @found.after ? [bytes(@found.after), bytes(@found.before)] : %w[unknown unknown]
          { "resident" => known.first, "of which before" => known.last,
            "objects" => count(@found.objects), "bytes of objects" => bytes(@found.bytes) }
        end
      end
      private_constant :Heading
    end

    # What each gem costs.
    class RequiredGems < Section
      title "By gem"
      limit 100, "gems"
      template "required"

      COSTS = [Table::NUMBER["resident", "memory that it adds"],
               Table::NUMBER["share", "of all of these"], Table::NUMBER["objects", "that live"],
               Table::NUMBER["bytes", "of them"]].freeze

      private

      def lead
        "Each without what it requires of other gems."
      end

      def list
        costs = subject.gems
        whole = costs.sum { |gem| gem.resident || gem.bytes }
        table("Cost by gem", Table::NAME["gem", "or app, or ruby"], *COSTS) do |table|
          costs.first(limit).each { |gem| table.row(Markup.name(gem.name), *cells(gem, whole)) }
          left_out = costs.size - limit
          table.rest(plural(left_out, "gem"), "", "", "", "") if left_out.positive?
        end
      end

      def cells(cost, whole)
        [cost.resident ? bytes(cost.resident) : "-", bar(cost.resident || cost.bytes, whole),
         count(cost.objects), bytes(cost.bytes)]
      end
    end

    # What each file costs.
    class RequiredFiles < RequiredGems
      title "By file"
      limit 1000, "files"

      private

      def lead
        "Each with all that it requires first, below the file that requires it. Small ones are " \
          "left out before large ones."
      end

      def list
        all = subject.each.to_a
        whole = subject.top.sum { |node| node.resident || node.bytes }
        shown = costliest(all)
        table("Cost by file", Table::NAME["file", "· for each level"], *COSTS) do |table|
          shown.each { |node, depth| table.row(name(node, depth), *cells(node, whole)) }
          left_out = all.size - shown.size
          table.rest(plural(left_out, "file"), "", "", "", "") if left_out.positive?
        end
      end

      # In the order that they have.
      def costliest(all)
        numbers = all.each_index.max_by(limit) do |at|
          node, = all[at]
          node.resident || node.bytes
        end
        all.values_at(*numbers.sort)
      end

      def name(node, depth)
        file = Snapshot::Places.short(node.file)
        "#{"· " * depth}#{Markup.name(file)}"
      end
    end
  end
end

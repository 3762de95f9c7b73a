# frozen_string_literal: true

module HeapDump
  module Html
    # A path from what holds to what is held, as a list with one item for each step. Of a long path
    # the middle is left out.
    #
    #   PathList.of_way(suspect.path, mark: edge).markup
    #   PathList.of_path(snapshot.path_to(node)).markup
    class PathList
      MOST = 16 # items
      # A step: the names of the references in words, the object in words, its address, the place in
      # the source, and what is to be said of the reference if it is the suspect one.
      Item = Struct.new(:names, :object, :address, :place, :mark, keyword_init: true)

      Describe = Snapshot::Describe

      Template.define(self, :markup, "path_list")

      class << self
        # The path of a suspect (Leaks::Way), and its suspect edge (Leaks::SuspectEdge) or nil.
        def of_way(way, mark: nil)
          items = way.told.each_cons(2).map { |before, step| of_step(before.node, step, mark) }
          new([first(way.told.first.node), *items])
        end

        # A Snapshot::Path.
        def of_path(path)
          new(path.hops.map do |hop|
            Item.new(names: hop.words, object: Describe.node(hop.node), address: address(hop.node),
                     place: hop.place)
          end)
        end

        private

        def first(node)
          Item.new(names: [], object: Describe.node(node), address: address(node))
        end

        def of_step(holder, step, mark)
          marked = mark && step.equal?(mark.step)
          Item.new(names: names(holder, step), object: Describe.node(step.node),
                   address: address(step.node), mark: (mark if marked),
                   place: Describe.constant_place(holder, step.edge))
        end

        def names(holder, step)
          [step.edge.frame && Describe.frame(step.edge.frame),
           Describe.edge_between(holder, step.edge, step.node)].compact
        end

        def address(node)
          node.address && node.to_s
        end
      end

      # The steps (Array of Item).
      attr_reader :items

      def initialize(items)
        @items = items
      end

      # As lines of plain text.
      def lines
        shown.map do |item|
          next left_out unless item

          arrow = "  -> " unless item.equal?(items.first)
          words = [*item.names, item.object].join(" → ")
          mark = "<== look here: it #{mark_words(item.mark)}" if item.mark
          "#{arrow}#{[words, item.place, mark].compact.join("  ")}"
        end
      end

      # For JSON: the steps that are shown (Array of Hash); nil stands for those that are not.
      def to_a
        shown.map do |item|
          item && { names: item.names.map { |name| safe(name) }, object: safe(item.object),
                    address: item.address, place: item.place && safe(item.place),
                    mark: item.mark && safe(mark_words(item.mark)) }
        end
      end

      private

      def safe(text)
        Terminal::Text.safe(text)
      end

      # The steps that are shown; nil stands for those that are not. The marked one is always shown.
      def shown
        return items if items.size <= MOST

        first = items.first(MOST / 2)
        last = items.last(MOST / 2)
        marked = items.find(&:mark)
        hidden = marked && !first.include?(marked) && !last.include?(marked)
        hidden ? [*first, nil, marked, nil, *last] : [*first, nil, *last]
      end

      def left_out
        "… #{Terminal::Units.plural(items.size - shown.compact.size, "step")} …"
      end

      # What is to be said of the suspect reference (Leaks::SuspectEdge).
      def mark_words(mark)
        return "grows by one name after the other" unless mark.sizes

        sizes = mark.sizes.map { |size| Terminal::Units.count(size) }
        "grows behind this reference: #{sizes.join(" → ")} #{mark.unit}"
      end
    end
  end
end

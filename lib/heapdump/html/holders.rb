# frozen_string_literal: true

module HeapDump
  module Html
    # The objects of the program that retain most, each with what it retains on two levels below.
    class Holders < Section
      title "Holders: who keeps what"
      limit 50, "objects"
      template "holders"

      BELOW = 5 # so many are shown of what each object dominates
      LEVELS = 2 # below the object itself
      AROUND = 4 # steps of a path at each of its ends
      private_constant :BELOW, :LEVELS, :AROUND

      # An object and what it retains; below it the largest of those that it dominates, and how many
      # others there are.
      Holder = Struct.new(:node, :retained, :objects, :below, :more)

      private

      def largest
        @largest ||= subject.largest(self.class.limit)
      end

      def holders
        @holders ||= largest.map { |node| holder(node, LEVELS) }
      end

      def holder(node, levels)
        retained, objects = snapshot.graph.retained(node.id)
        return Holder.new(node, retained, objects, [], 0) if levels.zero?

        page = snapshot.dominated(node, limit: BELOW)
        below = page.map { |one| holder(one, levels - 1) }
        Holder.new(node, retained, objects, below, page.total - below.size)
      end

      COLUMNS = [
        Table::NAME["object", "below it: who holds it, and what it retains"],
        Table::NUMBER["retained", "what would be free if it were"],
        Table::WORD["share", "of all live bytes"],
        Table::NUMBER["objects", "how many would be free"],
        Table::WORD["command", "shows more of what it retains"]
      ].freeze
      private_constant :COLUMNS

      def holders_table
        table("Objects that retain most", *COLUMNS) do |table|
          shown = holders.first(limit)
          shown.each { |holder| table.row(*cells(holder)) }
          rest(table, shown)
        end
      end

      def cells(holder)
        [HolderCell.new(snapshot, holder, path(holder.node)).markup, bytes(holder.retained),
         bar(holder.retained, subject.live_bytes), count(holder.objects),
         command("top", holder.node.to_s)]
      end

      # The path in one line, without the object itself; nil if there is none.
      def path(node)
        path = snapshot.path_to(node, around: AROUND) or return
        words = path.hops.flat_map { |hop| [*hop.words, Describe.node(hop.node)] }
        words.size > 1 ? words[0...-1].join(" → ") : nil
      end

      def rest(table, shown)
        left_out = largest.total - shown.size
        return unless left_out.positive?

        size = subject.live_bytes - subject.aside.bytes - shown.sum(&:retained)
        table.rest(plural(left_out, "object that retains less", "objects that retain less"),
                   bytes(size), bar(size, subject.live_bytes), "", "")
      end

      # What stands in the table of an object: what it is, who holds it, what it retains.
      class HolderCell
        include Terminal::Units

        Describe = Snapshot::Describe

        Template.define(self, :markup, "holder")
        Template.define(self, :level, "holder_level")

        attr_reader :holder, :path

        def initialize(snapshot, holder, path)
          @snapshot = snapshot
          @holder = holder
          @path = path
        end

        private

        # A list of what an object dominates; lists in it show the level below that.
        def below(holder)
          HolderCell.new(@snapshot, holder, nil).level
        end
      end
      private_constant :HolderCell
    end
  end
end

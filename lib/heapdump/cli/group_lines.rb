# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # The references of an object in groups (Snapshot::ReferenceGroup), for the command `show`: at
    # the beginning of a list that is longer than what it shows, and in JSON.
    module GroupLines
      Describe = Snapshot::Describe

      MOST = 5 # so many groups are shown, and a line for the others
      private_constant :MOST

      private

      # Shows the groups of more than one reference, one line each, and before them those that have
      # a name, which say more. +from+ is true if the objects of the groups are those that refer.
      def show_groups(page, from:)
        groups = without_class(page).partition { |group| name?(group) }.flatten(1)
        shown = groups.first(MOST).select { |group| group.references > 1 || name?(group) }
        shown.each do |group|
          words = [*Describe.frame_of(group.edge), group.edge.to_s]
          line_of_group(group.references, words.insert(from ? 0 : -1, group.words).join(" → "))
        end
        others = groups.drop(shown.size).sum(&:references)
        line_of_group(others, "others") if shown.any? && others.positive?
      end

      def name?(group)
        !group.edge.nil? && group.edge.kind != :reference
      end

      def line_of_group(references, words)
        screen.line([:dim, "  #{count(references)} × #{Terminal::Text.short(words, Describe::NAMED)}"])
      end

      # The class of an object and the instances of a class have lines of their own.
      def without_class(page)
        page.reject { |group| group.edge&.kind == :class }
      end

      def groups_json(page)
        { total: page.total, groups: page.map do |group|
          { edge: group.edge&.to_s, frame: group.edge && Describe.frame_of(group.edge),
            class: group.words, references: group.references, objects: group.objects,
            example: group.example&.to_s }.compact
        end }
      end
    end
  end
end

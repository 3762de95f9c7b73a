# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grew outside of all leaks: objects that the VM alone holds, and, where what is accused
    # does not explain the growth of the heap, the classes that have most of it.
    class Kinds
      # Objects that the VM makes for itself, by their kind. (Others have a class.)
      INTERNAL = {
        "callcache" => "call caches", "callinfo" => "call infos", "constcache" => "constant caches",
        "iseq" => "code", "ment" => "methods", "cref" => "scopes of code",
        "env" => "captured variables"
      }.freeze
      # Why the VM holds more and more of it.
      REASONS = {
        symbols: "a name that code has once contained (eval, define_method, a variable set by " \
                 "its name) is never freed",
        calls: "each place that calls a method has its own, so new code makes more (eval)"
      }.freeze
      private_constant :INTERNAL, :REASONS

      # +growth+::   HeapDump::Growth
      # +snapshot+:: the last dump
      # +held+::     the sum of the sizes of all held objects in each dump
      def initialize(growth, snapshot, held)
        @growth = growth
        @snapshot = snapshot
        @held = held
      end

      # What has to be told (Array of AlsoGrew), most growth first.
      #
      # +suspects+, +cleared+:: Arrays of Suspect
      def told(suspects, cleared)
        kinds = @growth.kinds.select { |kind| kind[:example] }
        of_vm = kinds.select { |kind| kind[:vm] && grew_by_itself?(kind) }
        shown = of_vm | (unexplained?(suspects) ? largest(kinds, suspects + cleared) : [])
        kinds.select { |kind| shown.include?(kind) }.first(Rules::KINDS)
             .map { |kind| also_grew(kind) }
      end

      private

      # Whether all that is held grew, and these suspects explain less than half of that.
      def unexplained?(suspects)
        Sizes.grew?(@held) &&
          suspects.sum(&:retained_growth) < Rules::MOST * Sizes.growth(@held)
      end

      # Whether something of the VM is worth a word by itself, whatever else grew.
      def grew_by_itself?(kind)
        least = [Rules::FEW_BYTES, Rules::OF_VM_PART * @held.first].max
        Sizes.every_time?(kind[:bytes]) && Sizes.growth(kind[:bytes]) >= least
      end

      # The kinds that have most of the growth; if none has much of it, and nothing else explains
      # it, the first of them.
      def largest(kinds, told)
        unnamed = kinds.reject { |kind| named?(kind, told) }
        much = unnamed.select { |kind| much?(kind) }
        much.empty? && unexplained?(told) ? unnamed.first(Rules::ALSO_GREW) : much
      end

      def much?(kind)
        Sizes.growth(kind[:bytes]) >= Rules::KIND_PART * Sizes.growth(@held)
      end

      # Whether it is what a suspect is about whose objects stand still while their content grows.
      def named?(kind, told)
        word = class_word(@snapshot.node(kind[:example]))
        told.any? do |one|
          one.class_name == word && one.unit != "objects" &&
            one.retained_growth >= Rules::MOST * Sizes.growth(kind[:bytes])
        end
      end

      def also_grew(kind)
        way = Way.decode(@snapshot, @growth.way(kind[:example]))
        mostly = kind[:vm] && mostly_there?(kind)
        counts, bytes = kind.values_at(*(mostly ? %i[part_counts part_bytes] : %i[counts bytes]))
        AlsoGrew.new(class_name: class_word(way.target), counts: counts, bytes: bytes,
                     holder: (holder(way, mostly) if kind[:vm]),
                     cleared_because: reason(kind, bytes, way))
      end

      # Whether one place of the VM has most of the growth.
      def mostly_there?(kind)
        Sizes.growth(kind[:part_bytes]) >= Rules::MOST * Sizes.growth(kind[:bytes])
      end

      def class_word(node)
        return INTERNAL[node.kind] || node.kind.to_s.tr("_", " ") if node.type == "IMEMO"

        node.class_name || "hidden #{node.type.capitalize}"
      end

      def holder(way, mostly)
        return "the symbol table" if symbols?(way)
        return "the VM, at many places" unless mostly

        owner = way.steps[0...-1].map(&:node).reverse.find(&:module?)
        owner ? Snapshot::Describe.node(owner) : Given.vm(way.steps.first.node)
      end

      # The symbol table is hidden: it has an array of arrays, in which the names are. Newer Rubies
      # hold it by a list of what is never moved.
      def symbols?(way)
        root, *above = way.steps[0...-1].map(&:node)
        return false unless root&.root?
        return true if root.kind.to_s.include?("symbol")

        above << way.target if way.target.type == "ARRAY"
        types = above.map { |node| node.class_name ? nil : node.type }
        types.last(2) == %w[ARRAY ARRAY] && (types - %w[ARRAY DATA]).empty? && names?(above.last)
      end

      # Whether an array has names in turn with their symbols, or in a dump of ObjectSpace.dump_all
      # names alone.
      def names?(table)
        elements = table.field("elements", Array)
        return elements.any? { |one| one.to_s.start_with?(":") } if elements

        kinds = table.references(limit: 16).map { |one| one.node.type }.uniq
        kinds.any? && (kinds - %w[STRING SYMBOL]).empty?
      end

      def reason(kind, bytes, way)
        every = Sizes.every_time?(bytes)
        return not_of_vm(every, kind) unless kind[:vm]

        words = ["the VM alone holds it", REASONS[cause(way)]].compact.join(": ")
        every ? "it grew in every step, and #{words}" : words
      end

      def cause(way)
        return :symbols if symbols?(way)

        :calls if Snapshot::Caches::WORDS.key?(way.target.kind)
      end

      def not_of_vm(every, kind)
        return "as many objects need more room" if kind[:counts].uniq.size == 1
        return "it grew in every step, but on no path" if every

        AlsoGrew.reason(kind[:counts]) || "it did not grow in every step"
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Testing
    # A path in lines of plain text, with one reference underlined: behind it something grows, or
    # what a block has made is held.
    #
    #   Shop::EventBus (module)
    #   → constant SUBSCRIBERS → Hash of 2  app/bus.rb:17
    #   → [:price_changed] → Array of 18
    #     ~~~~~~~~~~~~~~~~ grows: 2 → 10 → 18 entries
    #   → [17] → proc app/app.rb:61
    module PathLines # :nodoc:
      MOST = 16 # steps; of a longer path the middle is left out
      ARROW = "→ "
      Describe = Snapshot::Describe
      private_constant :MOST, :ARROW, :Describe

      class << self
        # The lines (Array of String) for a suspect (Leaks::Suspect) of these dumps.
        def of(suspect, snapshots)
          mark = Leaks::SuspectEdge.of(suspect, snapshots)
          told(suspect.path.told) do |step|
            grows(mark) if mark && step.equal?(mark.step)
          end
        end

        # The lines for steps (Array of Leaks::Way::Step). The block returns what is to be said of
        # the edge of a step, which then is underlined, or nil.
        def told(steps, &)
          lines = steps.each_cons(2).map { |before, step| lines_of(before.node, step, &) }
          [Testing.here(Describe.node(steps.first.node)), *shown(lines.compact)]
        end

        # The lines for a path (Snapshot::Path). The block gets the object before and the object
        # behind a step (Snapshot::Node), and returns as for #told.
        def of_path(path)
          nodes = path.hops.map(&:node)
          lines = path.hops.each_with_index.map do |hop, at|
            marked = yield nodes[at - 1], hop.node if at.positive? && hop.words.any?
            line(hop.words, hop.node, hop.place, marked, first: at.zero?)
          end
          shown(lines)
        end

        # The names by which what is held on a path may be ignored: of modules, classes, constants
        # and global variables (Array of String). +steps+ are those behind +root+ (a Node).
        def names(root, steps)
          nodes = [root, *steps.map(&:node)]
          found = steps.each_with_index.flat_map do |step, at|
            [step.node.name, step.node.class_name, variable(nodes[at], step.edge)]
          end
          found.compact.uniq
        end

        private

        def variable(owner, edge)
          return edge.name if edge.kind == :global
          return unless edge.kind == :constant

          [(owner.name unless owner.name == "Object"), edge.name].compact.join("::")
        end

        def grows(mark)
          return "one name more each time" unless mark.sizes

          sizes = mark.sizes.map { |size| Terminal::Units.count(size) }
          "grows: #{sizes.join(" → ")} #{mark.unit}"
        end

        def lines_of(holder, step)
          names = [step.edge.frame && Describe.frame(step.edge.frame),
                   Describe.edge_between(holder, step.edge, step.node)].compact
          marked = yield step
          # the variables of a block are told by the names of the variables
          return if !marked && step.node.kind == "env"

          line(names, step.node, Describe.constant_place(holder, step.edge), marked)
        end

        # A step, and the line below it if something is to be said of its edge (+marked+).
        def line(names, node, place, marked, first: false)
          names = names.map { |name| Testing.here(name) }
          words = [*names, Testing.here(Describe.node(node))].join(" → ")
          text = ["#{ARROW unless first}#{words}", place && Testing.here(place)].compact.join("  ")
          marked ? [text, underline(names, marked)] : [text]
        end

        # Under the last name, which is that of the edge.
        def underline(names, words)
          before = names[0...-1].map { |name| "#{name} → " }.join
          blanks = " " * Terminal::Text.width(ARROW + before)
          "#{blanks}#{"~" * Terminal::Text.width(names.last)} #{words}"
        end

        # The lines of all steps, or of those at both ends and of the underlined one.
        def shown(lines)
          return lines.flatten if lines.size <= MOST

          half = MOST / 2
          middle = lines[half...-half]
          marked = middle.find { |one| one.size > 1 }
          left_out = "… #{middle.size - (marked ? 1 : 0)} steps more"
          [lines.first(half), left_out, *marked, lines.last(half)].flatten
        end
      end
    end
  end
end

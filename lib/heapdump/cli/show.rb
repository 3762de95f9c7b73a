# frozen_string_literal: true

require_relative "fields"
require_relative "group_lines"
require_relative "in_json"
require_relative "path_lines"
require_relative "reading"
require_relative "reference_list"

module HeapDump
  module CLI
    # Shows one object: who holds it, its fields, its references and the references to it.
    class Show < Reading
      include GroupLines
      include InJSON
      include PathLines

      usage "FILE ADDRESS"
      limit 20
      details <<~TEXT
        "Held by" is the best path to the object, as of `heapdump why`. An object on it that shows how
        much it retains is the only one that holds what follows. A long list of references begins with
        how many of them lead by one name to objects of one class. References without a name are
        shown in groups, by what is at their other end.
      TEXT

      def call(file, address)
        snapshot = open_snapshot(file)
        node = node_at(snapshot, address)
        json? ? json(snapshot, node) : show(snapshot, node)
        OK
      end

      private

      def options(parser)
        super
        @offset = 0
        number_option(parser, "--offset N", 0..,
                      "leave out the first N of each list, 0 or more (default 0)") do |number|
          @offset = number
        end
      end

      Parts = Struct.new(:references, :referrers, :instances, :path, :dominators, :retained,
                         :objects)
      private_constant :Parts

      def gather(snapshot, node)
        Parts.new(references(snapshot, node), referrers(snapshot, node), instances(snapshot, node),
                  snapshot.path_to(node, around: AROUND), dominators(snapshot, node),
                  *snapshot.graph.retained(node.id))
      end

      # The references without the one to the class, which comes first and has a line of its own.
      def references(snapshot, node)
        first = snapshot.references(node, limit: 1).first
        classes = first && first.edge.kind == :class ? 1 : 0
        summed = -> { snapshot.reference_groups(node) }
        ReferenceList.new(@offset, limit, summed) do |offset, number|
          page = snapshot.references(node, offset: offset + classes, limit: number)
          Snapshot::Page.new(page.items, page.total - classes)
        end
      end

      def referrers(snapshot, node)
        summed = -> { snapshot.referrer_groups(node) }
        ReferenceList.new(@offset, limit, summed) do |offset, number|
          snapshot.referrers(node, offset: offset, limit: number)
        end
      end

      def instances(snapshot, node)
        snapshot.referrers(node, limit: 0, instances: true).total -
          snapshot.referrers(node, limit: 0).total
      end

      # The dominators of the object, from the nearest up to the root. An element of a list has
      # many.
      def dominators(snapshot, node)
        chain = []
        while (node = snapshot.dominator(node)) && node.type != "VIRTUAL_ROOT"
          chain << node
        end
        chain
      end

      def show(snapshot, node)
        parts = work(snapshot) { gather(snapshot, node) }
        screen.line([:bold, Describe.title(node)])
        screen.table(facts(snapshot, node, parts))
        show_best_path(parts)
        show_fields(node)
        show_references(node, parts)
        return unless parts.instances.positive?

        screen.line("  and #{Terminal::Units.plural(parts.instances, "object")} of this class")
      end

      def show_references(node, parts)
        list("Refers to", parts.references, from: false) do |reference|
          constant = Describe.constant_place(node, reference.edge)
          [[*words(reference.edge, node, reference.node), Describe.title(reference.node)], constant]
        end
        list("Referred to by", parts.referrers, from: true) do |reference|
          [[Describe.title(reference.node), *words(reference.edge, reference.node, node)], nil]
        end
      end

      def facts(snapshot, node, parts)
        table = Table.new(nil)
        table.row("type", [node.type, node.kind].compact.join(" "))
        table.row("class", node.class_node ? Describe.title(node.class_node) : "none")
        table.row("size", size(snapshot, node, parts))
        shared = Snapshot::Shared.of(node)
        table.row("shares", shares(shared)) if shared
        table.row("allocated", allocated(node)) if node.location || node.generation
        table.row("flags", node.flags.join(" ").tr("_", " ")) unless node.flags.empty?
        table.row(*unheld(snapshot)) if parts.objects.zero?
        table
      end

      def unheld(snapshot)
        return ["garbage", "nothing holds it"] if garbage_known?(snapshot)

        ["held by", "not known, it may be garbage: #{NOT_WHOLE}"]
      end

      def size(snapshot, node, parts)
        return bytes(node.memsize) if retained_of(snapshot, node).nil?

        "#{bytes(node.memsize)}; retains #{bytes(parts.retained)} in " \
          "#{Terminal::Units.plural(parts.objects, "object")}"
      end

      def shares(shared)
        used = shared.used_words
        "#{shared.words} #{shared.root}#{", #{used} of it" if used}"
      end

      def allocated(node)
        [node.location && Snapshot::Places.short(node.location), node.brief["method"],
         node.generation && "generation #{node.generation}"].compact.join(", ")
      end

      # Shows the best path. Every dominator of the object is on it, because it is on all paths.
      def show_best_path(parts)
        return unless parts.path

        alone = parts.dominators.to_h { |node| [node.id, true] }
        screen.heading("Held by", note_behind(parts.path))
        show_path(parts.path) do |node|
          "  retains #{bytes(node.retained_size)}" if alone.key?(node.id)
        end
      end

      def show_fields(node)
        rows = Fields.new(node, limit: limit, offset: @offset).rows
        return if rows.empty?

        screen.heading("Fields")
        table = Table.new(nil)
        rows.each { |row| table.row(*row) }
        screen.table(table)
      end

      def words(edge, holder, node)
        [Describe.frame_of(edge, holder), Describe.edge_between(holder, edge, node)].compact
      end

      # Shows a list of references: one line for each reference with a name, for which the block
      # returns the words and the place where it is set, then the groups. +from+ is true for the
      # references to the object.
      def list(title, list, from:)
        return if list.all.zero?

        screen.heading(title, count(list.all))
        show_groups(list.summed, from: from) if list.summed
        list.named.each do |reference|
          parts, place = yield(reference)
          screen.line("  ", parts.join(" → "), *(place && [[:dim, "  #{place}"]]))
        end
        left(list)
        groups(list.groups)
      end

      def left(list)
        return behind(list) unless list.left.positive?

        screen.line([:dim, "  … #{count(list.left)} more (--offset #{@offset + limit} goes on)"])
      end

      def behind(list)
        return if list.all > @offset || list.groups.any?

        screen.line([:dim, "  --offset #{@offset} is behind the last"])
      end

      def groups(groups)
        groups.first(limit).each do |group|
          title = Describe.title(group.example)
          rest = group.number > 1 ? " and #{count(group.number - 1)} more of #{group.words}" : ""
          screen.line("  without a name: #{title}#{Text.short(rest, Describe::NAMED)}")
        end
        return unless groups.size > limit

        others = groups.drop(limit)
        screen.line([:dim, "  … #{count(others.sum(&:number))} more without a name"])
      end

      def json(snapshot, node)
        retained, objects = snapshot.graph.retained(node.id)
        path = snapshot.path_to(node, around: AROUND)
        retained = objects = nil if held(snapshot, node).nil?
        object = node_json(node).merge(
          retained: retained, retained_objects: objects, location: node.location,
          generation: node.generation, flags: node.flags.map(&:to_s).sort
        )
        print_json(object: object, line: node.line, **references_json(snapshot, node),
                   instances: instances(snapshot, node),
                   dominators: dominators(snapshot, node).map { |above| node_json(above) },
                   path: path && { **path_json(path), note: note_of(path, best: true) })
      end

      def references_json(snapshot, node)
        part = { limit: limit, offset: @offset }
        { references: page_json(snapshot.references(node, **part)),
          referrers: page_json(snapshot.referrers(node, **part)),
          reference_groups: groups_json(snapshot.reference_groups(node, limit: limit)),
          referrer_groups: groups_json(snapshot.referrer_groups(node, limit: limit)) }
      end

      def page_json(page)
        items = page.map do |reference|
          { edge: Describe.edge(reference.edge), frame: Describe.frame_of(reference.edge),
            **node_json(reference.node) }.compact
        end
        { total: page.total, items: items }
      end
    end
  end
end

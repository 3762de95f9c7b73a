# frozen_string_literal: true

require_relative "reading"

module HeapDump
  module CLI
    # One object: its fields, what it refers to, what refers to it, and what keeps it alive.
    class Show < Reading
      usage "FILE 0xADDRESS"
      limit 20

      LONG = 100 # columns of a value
      CONTENT = %w[value value_base64].freeze

      # What is told elsewhere than among the fields.
      TOLD = %w[
        address type class class_name references memsize generation file line method name struct
        imemo_type frozen old flags
      ].freeze

      def call(file, address)
        snapshot = open_snapshot(file)
        node = node_at(snapshot, address)
        parts = work(snapshot) { gather(snapshot, node) }
        json? ? json(node, parts) : show(snapshot, node, parts)
        OK
      end

      private

      Parts = Struct.new(:references, :referrers, :instances, :dominators, :retained, :objects)
      private_constant :Parts

      def gather(snapshot, node)
        referrers = snapshot.referrers(node, limit: limit)
        instances = snapshot.referrers(node, limit: 0, instances: true).total - referrers.total
        Parts.new(snapshot.references(node, limit: limit), referrers, instances,
                  dominators(snapshot, node), *snapshot.graph.retained(node.id))
      end

      # From the object up to the root.
      def dominators(snapshot, node)
        chain = []
        while (node = snapshot.dominator(node)) && node.type != "VIRTUAL_ROOT"
          chain << node
        end
        chain
      end

      def show(snapshot, node, parts)
        screen.line([:bold, Describe.title(node)])
        screen.table(facts(node, parts))
        fields(snapshot, node)
        references("Refers to", parts.references, node) { |words, title| [words, title] }
        references("Referred to by", parts.referrers) { |words, title| [title, words] }
        if parts.instances.positive?
          screen.line("  and #{Terminal::Units.plural(parts.instances, "object")} of this class")
        end
        chain(parts.dominators)
      end

      def facts(node, parts)
        table = Table.new(nil)
        table.row("type", [node.type, node.kind].compact.join(" "))
        table.row("class", node.class_name || "none")
        table.row("size", "#{bytes(node.memsize)}; retains #{bytes(parts.retained)} in " \
                          "#{Terminal::Units.plural(parts.objects, "object")}")
        table.row("allocated", allocated(node)) if node.location || node.generation
        table.row("flags", node.flags.join(" ").tr("_", " ")) unless node.flags.empty?
        table.row("garbage", "nothing holds it") if parts.objects.zero?
        table
      end

      def allocated(node)
        [node.location && Snapshot::Places.short(node.location), node.line["method"],
         node.generation && "generation #{node.generation}"].compact.join(", ")
      end

      # What its line says besides. Of code, file and line are where it is written.
      def fields(snapshot, node)
        rest = node.line.except(*(node.location ? TOLD : TOLD - %w[file line method]))
        return if rest.empty?

        screen.heading("Fields")
        table = Table.new(nil)
        rest.each { |name, value| add_field(table, snapshot, name, value) }
        screen.table(table)
      end

      def add_field(table, snapshot, name, value)
        case value
        when Hash, Array
          value.first(limit).each_with_index do |item, i|
            key, content = value.is_a?(Hash) ? item : ["[#{i}]", item]
            table.row("#{name} #{key}", value_words(snapshot, content))
          end
          table.row(name, "… #{count(value.size - limit)} more") if value.size > limit
        when String
          content = CONTENT.include?(name) || !value.match?(/\A(?:0x|:)/)
          table.row(name, content ? Text.quote(value, LONG) : value_words(snapshot, value))
        else table.row(name, value_words(snapshot, value))
        end
      end

      def value_words(snapshot, value)
        case value
        when Array then value.map { |item| value_words(snapshot, item) }.join(" => ")
        when Hash then frame_words(snapshot, value)
        else Describe.value(snapshot, value)
        end
      end

      # A frame of a thread or fiber in one line; its variables stand among the references.
      def frame_words(snapshot, frame)
        receiver = frame["self"]
        [frame["label"] || frame["method"], Describe.place(frame),
         receiver.is_a?(String) ? "of #{value_words(snapshot, receiver)}" : nil].compact.join(" ")
      end

      # One line for each, with both ends in the order that the block gives them.
      def references(title, page, holder = nil)
        return if page.total.zero?

        screen.heading(title, count(page.total))
        page.each do |reference|
          frame = Describe.frame_of(reference.edge, holder || reference.node)
          words = [frame, Describe.edge(reference.edge)].compact.join(" → ")
          screen.line("  ", yield(words, Describe.title(reference.node)).join(" → "))
        end
        more(page.size, page.total)
      end

      def chain(dominators)
        return if dominators.empty?

        screen.heading("Kept alive by", "from the nearest to the root, each of them alone")
        table = Table.new(%w[retains object], right: 1)
        dominators.first(limit).each do |node|
          table.row(bytes(node.retained_size), Describe.title(node))
        end
        screen.table(table)
        more(limit, dominators.size)
      end

      def json(node, parts)
        object = node_json(node).merge(
          retained: parts.retained, retained_objects: parts.objects, location: node.location,
          generation: node.generation, flags: node.flags.map(&:to_s).sort
        )
        print_json(object: object, line: node.line,
                   references: references_json(parts.references),
                   referrers: references_json(parts.referrers), instances: parts.instances,
                   dominators: parts.dominators.map { |above| node_json(above) })
      end

      def references_json(page)
        items = page.map do |reference|
          { edge: Describe.edge(reference.edge), frame: Describe.frame_of(reference.edge),
            **node_json(reference.node) }.compact
        end
        { total: page.total, items: items }
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Leaks
    # Who holds what leaks, in words, and where that is written: every name on the way from the
    # object up to one that nothing has to hold (a constant, a variable of a class, a thread).
    #
    #   variable session captured by proc app.rb:63, constant Shop::EventBus::SUBSCRIBERS
    class Holder
      # A name, the place in the source that belongs to it ("file:line", nil if unknown), and
      # whether nothing more need be told.
      Name = Struct.new(:words, :place, :last)

      Describe = Snapshot::Describe
      Places = Snapshot::Places
      NAMES = 4 # at most so many

      def initialize(way, classes)
        @way = way
        @steps = way.steps
        @classes = classes
        @names = names
      end

      # All of it in one line.
      def words
        return without_names unless named?

        shown = @names.size > NAMES ? @names.first(NAMES - 1) + [@names.last] : @names
        shown.map(&:words).join(", ")
      end

      # Where the nearest name is written that has a place: "file:line", nil if none has.
      def place
        @names.filter_map(&:place).first
      end

      # False where nothing but the VM is known to hold it.
      def named?
        @names.any? { |name| !name.words.start_with?("the VM", "[") }
      end

      # Named, or held by a module that is: a dump of ObjectSpace.dump_all has no other names.
      def known?
        named? || permanent?(@way.told.first.node)
      end

      private

      # What holds what, from the container up.
      def without_names
        told = @way.told[0...-1].reverse.map { |step| Describe.node(step.node).strip }.uniq
        told = told.first(NAMES - 1) + [told.last] if told.size > NAMES
        told.empty? ? "the VM" : told.join(", held by ")
      end

      def names
        names = []
        (@steps.size - 1).downto(1) do |at|
          name = name_at(at) or next
          names.pop if thread_variable?(at) && names.last&.words&.start_with?("[")
          names << name unless names.last&.words == name.words
          return names if name.last
        end
        names << root_name(@steps.first.node) if @steps.size > 1
        names.compact
      end

      BY_KIND = {
        ivar: :variable, class_variable: :variable, member: :member, constant: :constant,
        global: :global, captured: :captured, frame: :frame, frame_local: :frame,
        fiber_local: :fiber_local, method: :methods_of, value: :element, class: :singleton,
        field: :field
      }.freeze
      private_constant :BY_KIND

      # Of the edge that leads to this step, nil for one that says nothing.
      def name_at(at)
        edge = @steps[at].edge
        naming = BY_KIND[edge.kind]
        send(naming, edge, @steps[at - 1].node, at) if naming
      end

      def member(edge, from, _at)
        Name.new("#{edge.name} of #{class_word(from)}")
      end

      def global(edge, _from, _at)
        Name.new("global variable #{edge.name}", nil, true)
      end

      def fiber_local(edge, from, _at)
        Name.new("thread-local :#{edge.name} of #{Describe.node(from)}", nil, true)
      end

      def methods_of(_edge, from, _at)
        Name.new("methods of #{module_word(from)}", module_place(from), permanent?(from))
      end

      # Symbols are mostly written in the program, other keys are data.
      def element(edge, _from, _at)
        key = edge.name.to_s[/\A":(.*)"\z/, 1] || edge.name.to_s[/\A:(.*)\z/, 1]
        Name.new("[:#{key}]") if key
      end

      def variable(edge, from, at)
        return thread_variable(from, at) if thread_variable?(at)
        return Name.new("#{edge.name} of #{class_word(from)}") unless module?(from)

        kind = edge.kind == :class_variable ? "class variable" : "instance variable"
        words = "#{kind} #{edge.name} of #{module_word(from)}"
        Name.new(words, module_place(from), permanent?(from))
      end

      # Those of Thread#thread_variable_set are entries of a hash.
      def thread_variable?(at)
        @steps[at].edge.name == "locals" && @steps[at - 1].node.kind == "VM/thread"
      end

      def thread_variable(thread, at)
        key = @steps[at + 1]&.edge&.then { |edge| Describe.edge(edge) }
        Name.new("thread variable #{key} of #{Describe.node(thread)}", nil, true)
      end

      def constant(edge, from, _at)
        scope = from.name == "Object" ? "" : "#{module_word(from)}::"
        place = @classes.constant(from, edge.name)
        words = ["constant #{scope}#{edge.name}", place && "(#{Places.short(place)})"]
        Name.new(words.compact.join(" "), place, true)
      end

      # Variables that a block has captured: of the proc that holds the env, or of a frame.
      def captured(edge, _from, at)
        (at - 1).downto(1) do |i|
          from = @steps[i - 1].node
          into = @steps[i].edge
          return frame_name(edge.name, into, from) if %i[frame frame_local].include?(into.kind)
          next unless %w[proc binding].include?(from.kind)

          return Name.new("variable #{edge.name} captured by #{Describe.node(from)}",
                          code_place(from))
        end
        Name.new("captured variable #{edge.name}")
      end

      def frame(edge, from, _at)
        return if edge.kind == :frame && edge.name == "env" # its variable is named already

        frame_name(edge.kind == :frame ? nil : edge.name, edge, from)
      end

      def frame_name(variable, edge, from)
        what = variable ? "local variable #{variable}" : edge.name
        Name.new("#{what} of #{Describe.frame(edge.frame.to_s)} in #{Describe.node(from)}",
                 edge.frame.to_s[/\S+:\d+\z/], true)
      end

      def singleton(_edge, from, at)
        node = @steps[at].node
        Name.new("singleton class of #{Describe.node(from)}") if node.flag?(:singleton)
      end

      def field(edge, from, _at)
        return unless from.kind == "proc" && edge.name == "self"

        Name.new("self of #{Describe.node(from)}", code_place(from))
      end

      ROOTS = {
        "end_proc" => "at_exit", "finalizers" => "a finalizer (ObjectSpace.define_finalizer)",
        "global_list" => "a C extension", "global_tbl" => "a global variable"
      }.freeze
      private_constant :ROOTS

      def root_name(root)
        return Name.new(ROOTS[root.kind]) if ROOTS[root.kind]
        return Name.new("the list of living threads") if @steps.last.node.kind == "VM/thread"
        return Name.new("the symbol table") if @steps.last.node.type == "SYMBOL"

        Name.new("the VM (#{root.kind || "no root"})")
      end

      def module?(node)
        %w[CLASS MODULE].include?(node.type)
      end

      # Nothing has to hold a module that has a name.
      def permanent?(node)
        !node.name.nil? && !node.flag?(:singleton)
      end

      def module_word(node)
        node.name || Describe.node(node)
      end

      def module_place(node)
        node.name && @classes.place(node.name)
      end

      def code_place(node)
        file, line = node.line.values_at("file", "line")
        "#{file}:#{line}" if file && line
      end

      def class_word(node)
        Way.class_word(node)
      end
    end
  end
end

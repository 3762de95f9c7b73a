# frozen_string_literal: true

module HeapDump
  class Leaks
    # Who holds what leaks, in words, and where that is declared: every name on the way from the
    # object up to one that nothing has to hold (a constant, a variable of a class, a thread).
    #
    #   variable session captured by proc app.rb:63, constant Shop::EventBus::SUBSCRIBERS
    class Holder
      # A name in words, the place in the source that belongs to it ("file:line", nil if unknown),
      # and whether nothing more need be told.
      #
      # +owner+:: the class or module whose variable it is (Owner, nil for others)
      # +added+:: whether the place is where things are added: a block, a method made by one
      Name = Struct.new(:words, :place, :last, :owner, :added, keyword_init: true)

      Describe = Snapshot::Describe
      Places = Snapshot::Places
      NAMES = 4 # at most so many

      # +names+:: whether the last edge is one of many that differ in their digits
      # +bare+::  an edge from the way's end on, to what is no object
      def initialize(way, origins, names: false, bare: nil)
        @way = way
        @steps = way.steps
        @origins = origins
        @many = names
        @bare = bare
        @names = names_on_way
      end

      # All of it in one line.
      def words
        return without_names unless named?

        shown = @names.size > NAMES ? @names.first(NAMES - 1) + [@names.last] : @names
        shown.map(&:words).join(", ")
      end

      # The nearest name that has a place, of the program before gems, and of gems before Ruby
      # (Name); nil if none has.
      def placed
        names = @names.select(&:place)
        names.min_by.with_index { |name, index| [distance(name.place), index] }
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

      def distance(place)
        case Places.gem_of(place)
        when "app" then 0
        when "ruby" then 2
        else 1
        end
      end

      def names_on_way
        names = [bare_name].compact
        at = @steps.size
        add_name(names, at) while !names.last&.last && (at -= 1).positive?
        names << root_name(@steps.first.node) unless names.last&.last || @steps.size < 2
        names
      end

      def add_name(names, at)
        name = name_at(at) or return
        names.pop if thread_variable?(at) && names.last&.words&.start_with?("[")
        names << name unless names.last&.words == name.words
      end

      BY_KIND = {
        ivar: :variable, class_variable: :variable, member: :member, constant: :constant,
        global: :global, captured: :captured, frame: :frame, frame_local: :frame,
        fiber_local: :fiber_local, method: :methods_of, value: :element, class: :singleton,
        field: :field
      }.freeze
      private_constant :BY_KIND

      def bare_name
        send(BY_KIND.fetch(@bare.kind), @bare, @way.target, @steps.size) if @bare
      end

      # Names that differ in nothing but digits are told as one.
      def name_of(edge, at)
        many = @bare || (@many && at == @steps.size - 1)
        many ? edge.name.to_s.gsub(/\d+/, "…") : edge.name
      end

      # Of the edge that leads to this step, nil for one that says nothing.
      def name_at(at)
        edge = @steps[at].edge
        naming = BY_KIND[edge.kind]
        send(naming, edge, @steps[at - 1].node, at) if naming
      end

      def member(edge, from, _at)
        of_instance(edge.name, from)
      end

      def global(edge, _from, at)
        Name.new(words: "global variable #{name_of(edge, at)}", last: true)
      end

      def fiber_local(edge, from, at)
        from = thread_of(from, at)
        Name.new(words: "thread-local :#{name_of(edge, at)} of #{Describe.node(from)}", last: true)
      end

      # The thread in which a fiber runs, if the way leads from it to the fiber.
      def thread_of(fiber, at)
        before = @steps[at - 2].node if at > 1
        fiber.kind == "fiber" && before&.kind == "VM/thread" ? before : fiber
      end

      def methods_of(_edge, from, _at)
        Name.new(words: "methods of #{module_word(from)}", place: module_place(from),
                 last: permanent?(from), owner: Owner.new(from, true))
      end

      # Symbols are mostly written in the program, other keys are data.
      def element(edge, _from, _at)
        key = edge.name.to_s[/\A":(.*)"\z/, 1] || edge.name.to_s[/\A:(.*)\z/, 1]
        Name.new(words: "[:#{key}]") if key
      end

      def variable(edge, from, at)
        return thread_variable(from, at) if thread_variable?(at)
        return of_instance(name_of(edge, at), from) unless module?(from)

        kind = edge.kind == :class_variable ? "class variable" : "instance variable"
        Name.new(words: "#{kind} #{name_of(edge, at)} of #{module_word(from)}",
                 place: module_place(from), last: permanent?(from), owner: Owner.new(from, true))
      end

      # A variable or member of an object: its class is declared somewhere.
      def of_instance(name, from)
        klass = from.class_node unless link?(from)
        Name.new(words: "#{name} of #{class_word(from)}", place: klass && module_place(klass),
                 owner: klass && Owner.new(klass, false))
      end

      # Whether it is of the class that is held: the elements of a list hold each other.
      def link?(node)
        @bare.nil? && node.class_name == @way.target.class_name
      end

      # Those of Thread#thread_variable_set are entries of a hash.
      def thread_variable?(at)
        @steps[at]&.edge&.name == "locals" && @steps[at - 1].node.kind == "VM/thread"
      end

      def thread_variable(thread, at)
        key = @steps[at + 1]&.edge&.then { |edge| Describe.edge(edge) }
        Name.new(words: "thread variable #{key} of #{Describe.node(thread)}", last: true)
      end

      def constant(edge, from, at)
        scope = from.name == "Object" ? "" : "#{module_word(from)}::"
        place = @origins.constant(from, edge.name)
        words = ["constant #{scope}#{name_of(edge, at)}", place && "(#{Places.short(place)})"]
        Name.new(words: words.compact.join(" "), place: place, last: true,
                 owner: Owner.new(from, true))
      end

      # Variables that a block has captured: of the proc that holds the env, or of a frame.
      def captured(edge, _from, at)
        (at - 1).downto(1) do |i|
          from = @steps[i - 1].node
          into = @steps[i].edge
          return frame_name(edge.name, into, from) if %i[frame frame_local].include?(into.kind)
          next unless %w[proc binding].include?(from.kind)

          return captured_by(edge, from, i - 1)
        end
        Name.new(words: "captured variable #{edge.name}")
      end

      # A method that was made by a block is told by its name. What the block of a gem has captured
      # (class_attribute makes readers so) is the class's, and the block adds nothing.
      def captured_by(edge, code, at)
        holder, owner = method_at(at)
        place = code_place(code)
        words = "variable #{edge.name} captured by #{holder || Describe.node(code)}"
        return Name.new(words: words, place: place, added: true) if own?(place) || !owner

        Name.new(words: words, place: module_place(owner), owner: Owner.new(owner, true))
      end

      def own?(place)
        !place.nil? && Places.gem_of(place) == "app"
      end

      # Where a proc is a method's: the method in words, and the class or module it belongs to; of
      # singleton methods the one that has them.
      def method_at(at)
        entry = @steps[at - 1]&.node
        return unless at > 1 && entry&.kind == "ment"

        owner = @steps[at - 2].node
        owner = owner.related(owner.line["attached"]) if owner.flag?(:singleton)
        ["#{Describe.node(entry)} at #{Describe.node(@steps[at].node)}", (owner if owner&.name)]
      end

      def frame(edge, from, _at)
        return if edge.kind == :frame && edge.name == "env" # its variable is named already

        frame_name(edge.kind == :frame ? nil : edge.name, edge, from)
      end

      def frame_name(variable, edge, from)
        what = variable ? "local variable #{variable}" : edge.name
        Name.new(words: "#{what} of #{Describe.frame(edge.frame.to_s)} in #{Describe.node(from)}",
                 place: edge.frame.to_s[/\S+:\d+\z/], last: true)
      end

      def singleton(_edge, from, at)
        node = @steps[at].node
        Name.new(words: "singleton class of #{Describe.node(from)}") if node.flag?(:singleton)
      end

      def field(edge, from, _at)
        return unless from.kind == "proc" && edge.name == "self"

        Name.new(words: "self of #{Describe.node(from)}", place: code_place(from), added: true)
      end

      ROOTS = {
        "end_proc" => "at_exit", "finalizers" => "a finalizer (ObjectSpace.define_finalizer)",
        "global_list" => "a C extension", "global_tbl" => "a global variable"
      }.freeze
      private_constant :ROOTS

      def root_name(root)
        Name.new(words: root_words(root))
      end

      def root_words(root)
        return ROOTS[root.kind] if ROOTS[root.kind]
        return "the list of living threads" if @steps.last.node.kind == "VM/thread"
        return "the symbol table" if @steps.last.node.type == "SYMBOL"

        "the VM (#{root.kind || "no root"})"
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
        node.name && @origins.place(node.name)
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

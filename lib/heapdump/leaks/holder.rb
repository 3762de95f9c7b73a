# frozen_string_literal: true

module HeapDump
  class Leaks
    # The holder of a leak in words, and the place where it is declared. The words are the names on
    # the path, from the object up to a name that nothing has to hold (a constant, a variable of a
    # class, a thread).
    #
    #   variable session captured by proc app.rb:63, constant Shop::EventBus::SUBSCRIBERS
    class Holder
      # A name in words, the place in the source that belongs to it ("file:line", nil if unknown),
      # and whether it is the last name that has to be shown.
      #
      # +owner+:: the class or module to which the variable belongs (Owner, nil for other names)
      # +stands+:: the constant whose assignment stands at the place (nil for other names)
      # +added+:: whether objects are added at the place: it is that of a block, or of a method made
      #           by a block
      # +runs+::  whether the place is the line at which a frame runs
      Name = Struct.new(:words, :place, :last, :owner, :stands, :added, :runs, keyword_init: true)

      Describe = Snapshot::Describe
      Places = Snapshot::Places
      NAMES = 4 # the most names that are shown

      # +names+:: whether the last edge is one of many whose names differ only in their digits
      # +bare+::  an edge from the end of the path to a value that is no object
      def initialize(way, origins, names: false, bare: nil)
        @way = way
        @steps = way.steps
        @origins = origins
        @many = names
        @bare = bare
        @names = names_on_way
      end

      # All names in one line.
      def words
        return without_names unless named?

        few(@names).map(&:words).join(", ")
      end

      # The name whose place is shown (Name): the nearest one that has a place in the program, else
      # the nearest in a gem, else the nearest in Ruby; nil if no name has a place.
      def placed
        names = @names.select(&:place)
        names.min_by.with_index { |name, index| [distance(name.place), index] }
      end

      # False if the dump names no holder except the VM.
      def named?
        @names.any? { |name| !name.words.start_with?("the VM", "[") }
      end

      # True if a holder is named, or if the path begins at a named module, as in a dump of
      # ObjectSpace.dump_all, which has no names of references.
      def known?
        named? || permanent?(@way.told.first.node)
      end

      private

      # The objects on the path in words, from the container up: for a path without names.
      def without_names
        told = @way.told[0...-1].reverse.map { |step| Describe.node(step.node).strip }.uniq
        told.empty? ? "the VM" : few(told).join(", held by ")
      end

      def few(all)
        all.size > NAMES ? all.first(NAMES - 1) + [all.last] : all
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
        names << beginning unless names.last&.last || @steps.size < 2
        names
      end

      def add_name(names, at)
        name = name_at(at) or return
        names.pop if (thread_variable?(at) || storage?(at)) && names.last&.words&.start_with?("[")
        names << name unless names.last&.words == name.words
      end

      BY_KIND = {
        ivar: :variable, class_variable: :variable, member: :member, constant: :constant,
        global: :global, captured: :captured, frame: :frame, frame_local: :frame, class: :singleton,
        fiber_local: :fiber_local, method: :methods_of, value: :element, field: :field
      }.freeze
      private_constant :BY_KIND

      def bare_name
        send(BY_KIND.fetch(@bare.kind), @bare, @way.target, @steps.size) if @bare
      end

      # The name of an edge; digits become "…" if there are many such names, so that all of them are
      # shown as one.
      def name_of(edge, at)
        many = @bare || (@many && at == @steps.size - 1)
        many ? edge.name.to_s.gsub(/\d+/, "…") : edge.name
      end

      # The Name of the edge that leads to a step; nil for an edge whose name says nothing.
      def name_at(at)
        words, place = Snapshot::Caches.name(@steps, at)
        return Name.new(words: words, place: place, last: true, added: true) if words

        naming = BY_KIND[@steps[at].edge.kind]
        send(naming, @steps[at].edge, @steps[at - 1].node, at) if naming
      end

      def member(edge, from, _at)
        of_instance(edge.name, from)
      end

      def global(edge, _from, at)
        Name.new(words: "global variable #{name_of(edge, at)}", last: true)
      end

      def fiber_local(edge, from, at)
        from = thread_of(from, at)
        words = Given.fiber_local(name_of(edge, at).to_s, Describe.node(from))
        Name.new(words: words, last: true)
      end

      # The thread in which a fiber runs if the path leads from the thread to the fiber, else the
      # fiber.
      def thread_of(fiber, at)
        before = @steps[at - 2].node if at > 1
        fiber.kind == "fiber" && before&.kind == "VM/thread" ? before : fiber
      end

      def methods_of(_edge, from, _at)
        Name.new(words: "methods of #{module_word(from)}", place: module_place(from),
                 last: permanent?(from), owner: Owner.new(from, true))
      end

      # The Name of a key. Most symbols are written in the program; other keys are data and are left
      # out.
      def element(edge, _from, _at)
        key = edge.name.to_s[/\A":(.*)"\z/, 1] || edge.name.to_s[/\A:(.*)\z/, 1]
        Name.new(words: "[:#{key}]") if key
      end

      def variable(edge, from, at)
        return thread_variable(from, at) if thread_variable?(at)
        return of_instance(name_of(edge, at), from) unless from.module?

        kind = edge.kind == :class_variable ? "class variable" : "instance variable"
        Name.new(words: "#{kind} #{name_of(edge, at)} of #{module_word(from)}",
                 place: module_place(from), last: permanent?(from), owner: Owner.new(from, true))
      end

      # The Name of a variable or member of an object; its place is that of the object's class.
      def of_instance(name, from)
        klass = from.class_node unless link?(from)
        Name.new(words: "#{name} of #{Way.class_word(from)}", place: klass && module_place(klass),
                 owner: klass && Owner.new(klass, false))
      end

      # Whether the object has the class of the object at the end of the path: the elements of a
      # list hold each other.
      def link?(node)
        @bare.nil? && node.class_name == @way.target.class_name
      end

      # Variables of Thread#thread_variable_set are entries of a hash, which the thread holds as
      # "locals".
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
        name = "#{scope}#{name_of(edge, at)}"
        words = ["constant #{name}", place && "(#{Places.short(place)})"]
        Name.new(words: words.compact.join(" "), place: place, last: true, stands: name,
                 owner: Owner.new(from, true))
      end

      # The Name of a variable that a block has captured: with the proc that holds the env, or with
      # a frame.
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

      # The Name of a variable that a block has captured. If the block has made a method, the method
      # is named. If the block belongs to a gem (class_attribute makes readers in this way), the
      # variable counts as one of the class, because the block adds nothing.
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

      # If the proc is the body of a method: the method in words, and the class or module to which
      # it belongs (for a singleton method, the object that has it).
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
                 place: Describe.frame_place(edge.frame), last: true, runs: true)
      end

      def singleton(_edge, from, at)
        node = @steps[at].node
        Name.new(words: "singleton class of #{Describe.node(from)}") if node.flag?(:singleton)
      end

      def field(edge, from, at)
        return given(edge, from, at) unless from.kind == "proc"

        words = "self of #{Describe.node(from)}"
        Name.new(words: words, place: code_place(from), added: true) if edge.name == "self"
      end

      # The Name of what the program has given to the VM: to a thread, as a handler of a signal, or
      # by a function for C extensions.
      def given(edge, from, at)
        words = Given.words(edge, thread_of(from, at), @steps[at].node, storage_key(at))
        Name.new(words: words, last: true) if words
      end

      def storage?(at)
        @steps[at]&.edge&.name == "fiber_storage"
      end

      def storage_key(at)
        Describe.edge(@steps[at + 1].edge) if storage?(at) && @steps[at + 1]
      end

      # The Name of what is at the beginning of a path of which no name is one that nothing has to
      # hold: a named module that holds the rest by a reference without a name, or a root.
      def beginning
        first = @way.told.first.node
        by_root = Given.by_root(@steps.first.node, @steps.last.node)
        Name.new(words: permanent?(first) ? Describe.node(first) : by_root)
      end

      # Whether this is a module with a name: nothing has to hold such a module.
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
        Places.of(file, line)
      end
    end
  end
end

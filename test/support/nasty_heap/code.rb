# frozen_string_literal: true

module NastyHeap
  # Procs, methods, bindings and what they are written in.
  class Code < Family
    class Subject
      attr_reader :read
      attr_writer :written
      attr_accessor :both

      def plain(argument, optional = argument, *rest, key: 1, **options, &block)
        [optional, rest, key, options, block]
      end

      def with_rescue
        yield
      rescue ArgumentError => e
        e
      ensure
        @done = true
      end

      define_method(:by_block) { |value| value }
      define_method(:by_method, instance_method(:plain))
      alias other_name plain
      alias :"nasty \"name\"\n" :plain

      def gone; end
      undef gone

      def method_missing(name, *)
        name == :ghost ? :boo : super
      end

      def respond_to_missing?(name, all = false)
        name == :ghost || super
      end

      def forwarded(...) = plain(...)

      def self.on_class = 1

      protected

      def guarded; end

      private

      def hidden; end
    end

    class Under < Subject
      public :hidden
      undef_method :guarded

      def plain(*) = super
    end

    def build
      @held = text("held by code")
      procs
      environments
      other_procs
      methods
      bindings
      evaluated
      negative_entries
    end

    private

    def code(key, callable, **fields)
      file, line = callable.source_location
      plant(:"proc_#{key}", callable, type: "DATA", struct: "proc", class_name: "Proc",
                                      file: file, line: line, **fields)
    end

    def procs
      local = text("captured")
      block = lambda do |argument|
        inner = argument
        [local, inner]
      end
      code(:lambda, block, lambda: true, iseq: any, env: any, self: value(self),
                           label: match(/block in .*procs\z/), from_method: absent)
      code(:block, proc { |a, (b, c), *d| [a, b, c, d, local] },
           lambda: absent, iseq: any, env: any, self: value(self))
      code(:no_locals, at_top, iseq: any)
      NastyHeap.plant(:proc_held, local, {})
    end

    def at_top
      proc {}
    end

    # Locals by name, in this block and in the ones around it.
    def environments
      outer = text("outer local")
      count = 3
      größe = 1.5
      nothing = nil
      middle = nil
      reader = [1].map do |element|
        middle = text("middle local")
        -> { [outer, count, größe, nothing, middle, element] }
      end.first
      duplicate = [[1, 2, 3]].map { |_, second, _| -> { second } }.first
      code(:environment, reader, lambda: true, env: any)
      code(:duplicate_names, duplicate, lambda: true, env: any)
      @environment = reader
      NastyHeap.plant(:local_outer, outer, {})
      NastyHeap.plant(:local_middle, middle, {})
    end

    def other_procs
      plant(:proc_symbol, :upcase.to_proc, struct: "proc", lambda: true, symbol: ":upcase",
                                           iseq: absent)
      subject = Subject.new
      plant(:proc_from_method, subject.method(:plain).to_proc, struct: "proc", lambda: true,
                                                               from_method: true)
      plant(:proc_curry, ->(a, b) { [a, b] }.curry, struct: "proc", lambda: true, ifunc: any)
      plant(:proc_composed, :upcase.to_proc >> :to_sym.to_proc, struct: "proc", lambda: true)
      plant(:proc_of_hash, { a: @held }.to_proc, struct: "proc", lambda: true)
      plant(:proc_of_c_method, [].method(:push).to_proc, struct: "proc", lambda: true,
                                                         from_method: true)
      shareable = defined?(Ractor) && Ractor.make_shareable(nil.instance_eval { proc { 1 } })
      plant(:proc_shareable, shareable, struct: "proc", lambda: absent) if shareable
      plant(:proc_unbound, UnboundProc.new {}, struct: "proc", class_name: UnboundProc.name)
    end

    class UnboundProc < Proc; end

    def methods
      subject = Subject.new
      plant(:code_subject, Subject, type: "CLASS", methods: subset(
        %w[plain by_block other_name read written= both both= hidden guarded forwarded]
          .to_h { |name| [name, any] }
      ))
      plant(:method_plain, subject.method(:plain), struct: "method", method: "plain",
                                                   receiver: value(subject),
                                                   owner: value(Subject), entry: any)
      plant(:method_alias, subject.method(:other_name), struct: "method", method: "other_name",
                                                        receiver: value(subject))
      plant(:method_unbound, Subject.instance_method(:plain),
            struct: "method", class_name: "UnboundMethod", method: "plain", receiver: absent,
            owner: value(Subject))
      plant(:method_c, 5.method(:+), struct: "method", method: "+", receiver: 5,
                                     owner: value(Integer))
      plant(:method_missing, subject.method(:ghost), struct: "method", method: "ghost",
                                                     receiver: value(subject))
      plant(:method_singleton, Subject.method(:on_class), struct: "method",
                                                          receiver: value(Subject))
      subject.singleton_class.attr_reader(:single)
      plant(:method_inherited, Under.new.method(:forwarded), owner: value(Subject))
    end

    def bindings
      kept = text("kept by binding")
      here = binding
      plant(:binding, here, type: "DATA", struct: "binding", class_name: "Binding",
                            file: __FILE__, self: value(self), iseq: any, env: any)
      here.local_variable_set(:added, kept)
      NastyHeap.plant(:binding_kept, kept, {})
      plant(:binding_of_proc, @environment.binding, struct: "binding", self: value(self))
    end

    # Code from files whose names nobody would choose.
    def evaluated
      EVIL_FILES.each_with_index do |file, index|
        made = eval("->(argument) { argument }", TOPLEVEL_BINDING.dup, file, 70 + index)
        plant(:"eval_#{index}", made, struct: "proc", file: Text.name(file), line: 70 + index)
      end
      made = eval("lambda do\n\n  größe = 1; -> { größe }\nend", nil, "umlaut.rb", 5).call
      plant(:eval_umlaut, made, struct: "proc", file: "umlaut.rb", line: 7)
    end

    EVIL_FILES = [
      "we\"ird\n\t\\.rb", "grüße 😀.rb", "bad\xFF\xC0\x80.rb", "0x123", ":symbol", "",
      "日本.rb".encode("Shift_JIS"), "controls\x01\x1f\x7f.rb", "</script>"
    ].freeze

    # What MRI remembers of methods that are not there.
    def negative_entries
      subject = Subject.new
      3.times do
        subject.respond_to?(:never_there)
        Object.new.respond_to?(:never_there)
        missing { subject.never_there }
        missing { Object.new.never_there_either(1) }
        missing { Under.new.guarded }
        missing { subject.hidden }
        subject.ghost
        Under.new.plain(1)
      end
    end

    def missing
      yield
    rescue NoMethodError
      nil
    end
  end
end

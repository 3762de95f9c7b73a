# frozen_string_literal: true

module NastyHeap
  # Names of methods, variables, constants and struct members that break careless writers.
  class Names < Family
    METHODS = [
      "we\"ird\n", "a\0b", "", "back\\slash", "grüße", "😀", "0x123", ":sym", "bad\xFF".b,
      "\xE3\x81".b, "日本".encode("Shift_JIS"), "日本".encode("EUC-JP"), "\x01\x1f\x7f", "</script>",
      "a" * 1000, "[]=", "+@", "name?", "name!", "\u2028"
    ].freeze
    VARIABLES = ["@grüße", "@日本", "@\xFF".b, "@\x93\xFA".dup.force_encoding("Shift_JIS")].freeze

    def build
      @held = text("held by names")
      named_methods
      variables
      globals
      struct_members
      keywords
      parameters
    end

    private

    def named_methods
      owner = Class.new
      METHODS.each_with_index do |name, index|
        owner.define_method(name.to_sym) { index }
        owner.send(:alias_method, :"alias_#{index}", name.to_sym)
        object = owner.new
        3.times { object.public_send(name.to_sym) }
      end
      NastyHeap.const_set(:OddMethods, owner)
      plant(:odd_methods, owner, methods: subset(METHODS.to_h { |name| [name, any] }))
      METHODS.each_with_index do |name, index|
        plant(:"odd_method_#{index}", owner.instance_method(name.to_sym), struct: "method",
                                                                          method: name)
      end
    end

    def variables
      object = Object.new
      VARIABLES.each { |name| object.instance_variable_set(name.to_sym, @held) }
      plant(:odd_ivars, object, ivars: VARIABLES.to_h { |name| [name, value(@held)] })
      owner = Class.new
      names = VARIABLES.map { |name| "@".dup.force_encoding(name.encoding) + name }
      names.each { |name| owner.class_variable_set(name.to_sym, @held) }
      plant(:odd_cvars, owner, class_variables: names.to_h { |name| [name, value(@held)] })
      generic = text("with odd variables")
      VARIABLES.each { |name| generic.instance_variable_set(name.to_sym, @held) }
      plant(:odd_generic, generic, ivars: VARIABLES.to_h { |name| [name, value(@held)] })
    end

    def globals
      eval("$größe = 5; $日本 = NastyHeap[:odd_ivars]", nil, __FILE__, __LINE__)
    end

    def struct_members
      names = (METHODS - ["", "[]=", "+@"]).map(&:to_sym)
      made = Struct.new(*names).new(*(0...names.size))
      plant(:odd_members, made, type: "STRUCT",
                                members: names.to_h { |name| [name.name, names.index(name)] })
    end

    def keywords
      odd = METHODS.to_h { |name| [name.to_sym, name.size] }
      pairs = odd.map { |name, size| [value(name), size] }
      plant(:odd_keys, odd, type: "HASH", entries: pairs)
    end

    # Locals whose names are not ASCII, and many of them.
    def parameters
      names = (0...300).map { |i| "local_#{i}" }
      source = "#{names.join(" = ")} = 1\nüber = 2\n-> { [#{names.join(", ")}, über] }"
      plant(:many_locals, eval(source, nil, "many locals.rb", 1), struct: "proc", env: any)
    end
  end
end

# frozen_string_literal: true

module Programs
  # What Ruby itself tells of objects: what their lines must say. Asks through methods of the core's
  # own classes, because programs redefine theirs.
  #
  # Names and values are written as a dump writes them, other texts are bytes.
  class Reflection
    LIMIT = 1500

    def self.ask(owner, name)
      method = owner.instance_method(name)
      ->(object, *arguments) { method.bind_call(object, *arguments) }
    end

    CLASS = ask(Kernel, :class)
    IS = ask(Kernel, :is_a?)
    VARIABLES = ask(Kernel, :instance_variables)
    VARIABLE = ask(Kernel, :instance_variable_get)
    NAME = ask(Module, :name)
    CONSTANTS = ask(Module, :constants)
    CONSTANT = ask(Module, :const_get)
    AUTOLOAD = ask(Module, :autoload?)
    CLASS_VARIABLES = ask(Module, :class_variables)
    CLASS_VARIABLE = ask(Module, :class_variable_get)
    ANCESTORS = ask(Module, :ancestors)
    PUBLIC = ask(Module, :public_instance_methods)
    PRIVATE = ask(Module, :private_instance_methods)
    PROTECTED = ask(Module, :protected_instance_methods)

    # The first that it is an instance of.
    KINDS = [[Module, :of_module], [String, :of_string], [Symbol, :of_symbol], [Array, :of_array],
             [Hash, :of_hash], [Struct, :of_struct], [Regexp, :of_regexp], [Integer, :of_integer],
             [Float, :of_float], [Rational, :of_rational], [Complex, :of_complex],
             [Proc, :of_proc], [Binding, :of_binding], [Method, :of_method],
             [UnboundMethod, :of_unbound_method], [Thread, :of_thread], [IO, :of_io],
             [ObjectSpace::WeakMap, :of_weak_map]].freeze

    def initialize(kept, locals)
      @queue = kept.dup
      @locals = locals
      @seen = { HeapDump => true }.compare_by_identity # it notes there that it is dumping
      @found = {}
    end

    # Address => { field => what it must be }, for what was kept and what that leads to.
    def expectations
      until @queue.empty? || @found.size >= LIMIT
        object = @queue.shift
        address = Oracle.address(object)
        next if address.nil? || @seen.key?(object)

        @seen[object] = true
        @found[address] = describe(object)
      end
      frames
      @found
    end

    private

    def frames
      @locals.each do |fiber, thread, name, object|
        next unless ask(Fiber, :alive?, fiber) && ask(Thread, :alive?, thread)

        expected = (@found[Oracle.address(fiber)] ||= {})
        (expected[:frame_locals] ||= []) << [Oracle.address(thread), name, value(object)]
      end
    end

    def describe(object)
      return {} unless IS[object, Kernel]

      fields = { class_name: name_of(CLASS[object]), ivars: variables(object) }
      fields.delete(:ivars) if IS[object, Exception] # hidden ones go with them
      fields.merge(contents(object))
    rescue StandardError => e
      { failed: "#{e.class}: #{e.message}" }
    end

    def contents(object)
      return of_data(object) if defined?(::Data.define) && IS[object, ::Data]

      _, handler = KINDS.find { |kind, _| IS[object, kind] }
      handler ? send(handler, object) : {}
    end

    def value(object)
      case object
      when nil, true, false then return object
      end
      address = Oracle.address(object)
      @queue << object if address && @queue.size < LIMIT
      return format("0x%x", address) if address

      IS[object, Symbol] ? ":#{spelled(object)}" : object
    end

    def ask(owner, name, object, ...)
      owner.instance_method(name).bind_call(object, ...)
    end

    def name_of(klass)
      NAME[klass]&.b
    end

    def variables(object)
      first(VARIABLES[object].map { |name| [spelled(name), value(VARIABLE[object, name])] })
    end

    # A name as a dump writes it.
    def spelled(symbol)
      name = ask(Symbol, :name, symbol)
      return name.b.gsub(/./mn) { |byte| spell(byte) } unless name.encoding.ascii_compatible?

      name.b.force_encoding(Encoding::UTF_8).scrub { |bad| spell(bad) }
    end

    def spell(bytes)
      bytes.bytes.map { |byte| format("\\x%02x", byte) }.join
    end

    # Of names that are spelled alike a map has the first.
    def first(pairs)
      pairs.each_with_object({}) { |(name, item), map| map[name] = item unless map.key?(name) }
    end

    # Where their order is not known: those that nothing is spelled like.
    def unique(pairs)
      names = pairs.map(&:first).tally
      pairs.select { |name, _| names[name] == 1 }.to_h
    end

    def of_string(string)
      { bytesize: ask(String, :bytesize, string),
        encoding: ask(String, :encoding, string).name, content: content(string) }
    end

    def content(string)
      ask(String, :byteslice, string, 0, ask(String, :bytesize, string)).b
    end

    def of_symbol(symbol)
      { content: ask(Symbol, :name, symbol).b }
    end

    def of_array(array)
      { length: ask(Array, :length, array),
        elements: Array.new(ask(Array, :length, array)) { |i| value(ask(Array, :at, array, i)) } }
    end

    def of_hash(hash)
      pairs = []
      ask(Hash, :each_pair, hash) { |key, item| pairs << [value(key), value(item)] }
      default_proc = ask(Hash, :default_proc, hash)
      { size: pairs.size, entries: pairs,
        default: default_proc ? nil : value(ask(Hash, :default, hash)),
        default_proc: default_proc && value(default_proc),
        compare_by_identity: ask(Hash, :compare_by_identity?, hash) || nil }
    end

    def of_struct(struct)
      pairs = []
      ask(Struct, :each_pair, struct) { |name, item| pairs << [spelled(name), value(item)] }
      { members: first(pairs) }
    end

    def of_data(data)
      pairs = ask(::Data, :to_h, data)
      { members: first(pairs.map { |name, item| [spelled(name), value(item)] }) }
    end

    def of_regexp(regexp)
      { content: content(ask(Regexp, :source, regexp)),
        options: ask(Regexp, :options, regexp) }
    rescue TypeError
      {} # never initialised
    end

    def of_integer(number)
      ask(Integer, :bit_length, number) > 4000 ? {} : { value: ask(Integer, :to_s, number) }
    end

    def of_float(number)
      { float: [number].pack("G") }
    end

    def of_rational(number)
      { numerator: value(number.numerator), denominator: value(number.denominator) }
    end

    def of_complex(number)
      { real: value(number.real), imaginary: value(number.imaginary) }
    end

    def of_proc(block)
      file, line = ask(Proc, :source_location, block)
      fields = { lambda: ask(Proc, :lambda?, block) || nil }
      fields.update(file: file.b, line: line) if file
      # From a method or a symbol: no code of its own.
      here = file && ask(Proc, :binding, block)
      here ? fields.merge(env_locals: locals_of(here)) : fields
    rescue ArgumentError
      {}
    end

    def of_binding(binding)
      { env_locals: locals_of(binding) }
    end

    def locals_of(binding)
      names = ask(Binding, :local_variables, binding)
      unique(names.map { |name| [spelled(name), value(binding.local_variable_get(name))] })
    end

    def of_method(method)
      { method: spelled(ask(Method, :name, method)),
        receiver: value(ask(Method, :receiver, method)) }
    end

    def of_unbound_method(method)
      { method: spelled(ask(UnboundMethod, :name, method)) }
    end

    def of_thread(thread)
      { thread_name: ask(Thread, :name, thread)&.b }
    end

    def of_io(io)
      ask(IO, :closed?, io) ? { fd: nil } : { fd: ask(IO, :fileno, io) }
    rescue IOError
      {} # never initialised
    end

    def of_weak_map(map)
      pairs = []
      ask(ObjectSpace::WeakMap, :each_pair, map) { |key, item| pairs << [value(key), value(item)] }
      { weak_pairs: pairs }
    end

    def of_module(mod)
      fields = { module_name: name_of(mod) }
      fields[:constants] = constants(mod)
      variables = CLASS_VARIABLES[mod, false].map do |name|
        [spelled(name), value(CLASS_VARIABLE[mod, name])]
      end
      fields[:class_variables] = unique(variables)
      # With something prepended, they hang on another object.
      fields[:methods] = methods_of(mod) if ANCESTORS[mod].first.equal?(mod)
      fields
    end

    def constants(mod)
      names = CONSTANTS[mod, false].reject { |name| AUTOLOAD[mod, name, false] }
      unique(names.map { |name| [spelled(name), value(CONSTANT[mod, name, false])] })
    end

    def methods_of(mod)
      [PUBLIC, PRIVATE, PROTECTED].flat_map { |list| list[mod, false] }.map { |name| spelled(name) }
    end
  end
end

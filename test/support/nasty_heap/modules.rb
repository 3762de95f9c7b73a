# frozen_string_literal: true

module NastyHeap
  # Classes and modules with everything that can hang on them.
  class Modules < Family
    module Plugin
      SETTING = %w[a b].freeze

      def plugged; end
    end

    module Before
      def call(*) = super
    end

    class Base
      include Plugin
      prepend Before

      LIMIT = 10
      CACHE = [Object.new] # rubocop:disable Style/MutableConstant
      RATIO = 1.5
      NOTHING = nil
      MODE = :fast
      HIDDEN = Object.new
      private_constant :HIDDEN
      autoload :NeverLoaded, "never/loaded"

      @@all = [1, 2]
      @@count = 3
      @pool = { a: 1 }
      @size = 7

      def call(*) = nil
    end

    class Derived < Base
      extend Plugin

      @@own = "derived"
    end

    module Refined
      refine Base do
        def call(*) = :refined
      end

      refine String do
        def shout = upcase
      end
    end

    def build
      classes
      copies
      modules
      singletons
      anonymous
      odd_constants
    end

    private

    def const(name)
      value(Base.const_get(name))
    end

    def classes
      plant(:class_base, Base, type: "CLASS", name: "NastyHeap::Modules::Base",
                               class: value(Base.singleton_class), class_name: "Class",
                               constants: constants_of_base, autoload: ["NeverLoaded"],
                               constant_locations: including_locations,
                               class_variables: class_variables_of_base,
                               ivars: subset("@pool" => ivar(Base, :@pool), "@size" => 7))
      plant(:class_derived, Derived, type: "CLASS", name: "NastyHeap::Modules::Derived",
                                     superclass: value(Base),
                                     class_variables: { "@@own" => cvar(Derived, :@@own) })
    end

    # Ruby 4.0 lets the variables of the copy name the original as their owner.
    def copies
      { class_copy: Class.new { @copied = [1] }.dup,
        module_copy: Module.new { @copied = [2] }.clone }.each do |key, copy|
        plant(key, copy, ivars: subset("@copied" => ivar(copy, :@copied)))
      end
    end

    def constants_of_base
      { "LIMIT" => 10, "CACHE" => const(:CACHE), "RATIO" => 1.5, "NOTHING" => nil,
        "MODE" => ":fast", "HIDDEN" => value(Base.send(:const_get, :HIDDEN)) }
    end

    def including_locations
      line = File.foreach(__FILE__).find_index { |text| text.include?("LIMIT = 10") } + 1
      subset("LIMIT" => "#{__FILE__}:#{line}", "HIDDEN" => "#{__FILE__}:#{line + 5}")
    end

    def class_variables_of_base
      { "@@all" => cvar(Base, :@@all), "@@count" => 3 }
    end

    def cvar(owner, name)
      value(owner.class_variable_get(name))
    end

    def ivar(owner, name)
      value(owner.instance_variable_get(name))
    end

    def modules
      plant(:module_plugin, Plugin, type: "MODULE", name: "NastyHeap::Modules::Plugin",
                                    constants: { "SETTING" => value(Plugin::SETTING) })
      plant(:module_refined, Refined, type: "MODULE", name: "NastyHeap::Modules::Refined")
      plant(:module_before, Before, type: "MODULE")
    end

    def singletons
      plant(:singleton_of_class, Base.singleton_class, type: "CLASS", singleton: true,
                                                       attached: value(Base), name: absent)
      object = Object.new
      object.singleton_class.const_set(:INNER, 5)
      object.singleton_class.instance_variable_set(:@of_singleton, 6)
      plant(:singleton_of_object, object.singleton_class,
            type: "CLASS", singleton: true, attached: value(object), superclass: value(Object),
            constants: { "INNER" => 5 }, ivars: { "@of_singleton" => 6 })
      deep = Base.singleton_class.singleton_class
      plant(:singleton_of_singleton, deep, singleton: true,
                                           attached: value(Base.singleton_class))
      plant(:singleton_holder, object, class: value(object.singleton_class),
                                       class_name: "Object")
    end

    def anonymous
      base = Class.new
      plant(:anonymous_class, base, type: "CLASS", name: absent, superclass: value(Object))
      plant(:anonymous_derived, Class.new(base), name: absent, superclass: value(base))
      plant(:anonymous_instance, base.new, type: "OBJECT", class: value(base),
                                           class_name: absent)
      plant(:anonymous_module, Module.new, type: "MODULE", name: absent)
      inner = base.const_set(:Inner, Class.new)
      plant(:anonymous_inner, inner, type: "CLASS")
      return unless Module.method_defined?(:set_temporary_name)

      name = "fake \"name\"\n"
      plant(:temporary_name, Class.new.set_temporary_name(name), type: "CLASS", name: name)
    end

    # Constants may be named by anything that begins with an upper-case letter of its encoding.
    def odd_constants
      holder = Module.new
      NastyHeap.const_set(:OddConstants, holder)
      names = ["Ünïcode", "K日本", "K\xFF".b, "K\x93\xFA".dup.force_encoding("Shift_JIS")]
      names.each_with_index do |name, index|
        klass = Class.new
        holder.const_set(name.to_sym, klass)
        shown = Text.name("NastyHeap::OddConstants::".b + name.b)
        plant(:"odd_class_#{index}", klass, name: shown)
        plant(:"odd_instance_#{index}", klass.new, type: "OBJECT", class_name: shown)
      end
      plant(:odd_constants, holder, constants: holder.constants.to_h do |name|
        [Text.name(name.name), value(holder.const_get(name))]
      end)
    end
  end
end

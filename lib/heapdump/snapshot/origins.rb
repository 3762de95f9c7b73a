# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Where the objects of a dump come from. Somebody who looks for a leak knows the classes of the
    # application best, then those of gems. Objects of Ruby's core say little by themselves, and
    # what the VM needs for itself says least.
    #
    #   origins = snapshot.origins
    #   origins.of(session)     # => :app
    #   origins.of(environment) # => :vm
    #   origins.place("Session") # => "app/session.rb:1"
    class Origins # :nodoc:
      # Origins by class, the best known first.
      CLASSES = %i[app gem core].freeze
      # Origins of what every Ruby process has (see Node#kin).
      OTHERS = %i[vm code stack tracing].freeze
      # Types that a class of the application can have.
      TYPES = %w[OBJECT STRUCT DATA FILE HASH ARRAY STRING].freeze

      def initialize(snapshot)
        @snapshot = snapshot
        @places = {}
        @of_classes = {}
      end

      # One of CLASSES for an object of the program, one of OTHERS for any other.
      def of(node)
        node.program? ? of_class(node) : node.kin
      end

      # One of CLASSES: where the class of the object comes from, whatever the object is for.
      def of_class(node)
        name = node.class_name
        return :core if name.nil? || !TYPES.include?(node.type)

        @of_classes[name] ||= places? ? of_place(place(name)) : by_type(node)
      end

      # The same as a number (Integer): the lower, the better known.
      def rank(node)
        CLASSES.index(of_class(node))
      end

      # One of CLASSES by a place in the source ("file:line"), +:core+ if there is none.
      def of_place(place)
        return :core if place.nil? || place.start_with?("<internal:")

        Places.gem_of(place) == "app" ? :app : :gem
      end

      # The place where a class or module is defined: "file:line"; nil for Ruby's core, and if the
      # dump does not name the place. +name+ is the full name of the class.
      def place(name)
        @places.fetch(name) { @places[name] = constant_place(name) }
      end

      # The place where a constant is assigned; +module_node+ is the module that has it. Nil for a
      # constant that C code assigns, because that has no line.
      def constant(module_node, name)
        places = locations(module_node)
        place = places[name] if places.is_a?(Hash)
        place if place.is_a?(String) && !place.empty? && !place.end_with?(":0")
      end

      private

      # The lines of modules may be long, and the same few are asked about again and again.
      def locations(module_node)
        @locations ||= {}
        @locations.fetch(module_node) do
          @locations.shift if @locations.size >= MODULES
          @locations[module_node] = module_node.line["constant_locations"]
        end
      end
      MODULES = 16
      private_constant :MODULES

      # A dump of ObjectSpace.dump_all does not say where constants are assigned.
      def by_type(node)
        return :core unless %w[OBJECT STRUCT].include?(node.type)

        CORE_OBJECTS.include?(node.class_name) ? :core : :app
      end

      CORE_OBJECTS = %w[Object BasicObject Set Monitor Range WeakRef Exception].freeze
      private_constant :CORE_OBJECTS

      def places?
        @snapshot.capable?("constants")
      end

      def constant_place(name)
        *scope, last = name.split("::")
        scope = scope.empty? ? "Object" : scope.join("::")
        @snapshot.modules_of_name(scope).each do |mod|
          place = constant(mod, last)
          return place if place
        end
        nil
      end
    end
    private_constant :Origins
  end
end

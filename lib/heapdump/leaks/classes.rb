# frozen_string_literal: true

module HeapDump
  class Leaks
    # Whose a class is. Who looks for a leak knows the classes of the application best, then those
    # of gems; strings and procs say nothing by themselves.
    class Classes
      RANKS = %i[app gem core].freeze
      # Types that a class of the application can have.
      TYPES = %w[OBJECT STRUCT DATA FILE HASH ARRAY STRING].freeze

      def initialize(snapshot)
        @snapshot = snapshot
        @places = {}
        @ranks = {}
      end

      # Where a class or module is defined: "file:line", nil for those of Ruby's core and those
      # whose dump does not tell. +name+ is its full name.
      def place(name)
        @places.fetch(name) { @places[name] = constant_place(name) }
      end

      # Where a constant is assigned, by the module that holds it. C code has no line.
      def constant(module_node, name)
        place = module_node.line.dig("constant_locations", name)
        place unless place.to_s.empty? || place.end_with?(":0")
      end

      # One of RANKS, for an object.
      def rank(node)
        name = node.class_name
        return :core if name.nil? || !TYPES.include?(node.type)

        @ranks[name] ||= places? ? rank_by_place(name) : rank_by_type(node)
      end

      private

      def rank_by_place(name)
        place = place(name)
        return :core if place.nil? || place.start_with?("<internal:")

        case Snapshot::Places.gem_of(place)
        when "app" then :app
        else :gem
        end
      end

      # A dump of ObjectSpace.dump_all does not say where constants are assigned.
      def rank_by_type(node)
        return :core unless %w[OBJECT STRUCT].include?(node.type)

        CORE_OBJECTS.include?(node.class_name) ? :core : :app
      end

      CORE_OBJECTS = %w[Object BasicObject Set Monitor Range WeakRef Exception].freeze
      private_constant :CORE_OBJECTS

      def places?
        return @has_places unless @has_places.nil?

        @has_places = @snapshot.header.fetch("capabilities", []).include?("constants")
      end

      def constant_place(name)
        *scope, last = name.split("::")
        scope = scope.empty? ? "Object" : scope.join("::")
        @snapshot.modules_named(scope).each do |mod|
          place = constant(mod, last)
          return place if place
        end
        nil
      end
    end
  end
end

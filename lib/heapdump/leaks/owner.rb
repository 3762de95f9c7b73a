# frozen_string_literal: true

module HeapDump
  class Leaks
    # The class or module that owns the variable in which something grows, and which of its methods
    # may be those that add to it. A dump has no code, so these are candidates: what is written
    # there, those first whose names say that they add.
    class Owner
      MOST = 5
      METHODS = 500 # of one module, so many are looked at
      # Names of methods that only look, and of those that run once.
      LOOKS = /\?\z|\A(?:initialize|inspect|to_\w+|==|eql|hash|each\w*|size|length|count|empty)\z/
      ADDS = /add|append|push|<<|store|save|set|put|insert|register|subscribe|enqueue|cache|fetch|
              track|record|log|keep|remember|visit|create|open|build|=\z|\]/x
      private_constant :MOST, :METHODS, :LOOKS, :ADDS

      # +node+::      the class or module (Node)
      # +class_level+:: whether the variable is its own, and not one of its instances
      def initialize(node, class_level)
        @node = node
        @class_level = class_level
      end

      # "Shop::Bus"
      def name
        @node.name unless @node.name == "Object"
      end

      # Each as "Shop::Bus.subscribe (app/bus.rb:20)" (Array of String).
      def candidates
        return [] unless name

        found = methods_of(@node, "#")
        found += methods_of(singleton, ".") if @class_level && singleton
        found = found.sort_by { |method, place| [method.match?(ADDS) ? 0 : 1, place_key(place)] }
        found.first(MOST).map { |method, place| "#{method} (#{Snapshot::Places.short(place)})" }
      end

      private

      def singleton
        found = @node.related(@node.line["class"])
        found if found&.flag?(:singleton)
      end

      def methods_of(owner, sign)
        methods = owner.field("methods", Hash) || {}
        methods.first(METHODS).filter_map do |method, address|
          entry = owner.related(address)
          place = entry && !method.match?(LOOKS) && Code.place(entry)
          ["#{name}#{sign}#{method}", place] if place && Snapshot::Places.gem_of(place) != "ruby"
        end
      end

      def place_key(place)
        file, line = place.split(/:(?=\d+\z)/)
        [file, line.to_i]
      end
    end
  end
end

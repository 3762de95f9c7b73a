# frozen_string_literal: true

module HeapDump
  class Leaks
    # The class or module that owns the variable in which something grows, and those of its methods
    # that may add to it. A dump has no code, so these methods are candidates: all that are written
    # in the class, and first those whose names sound like adding.
    class Owner
      MOST = 5
      METHODS = 500 # the most methods of a module that are looked at
      # Names of methods that only read or that run once, among them tests, and of methods that add.
      LOOKS = /\?\z|\A(?:initialize|inspect|to_\w+|==|eql|hash|each\w*|size|length|count|empty)\z|
               \Atest_/x
      ADDS = /add|append|push|<<|store|save|set|put|insert|register|subscribe|enqueue|cache|fetch|
              track|record|log|keep|remember|visit|create|open|build|=\z|\]/x
      private_constant :MOST, :METHODS, :LOOKS, :ADDS

      # +node+::      the class or module (Node)
      # +class_level+:: true if the variable belongs to the class itself, false if to its instances
      def initialize(node, class_level)
        @node = node
        @class_level = class_level
      end

      # "Shop::Bus"
      def name
        @node.name unless @node.name == "Object"
      end

      # The methods that may add to the variable, each as "Shop::Bus.subscribe (app/bus.rb:20)"
      # (Array of String).
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
    private_constant :Owner
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Which classes and modules are still the constants of their names. Code that is loaded again
    # removes a constant and defines it anew; whoever holds the old class has one with the same name
    # that nothing finds by its name.
    class Constants # :nodoc:
      DEEPEST = 64 # names with more parts are not looked at
      private_constant :DEEPEST

      def initialize(snapshot)
        @snapshot = snapshot
        @former = {}
        @held = {}
      end

      # True for a class or module that is no longer the constant of its name.
      def former?(node)
        return false unless node.module? && node.name && !node.flag?(:singleton)

        @former.fetch(node.id) { @former[node.id] = lost?(node) }
      end

      private

      def lost?(node)
        *scope, last = parts(node.name)
        return false unless last&.match?(/\A[[:upper:]]\w*\z/)

        scopes = named(scope.empty? ? "Object" : scope.join("::"))
        return false if scopes.empty? || node.name == "Object"

        scopes = scopes.reject { |one| former?(one) } unless scope.empty?
        known? ? !constant?(scopes, last, node) : replaced?(scopes, node)
      end

      # The parts of a name; none if it is no name that a program could write.
      def parts(name)
        parts = name.valid_encoding? ? name.split("::") : []
        parts.size > DEEPEST ? [] : parts
      end

      # The modules of a name (Array of Node).
      def named(name)
        @snapshot.modules_of_name(name)
      end

      def known?
        @snapshot.capable?("constants")
      end

      # Whether the constant leads to the class, or is not in the dump.
      def constant?(scopes, last, node)
        values = scopes.filter_map { |scope| constants_of(scope)[last] }
        values.include?(node.to_s) || (values.empty? && @snapshot.whole == false)
      end

      def constants_of(scope)
        @held[scope.id] ||= objects(scope.line["constants"])
      end

      # The constants that are objects in the dump.
      def objects(constants)
        return {} unless constants.is_a?(Hash)

        constants.select { |_name, value| value.is_a?(String) && value.start_with?("0x") }
      end

      # In a dump without names of constants: whether the module above it refers to another one of
      # this name, and not to this one.
      def replaced?(scopes, node)
        same = named(node.name)
        return false if same.size < 2

        held = scopes.map { |scope| references_of(scope) }.reduce({}, :merge)
        !held[node.to_s] && same.any? { |other| held[other.to_s] }
      end

      def references_of(scope)
        @held[scope.id] ||= Array(scope.line["references"]).to_h { |address| [address, true] }
      end
    end
    private_constant :Constants
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # In which files the classes and modules of a dump are defined.
    #
    #   Definitions.new(snapshot).file_of(snapshot.modules_named("Shop").first) # => "/app/shop.rb"
    class Definitions # :nodoc:
      # Stands for a file: Ruby itself defines it, in C.
      RUBY = :ruby
      TYPES = %w[CLASS MODULE].freeze
      DEEPEST = 64 # so many singleton classes of singleton classes are gone through
      # The whole name of a constant that leads to a module, and the file where it was assigned.
      Constant = Struct.new(:name, :file)
      private_constant :TYPES, :DEEPEST, :Constant

      # The classes and modules (Array of Node).
      attr_reader :modules

      def initialize(snapshot)
        @snapshot = snapshot
        @modules = TYPES.flat_map { |type| find(type) }
        @constants = @modules.to_h { |node| [node.to_s, []] }
        @modules.each { |node| note_constants(node) }
      end

      # The file that defines a module (String), RUBY, or nil if that is not known. A class is where
      # the constant of its name was assigned. If that place is unknown (code was loaded again, the
      # class has no name, Ruby 3.1 forgets the place of an autoload), it is where most of its own
      # constants and methods are. A singleton class is where the object is to which it belongs.
      def file_of(node)
        return of_singleton(node) if node.flag?(:singleton)

        constants = @constants.fetch(node.to_s, [])
        named = constants.find { |constant| constant.name == node.name }
        return named.file if named&.file
        return (RUBY if named) if in_c?(node)

        written_in(node) || (named ? RUBY : constants.filter_map(&:file).first)
      end

      private

      def find(type)
        _total, _bytes, numbers = @snapshot.graph.find(type: Node::TYPES.index(type))
        numbers.map { |id| @snapshot.node(id) }
      end

      # Notes the modules among the constants of a module. A line may contain anything.
      def note_constants(owner)
        constants, places = constants_of(owner)
        constants.each do |name, address|
          found = @constants[address] or next
          whole = owner.name == "Object" ? name : "#{owner.name}::#{name}"
          found << Constant.new(whole, file(places[name]))
        end
      end

      def constants_of(owner)
        owner.line.values_at("constants", "constant_locations")
             .map { |field| field.is_a?(Hash) ? field : {} }
      end

      def file(place)
        Places.file(place) if place.is_a?(String)
      end

      # Where most of its constants and methods are written.
      def written_in(node)
        _, places = constants_of(node)
        files = places.each_value.filter_map { |place| file(place) } +
                methods_of(node).filter_map { |method| file_of_method(method) }
        files.tally.max_by(&:last)&.first
      end

      def file_of_method(method)
        method.related(method.field("iseq"))&.field("file")
      end

      # Whether C defines it, whoever has added methods. Object has what the whole program defines,
      # and no methods of its own.
      def in_c?(node)
        return true if node.name == "Object"

        methods_of(node).any? { |method| method.field("definition") == "cfunc" }
      end

      # The methods that it has itself (Array of Node).
      def methods_of(node)
        methods = node.line["methods"]
        methods.is_a?(Hash) ? methods.values.filter_map { |one| node.related(one) } : []
      end

      def of_singleton(node)
        object = node
        DEEPEST.times do
          break unless object&.flag?(:singleton)

          object = object.related(object.field("attached"))
        end
        return file_of(object) if object&.module? && !object.flag?(:singleton)

        klass = object&.class_node
        written_in(node) || (klass && file_of(klass))
      end
    end
    private_constant :Definitions
  end
end

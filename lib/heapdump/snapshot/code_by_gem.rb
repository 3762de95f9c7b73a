# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # What each gem costs by being loaded: its code (iseqs) and its classes and modules. A gem is
    # told by the file that code is written in, and by that in which a class is assigned to its
    # constant, so no allocations need to be traced. The gems with most bytes come first. Frozen,
    # Enumerable.
    #
    #   code = snapshot.code_by_gem
    #   code.first.gem          # => "activesupport-7.1.0"
    #   code.first.bytes        # => 9542041
    #   code.first.method_count # => 12071
    class CodeByGem
      include Enumerable

      # One gem, as Places names it ("app" for files of no gem, "ruby" for Ruby's own library).
      #
      # gem::          its name and version (String)
      # bytes::        size of its code, classes and modules, in bytes
      # method_count:: number of its methods; iseq_count:: of all pieces of code: methods, blocks, …
      # class_count::  number of its classes and modules
      Row = Struct.new(:gem, :bytes, :method_count, :iseq_count, :class_count)

      FILE = /"file":("(?:[^"\\]|\\.)*")/
      MODULES = %w[CLASS MODULE].freeze
      private_constant :FILE, :MODULES

      # The gems (Array of Row).
      attr_reader :rows

      def self.of(snapshot) # :nodoc:
        new(snapshot.tally[:objspace_format] ? [] : Count.new(snapshot).rows)
      end

      def initialize(rows) # :nodoc:
        @rows = rows.freeze
        freeze
      end

      # Yields each Row.
      #
      #   snapshot.code_by_gem.sum(&:bytes) # => 31400112
      def each(&)
        rows.each(&)
      end

      # Number of gems (Integer).
      #
      #   snapshot.code_by_gem.size # => 62
      def size
        rows.size
      end

      # The gem with this name (Row), nil if there is none.
      #
      #   snapshot.code_by_gem["app"].method_count # => 512
      def [](gem)
        rows.find { |row| row.gem == gem }
      end

      # Goes over the lines of code and modules.
      class Count # :nodoc:
        def initialize(snapshot)
          @snapshot = snapshot
          @rows = Hash.new { |rows, gem| rows[gem] = Row.new(gem, 0, 0, 0, 0) }
          @gems = Hash.new { |gems, file| gems[file] = Places.gem_of(file) }
        end

        def rows
          each_of("IMEMO") { |node| code(node) if node.kind == "iseq" }
          modules
          found = @rows.values.reject { |row| row.bytes.zero? }
          found.sort_by { |row| [-row.bytes, row.gem] }.each(&:freeze)
        end

        private

        def each_of(type)
          graph = @snapshot.graph
          number = Node::TYPES.index(type)
          _total, _bytes, numbers = graph.find(type: number)
          numbers.each { |id| yield @snapshot.node(id) }
        end

        def code(node)
          text = @snapshot.text(node.id) or return
          file = text[FILE, 1]
          row = @rows[@gems[file && JSON.parse(file)]]
          row.bytes += node.memsize
          row.iseq_count += 1
          row.method_count += 1 if text.include?('"iseq_type":"method"')
        end

        # A class is where its constant was assigned; one without a constant is where the object is
        # whose singleton class it is.
        def modules
          @places = {}
          nodes = MODULES.flat_map { |type| enum_for(:each_of, type).to_a }
          attached = nodes.to_h { |node| [node.to_s, note_constants(node)] }
          nodes.each { |node| count_module(node, attached) }
        end

        # Notes where the constants of a module were assigned. Returns what it is attached to.
        def note_constants(node)
          constants, places, attached = node.line.values_at("constants", "constant_locations",
                                                            "attached")
          note_places(constants, places) if [constants, places].all?(Hash)
          attached
        end

        # Both by name. A line may contain anything.
        def note_places(constants, places)
          places.each do |name, place|
            address = constants[name]
            next unless [address, place].all?(String) && !place.end_with?(":0")

            @places[address] ||= place
          end
        end

        def count_module(node, attached)
          address = node.to_s
          place = @places[address] || @places[attached[address]]
          row = @rows[place ? @gems[place.sub(/:\d+\z/, "")] : "(unknown)"]
          row.bytes += node.memsize
          row.class_count += 1
        end
      end
      private_constant :Count
    end
  end
end

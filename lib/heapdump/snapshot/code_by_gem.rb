# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # What each gem costs by being loaded: its code (iseqs) and its classes and modules. A gem is
    # told by the file that code is written in, and by that in which a class is assigned to its
    # constant, so no allocations need to be traced. Where no constant of its name leads to a class,
    # the file of most of its own constants and methods counts; for a singleton class, the file of
    # the class to which it belongs. The gems with most bytes come first. Frozen, Enumerable.
    #
    #   code = snapshot.code_by_gem
    #   code.first.gem          # => "activesupport-7.1.0"
    #   code.first.bytes        # => 9542041
    #   code.first.method_count # => 12071
    class CodeByGem
      include Enumerable

      # One gem, as Places names it ("app" for files of no gem, "ruby" for Ruby's own library), or
      # "Ruby itself (C)" for classes that no file defines, "heapdump" for this library where it is
      # loaded from a clone, "(unknown)" for classes without a name, constant or method that tells.
      #
      # gem::          its name and version (String)
      # bytes::        size of its code, classes and modules, in bytes
      # method_count:: number of its methods; iseq_count:: of all pieces of code: methods, blocks, …
      # class_count::  number of its classes and modules
      Row = Struct.new(:gem, :bytes, :method_count, :iseq_count, :class_count)

      FILE = /"file":("(?:[^"\\]|\\.)*")/
      RUBY_ITSELF = "Ruby itself (C)"
      private_constant :FILE, :RUBY_ITSELF

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
          @definitions = Definitions.new(snapshot)
          @own = own_files
          @rows = Hash.new { |rows, gem| rows[gem] = Row.new(gem, 0, 0, 0, 0) }
          @gems = Hash.new { |gems, file| gems[file] = gem_of(file) }
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

        def modules
          @definitions.modules.each do |node|
            file = @definitions.file_of(node)
            row = @rows[file == Definitions::RUBY ? RUBY_ITSELF : @gems[file]]
            row.bytes += node.memsize
            row.class_count += 1
          end
        end

        def gem_of(file)
          gem = Places.gem_of(file)
          gem == "app" && @own&.match?(file) ? "heapdump" : gem
        end

        # What the files of this library are called, which may be loaded from a clone; nil if it is
        # not known.
        def own_files
          file = @definitions.modules.find { |node| node.name == "HeapDump" }
                             &.then { |node| @definitions.file_of(node) }
          library = file[%r{\A(.*/)heapdump(?:/version)?\.rb\z}m, 1] if file.is_a?(String)
          %r{\A#{Regexp.escape(library)}(?:puma/plugin/)?heapdump(?:/|\.rb\z)} if library
        end
      end
      private_constant :Count
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The questions of a Snapshot whose answers sum up many objects, however many there are.
    module Sums
      # Live procs by the places where they are written (Procs); the places with most procs come
      # first.
      #
      #   snapshot.procs(limit: 1).first.place # => "/srv/app/bus.rb:9"
      def procs(limit: 20)
        Procs.of(self, limit)
      end

      # What the memory of the whole process consists of (Account): its RSS in parts.
      #
      #   snapshot.account.parts[:heap_pages] # => 5242880
      def account
        @account ||= Account.of(self)
      end

      # What each gem costs by being loaded (CodeByGem): its code and its classes. Empty for a dump
      # of ObjectSpace.dump_all, which does not say in which files code is.
      #
      #   snapshot.code_by_gem.first.gem # => "activesupport-7.1.0"
      def code_by_gem
        @code_by_gem ||= CodeByGem.of(self)
      end

      # The objects of the program by how they are held (Ways): how many are held by the same names,
      # and what they retain. At most +limit+ ways are returned, those that retain most first; for
      # the first +words+ of them the holder is put into words. Ways#other and Ways#hidden sum up
      # the rest: all of these together have all live objects.
      #
      #   way = snapshot.ways.find { _1.class_name == "Session" }
      #   [way.objects, way.retained] # => [80, 97920]
      #   way.holder                  # => "constant Registry::CACHE (app.rb:6)"
      #   way.signature               # => "4a2cbb5725507364"
      def ways(limit: 20_000, words: 1_000)
        Ways.of(self, limit, words)
      end

      # What the heap consists of, at a glance (Summary). +limit+ is the length of its lists.
      # +program+ is as for #top, and concerns Summary#most_referred.
      #
      #   snapshot.summary.memory.rss # => 14532608
      def summary(limit: 10, program: false)
        Summary.new(self, limit, program)
      end

      # All objects in groups (Histogram of Row).
      #
      # by::    +:class+, +:type+, +:location+ (where they were allocated), +:generation+ (when they
      #         were allocated) or +:gem+ (the gem whose code allocated them)
      # below:: only the objects that this object (Node or address) dominates
      # sort::  what is largest in the first group: +:retained+ (default), +:bytes+ or +:objects+.
      #         What a gem retains is not known, so gems are sorted by bytes instead
      # limit:: how many groups are returned at most; nil (default) for all. Histogram#rest sums up
      #         the others
      #
      # Raises ArgumentError for another +by+ or +sort+.
      #
      #   snapshot.histogram(by: :class)["String"].bytes                   # => 441939
      #   snapshot.histogram(below: cache).to_h { [_1.label, _1.objects] } # => {"String" => 27, …}
      #   snapshot.histogram(sort: :objects, limit: 3).rest.label          # => "56 smaller classes"
      def histogram(by: :class, below: nil, sort: :retained, limit: nil)
        Grouping.new(self, by, sort, limit).all(below && to_node(below))
      end

      # The objects of Snapshot#top in groups (Histogram of Row): how many there are of each class
      # or gem, and the sum of what they retain. With +below+ these are the objects that this object
      # dominates directly. The other arguments are as for #histogram and Snapshot#top.
      #
      #   row = snapshot.top_groups(by: :class, program: true).first
      #   [row.label, row.objects, row.retained] # => ["Hash", 12, 40960]
      def top_groups(by: :class, below: nil, program: false, sort: :retained, limit: nil)
        Grouping.new(self, by, sort, limit).top(below && to_node(below), program)
      end

      # The dominator tree below a node, or all of it, for a drawing (Array of Cell). Objects of one
      # class whose dominators are in one cell are one cell, and so is a list of objects of one
      # class. The first cell is the node itself (without +below+ the VM, which holds everything),
      # and each other one comes behind its parent.
      #
      # There are at most +limit+ cells, 2 at least: the largest ones, and for each of them that
      # needs it one of the kind +:other+, which sums up the rest. So no object is lost, and what a
      # cell retains is the sum of its bytes and of what the cells below it retain. Empty for
      # garbage.
      #
      #   cells = snapshot.folded(below: cache, limit: 3)
      #   cells.map { [_1.parent, _1.label] }
      #   # => [[nil, "Hash of 9"], [0, "Session"], [1, "others"]]
      #   cells[0].retained == cells[0].bytes + cells[1].retained # => true
      def folded(below: nil, limit: 2000)
        Cell.list(self, graph.folded(below && to_node(below).id, 0, limit))
      end

      # The references of an object in groups (Page of ReferenceGroup): how many of them have the
      # same name and lead to objects of the same class. All elements of an array are one name, and
      # so are all keys and all values of a hash. The groups with most references come first. If
      # there are more than +limit+, one more item sums up all others.
      #
      # Groups are counted apart up to 65,536; any further ones are among the others.
      #
      #   snapshot.reference_groups(cache).map { "#{_1.references} #{_1.edge} #{_1.words}" }
      #   # => ["9 as a key String", "9 […] Session", "1 class Class"]
      def reference_groups(node, limit: 20)
        ReferenceGroup.page(self, *graph.reference_groups(to_node(node).id, limit))
      end

      # The references to an object in groups, as #reference_groups. The instances of a class are
      # one group, so this is also quick for a class that has millions of them.
      #
      #   snapshot.referrer_groups(session.class_node).first.references # => 31337
      def referrer_groups(node, limit: 20)
        ReferenceGroup.page(self, *graph.referrer_groups(to_node(node).id, limit))
      end

      # What would be free if a reference from one object to another were cut (Freed): all that the
      # other object dominates, unless something else holds it. Then nothing would be free. Any
      # other reference holds it, also a second one from the same object, but not one that is weak,
      # or comes from garbage, or from what the object dominates itself. An object also refers to
      # its class. Raises ArgumentError if there is no such reference.
      #
      #   snapshot.freed_by_cutting(cache, session).bytes       # => 1224
      #   snapshot.freed_by_cutting(session, shared).held_by.node.words # => "Hash of 9"
      def freed_by_cutting(from, to)
        from = to_node(from)
        to = to_node(to)
        references, bytes, objects, name, holder = graph.cut(from.id, to.id)
        if references.zero?
          raise ArgumentError, "#{Describe.title(from)} does not refer to #{Describe.title(to)}"
        end

        held_by = holder && Reference.new(Edge.decode(self, name), node(holder)).freeze
        Freed.new(bytes, objects, held_by).freeze
      end

      # The best paths to all objects of a set, as one tree (MergedPaths): how many of the objects
      # are held through each step, and how much memory that is. +set+ is a Hash of conditions as
      # for #find, a node, or nodes (Enumerable). Of all branches those with most objects are
      # returned, as many as fit into +limit+ (2 at least), with a rest below each that has others.
      # Raises what #find does.
      #
      # +without+ is the index of a branch of this answer (nil for none): then the references that
      # lead to it, from all objects whose own best paths lead to its parent, count as cut, and the
      # paths to what is held by other ways are returned (MergedPaths#released). What objects retain
      # is still what they do with these references. Raises ArgumentError if no reference leads to
      # the branch, as to the first one, to modules and roots with which paths begin, and to rests.
      #
      #   merged = snapshot.merged_paths({ class: "Session" })
      #   merged.each { |branch| puts "#{branch.objects}: #{branch}" }
      #   # 84: all
      #   # 81: Registry (module)
      #   # 80: constant CACHE → Hash
      #   # 80: […] → Session
      #   # …
      #   snapshot.merged_paths({ class: "Session" }, without: 3).released # => 80
      def merged_paths(set, limit: 500, without: nil)
        filter = if set.is_a?(Hash) then Search.new(self, set).wanted
                 else
                   nodes = set.is_a?(Enumerable) ? set : [set]
                   { nodes: nodes.map { |node| to_node(node).id }.uniq.sort }
                 end
        MergedPaths.find(self, filter, limit: limit, without: without)
      end
    end
  end
end

# frozen_string_literal: true

require_relative "../../leaks"

module HeapDump
  class Snapshot
    class Ways
      # Gives ways their signatures, and sums up those that have the same. Paths have their
      # beginnings in common, so what is known of a node is kept.
      class Signing # :nodoc:
        Signature = Leaks::Signature
        # Where paths that lead on from a node begin when they are signed (Node), and the words of
        # their steps as far as that node; and the last node that is no left-out step.
        Behind = Struct.new(:anchor, :words, :last)
        private_constant :Signature, :Behind

        def initialize(snapshot)
          @snapshot = snapshot
          @behind = {}
        end

        # +found+ is what Graph#ways returns (Array of Way, without words; +path+ as it was found).
        def sums(found)
          by_signature = {}
          found.each do |names, objects, bytes, retained, path|
            way = sign(names, path)
            sum = (by_signature[way.signature] ||= way)
            sum.objects += objects
            sum.bytes += bytes
            sum.retained += retained
          end
          by_signature.values.sort_by.with_index { |way, index| [-way.retained, index] }
        end

        private

        def sign(names, path)
          node = @snapshot.node(path.last)
          class_name = class_word(node, names)
          Way.new(signature: signature(path, node, class_name, names), class_name: class_name,
                  objects: 0, bytes: 0, retained: 0, node: node, path: [names, path])
        end

        def signature(path, node, class_name, names)
          return Signature.of(node, [], class_name) if path.size == 1

          behind = behind(path, path.size - 3)
          edge = Edge.decode(@snapshot, path[-2])
          words = Signature.follow(behind.words, behind.last, edge, node)
          words = Signature.without_last_name(words, edge) if names
          Signature.of(behind.anchor, words, class_name)
        end

        # What is known of the node at an index of a path. Of those before it, the first ones are
        # known already.
        def behind(path, index)
          known = index
          known -= 2 until known.negative? || @behind[path[known]]
          (known + 2).step(index, 2) do |at|
            @behind[path[at]] = at.zero? ? begin_at(path[at]) : follow(path, at)
          end
          @behind.fetch(path[index])
        end

        def begin_at(number)
          node = @snapshot.node(number)
          Behind.new(node, [], node)
        end

        def follow(path, index)
          node = @snapshot.node(path[index])
          return begin_at(path[index]) if Signature.anchor?(node)

          before = @behind.fetch(path[index - 2])
          edge = Edge.decode(@snapshot, path[index - 1])
          return before if Leaks::Way.left_out?(edge, node)

          words = Signature.follow(before.words, before.last, edge, node)
          Behind.new(before.anchor, words, node)
        end

        # Of classes that were loaded again, which all have one name, that name.
        def class_word(node, names)
          !names && node.former? ? node.words : Leaks::Way.kind_word(node)
        end
      end
      private_constant :Signing
    end
  end
end

# frozen_string_literal: true

require_relative "holders"

module HeapDump
  module CLI
    # The classes of one name, of which code that was loaded again has made several: the present one
    # and those before.
    module Versions
      # Classes of one name, all of which are the constant of that name, or none of which is.
      #
      # +nodes+::    the classes (Array of Snapshot::Node)
      # +retained+:: the retained size of these together, without that of their objects
      # +objects+::  how many objects they have; +bytes+:: the sum of the sizes of these
      # +holders+::  who holds the classes (Array of Holders::Holder); empty for the present one
      Version = Struct.new(:nodes, :retained, :objects, :bytes, :holders) do
        def former?
          nodes.first.former?
        end

        # "Widget (class, no longer the constant Widget)"
        def words
          Snapshot::Describe.node(nodes.first)
        end

        # "12 classes, which retain 3.1 MiB, with 240 objects, 9.4 KiB"
        def numbers
          units = Terminal::Units
          classes = units.plural(nodes.size, "class", "classes")
          verb = nodes.size == 1 ? "retains" : "retain"
          "#{classes}, which #{verb} #{units.bytes(retained)}, with " \
            "#{units.plural(objects, "object")}, #{units.bytes(bytes)}"
        end

        # For JSON (Hash).
        def to_h
          { words: words, former: former?, classes: nodes.map(&:to_s), retained: retained,
            objects: objects, bytes: bytes, holders: holders.map { |one| holder(one) } }
        end

        private

        def holder(one)
          { holder: one.words, classes: one.objects, text: one.ways.first.path.to_s }
        end
      end

      # The versions of a class (Array of Version): the present one, then those before; empty if
      # there is only a present one.
      def self.of(snapshot, name)
        now, former = snapshot.modules_named(name).partition { |node| !node.former? }
        return [] if former.empty? && now.size < 2

        [now, former].reject(&:empty?).map { |nodes| version(snapshot, nodes) }
      end

      def self.version(snapshot, nodes)
        objects, bytes, = snapshot.graph.find(classes: nodes.map(&:id), limit: 0)
        held = nodes.select { |node| node.former? && node.reachable? }
        Version.new(nodes, snapshot.retained_size(nodes), objects, bytes,
                    Holders.of(snapshot, held).list)
      end
      private_class_method :version
    end
  end
end

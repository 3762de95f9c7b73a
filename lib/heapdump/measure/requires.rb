# frozen_string_literal: true

require_relative "../snapshot/places"
require_relative "../terminal"

module HeapDump
  module Measure
    # What the requires of an application cost: resident memory, and objects that live when all is
    # loaded.
    #
    #   requires = Requires.of(App.new("."), boots: 3, timeout: 600)
    #   requires.top.first.file     # => "/srv/shop/config/environment.rb"
    #   requires.top.first.resident # => 64_225_280
    class Requires # :nodoc:
      # A file and those that it requires. +resident+ is what it adds to the memory of the process
      # in bytes with all that it requires (nil if that is not known), +objects+ and +bytes+ what it
      # leaves of objects, all with those of +below+ (Array of Node, the costliest first).
      Node = Struct.new(:file, :resident, :objects, :bytes, :below) do
        # The same without what is below: [resident, objects, bytes].
        def own
          %i[resident objects bytes].map do |name|
            value = public_send(name)
            value && (value - below.sum { |node| node.public_send(name) })
          end
        end

        # Yields this node and each below it, with its depth.
        def walk(depth = 0, &)
          yield self, depth
          below.each { |node| node.walk(depth + 1, &) }
        end

        def order
          [-(resident || bytes), -bytes, file]
        end
      end

      # What the files of a gem cost, without what they require of other gems.
      Gem = Struct.new(:name, :resident, :objects, :bytes)

      # Loads the application +boots+ times for its memory, and once for its objects.
      def self.of(app, boots:, timeout:)
        child = Child.new(app, timeout: timeout)
        residents = Array.new(boots) { child.ask(what: :resident) }
        new(residents.reject { |one| one[:unknown] }, child.ask(what: :objects))
      end

      # What nothing requires, with what it requires, the costliest first (Array of Node).
      attr_reader :top
      # The resident memory of the process before and after, in bytes; nil if it is not known.
      attr_reader :before, :after

      # +residents+ and +objects+ are answers of measure/inside/requires.rb.
      def initialize(residents, objects)
        @places = Hash.new { |all, place| all[place] = { residents: [], objects: 0, bytes: 0 } }
        @outside = objects[:costs].last
        residents.each { |boot| add_resident(boot) }
        add_objects(objects)
        @before, @after = %i[before after].map { |name| median(residents.map { |one| one[name] }) }
        @boots = residents.size
        @top = tree
      end

      # Sums of all requires.
      def objects
        top.sum(&:objects) + @outside[0]
      end

      def bytes
        top.sum(&:bytes) + @outside[1]
      end

      # What each gem costs, the costliest first (Array of Gem).
      def gems
        sums = Hash.new { |all, name| all[name] = Gem.new(name, @boots.zero? ? nil : 0, 0, 0) }
        each do |node, _|
          sum = sums[Snapshot::Places.gem_of(node.file)]
          resident, objects, bytes = node.own
          sum.resident += resident if resident
          sum.objects += objects
          sum.bytes += bytes
        end
        sums.values.sort_by { |sum| [-(sum.resident || sum.bytes), -sum.bytes, sum.name] }
      end

      # Yields each node and its depth, each before those below it.
      def each(&)
        return enum_for(:each) unless block_given?

        top.each { |node| node.walk(&) }
      end

      private

      # The place of each number of an answer: the files on the way to it. What was loaded before
      # has that of the one around it.
      def places(answer)
        answer[:files].zip(answer[:parents]).each_with_object([]) do |(file, parent), all|
          around = parent.negative? ? [] : all.fetch(parent)
          all << (file ? [*around, Terminal::Text.valid(file)] : around)
        end
      end

      # What was loaded before costs nothing of its own: the one around it has that already.
      def add_resident(boot)
        sums = Hash.new(0)
        places(boot).zip(boot[:files], boot[:costs]) do |place, file, cost|
          sums[place] += cost if file
        end
        sums.each { |place, cost| @places[place][:residents] << cost }
      end

      def add_objects(answer)
        places(answer).zip(answer[:costs]) do |place, (objects, bytes)|
          next @outside = @outside.zip([objects, bytes]).map(&:sum) if place.empty?

          @places[place][:objects] += objects
          @places[place][:bytes] += bytes
        end
      end

      def tree
        below = @places.keys.group_by { |place| place[0...-1] }
        nodes(below, [])
      end

      def nodes(below, place)
        below.fetch(place, []).map { |one| node(below, one) }.sort_by(&:order)
      end

      def node(below, place)
        nodes = nodes(below, place)
        sum = @places[place]
        Node.new(place.last, resident(sum[:residents]), sum[:objects] + nodes.sum(&:objects),
                 sum[:bytes] + nodes.sum(&:bytes), nodes)
      end

      # In a boot without it, it has cost nothing.
      def resident(costs)
        median(costs + Array.new(@boots - costs.size, 0))
      end

      def median(numbers)
        return if numbers.empty?

        sorted = numbers.sort
        (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2
      end
    end
  end
end

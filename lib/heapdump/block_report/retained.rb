# frozen_string_literal: true

module HeapDump
  class BlockReport
    # What lives on after the block. Frozen, Enumerable: it yields the Groups of what is held by a
    # name, those with most bytes first. What else lives is in #aside, and is not called retained.
    #
    #   report.retained.map(&:path) # => ["Shop (module) → constant ROWS → Array → […] → Row"]
    class Retained
      include Enumerable

      # Objects that were made at one place and are held in one way. Frozen.
      #
      # class_name:: their class (String)
      # objects::    how many there are for each run: the median of the runs
      # bytes::      the sum of their own sizes, also for each run
      # runs::       how many of each run there are (Array of Integer)
      # location::   the place that made them, "app.rb:12", and +method_name+, its method (or nil)
      # holder::     who holds them, in words: "constant Shop::ROWS"
      # path::       the path to one of them in words, without keys
      # signature::  a text that is the same for the same path in other dumps (Leaks)
      # reason::     +:named+ for what is retained; else why it is not called so (see #aside)
      Group = Struct.new(:class_name, :objects, :bytes, :runs, :location, :method_name, :holder,
                         :path, :signature, :reason, keyword_init: true) do
        # Whether each of several runs has added some, which is how a leak looks.
        def grows?
          runs.size > 1 && runs.all?(&:positive?)
        end
      end

      # The ways that have no Group of their own, because there are so many of them. Frozen.
      #
      # ways::    how many they are
      # objects:: how many objects there are for each run: of each way the median of the runs
      # bytes::   the sum of their own sizes, also for each run
      # runs::    how many of each run there are (Array of Integer)
      # growing:: to how many of the ways each of several runs has added some
      # few::     objects of all runs in those ways of which +objects+ has 0, as few runs left some
      More = Struct.new(:ways, :objects, :bytes, :runs, :growing, :few) do
        def self.of(*figures) # :nodoc:
          new(*figures).freeze
        end

        # #few, and the same of those of some Groups that are in no figure per run.
        def few_with(groups) # :nodoc:
          few + groups.sum { |group| group.objects.zero? ? group.runs.sum : 0 }
        end
      end

      NOTHING = More.of(0, 0, 0, [].freeze, 0, 0)
      private_constant :NOTHING

      # A Retained of a block after which nothing lives, or was looked for.
      def self.none # :nodoc:
        new({}, [0, 0])
      end

      # The Groups of objects that live without being retained, by the reason (Hash of Symbol =>
      # Array of Group):
      #
      # +:frame+:: a variable or value of a method that is still running
      # +:root+::  tables of Ruby, as those of symbols or of handlers at the exit
      # +:cache+:: caches of Ruby
      # +:stack+:: words on the machine stack that look like references, perhaps by chance
      # +:code+::  code that was loaded: classes, methods, and the literals in them
      # +:unheld+:: nothing that the dump shows, as what a library in C holds
      attr_reader :aside
      # What no Group of #groups has (More), and what no Group of #aside has (Hash of Symbol =>
      # More, by the reason).
      attr_reader :more, :more_aside
      # Objects and bytes that MRI has made for itself, and that still live (Integer).
      attr_reader :internal_objects, :internal_bytes
      # The Groups that it yields (Array), at most 500, and for each reason of #aside as many.
      attr_reader :groups

      # +found+ is what Holding#groups returns, +internal+ the objects and bytes of MRI.
      def initialize(found, internal) # :nodoc:
        @groups, @more = found.fetch(:named, [[], NOTHING])
        all = found.except(:named).reject { |_, (groups, _)| groups.empty? }
        @aside = all.transform_values(&:first).freeze
        @more_aside = all.transform_values(&:last).freeze
        @internal_objects, @internal_bytes = internal
        freeze
      end

      # Yields each Group of what is retained.
      #
      #   report.retained.first.holder # => "constant Shop::ROWS"
      def each(&)
        groups.each(&)
      end

      # Objects for each run (Integer), also those of #more.
      #
      #   report.retained.objects # => 1204
      def objects
        groups.sum(&:objects) + more.objects
      end

      # The sizes of these objects for each run (Integer).
      #
      #   report.retained.bytes # => 186368
      def bytes
        groups.sum(&:bytes) + more.bytes
      end

      # Of what lives and is not retained, the objects of all runs that are in no figure per run.
      def few_aside # :nodoc:
        aside.sum { |reason, groups| more_aside.fetch(reason).few_with(groups) }
      end

      # Whether some of it has come in each of several runs.
      #
      #   report.retained.grows? # => true
      def grows?
        groups.any?(&:grows?) || more.growing.positive?
      end

      def inspect # :nodoc:
        "#<#{self.class} #{objects} objects #{bytes} bytes>"
      end
    end
  end
end

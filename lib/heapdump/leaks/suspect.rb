# frozen_string_literal: true

module HeapDump
  class Leaks
    # One thing that leaks. Frozen.
    #
    #   suspect = HeapDump.leaks("1.json", "2.json", "3.json").first
    #   suspect.class_name  # => "Shop::Session"
    #   suspect.counts      # => [0, 400, 800]
    #   suspect.unit        # => "objects"
    #   suspect.retained    # => [0, 82400, 164800]
    #   suspect.holder      # => "constant Shop::SESSIONS (app.rb:12)"
    #   suspect.others      # => []
    #   suspect.location    # => "app.rb:12"
    #   suspect.location_of # => "declared"
    #   suspect.declared    # => "Shop::SESSIONS"
    #   suspect.owner       # => "Shop"
    #   suspect.candidates  # => ["Shop.login (app.rb:14)"]
    #   suspect.signature   # => "4a2cbb5725507364"
    #   suspect.confidence  # => "high"
    #   suspect.reasons     # => ["grew in every step"]
    #   suspect.company     # => ["String"]
    #   suspect.command     # => "heapdump why 3.json 0x7f10a2b3c4d8"
    class Suspect
      # The class of what leaks (String).
      attr_reader :class_name
      # How many of them each dump has; for a container that grows without new objects, its entries
      # or bytes (Array of Integer).
      attr_reader :counts
      # What #counts counts: "objects", "entries", "names" or "bytes".
      attr_reader :unit
      # The retained size in each dump: the bytes that nothing else holds (Array of Integer).
      attr_reader :retained
      # The holder in words (String).
      attr_reader :holder
      # Other holders of the same objects, in words (Array of String).
      attr_reader :others
      # The path to one of the new objects (Way).
      attr_reader :path
      # A place in the source, as "file:line", or the file alone for code of a whole file; nil if
      # none is known. See #location_of.
      attr_reader :location
      # The constant, class or module that is declared at #location (String); nil unless
      # #location_of is "declared".
      attr_reader :declared
      # The class or module that owns the variable in which it grows (String), nil if there is none.
      attr_reader :owner
      # What #location means: "added" is the place that makes the objects (allocations were traced,
      # the object is code itself, or a block has captured it); "declared" is the place of the
      # module or constant that owns what grows; "running" is the line at which the method or block
      # stands in the last dump whose variable holds what grows; nil if there is no #location.
      attr_reader :location_of
      # Methods of the owner that may add to what grows, each as "Shop::Bus.subscribe (app.rb:20)"
      # (Array of String).
      attr_reader :candidates
      # A text that is the same for the same leak in other dumps (String of 16 hexadecimal digits).
      attr_reader :signature
      # "high", "medium" or "low".
      attr_reader :confidence
      # The reasons for the confidence, and those against a higher one (Array of String).
      attr_reader :reasons
      # What the objects have in common and no number shows, as that each of them shares the buffer
      # of a large string (Array of String).
      attr_reader :remarks
      # Other classes that grow at the same place, and growth elsewhere that belongs to this leak,
      # with its numbers and holder (Array of String).
      attr_reader :company
      # The command that shows more about one of the objects (String).
      attr_reader :command

      # Why it is not accused (String); nil if it is accused.
      attr_reader :cleared_because

      # Every field by its name in JSON, in the order of the JSON output.
      FIELDS = {
        class: :class_name, unit: :unit, counts: :counts, retained: :retained, holder: :holder,
        others: :others, path: :path, location: :location, location_of: :location_of,
        declared: :declared, owner: :owner, candidates: :candidates, signature: :signature,
        confidence: :confidence, reasons: :reasons, remarks: :remarks,
        cleared_because: :cleared_because, company: :company, command: :command
      }.freeze
      private_constant :FIELDS

      def initialize(**fields) # :nodoc:
        FIELDS.each_value { |name| instance_variable_set("@#{name}", fields.fetch(name).freeze) }
        freeze
      end

      # How many objects (or entries, names or bytes) the last dump has more than the first
      # (Integer).
      #
      #   suspect.growth # => 800
      def growth
        counts.last - counts.first
      end

      # How many bytes more are retained in the last dump than in the first (Integer).
      #
      #   suspect.retained_growth # => 164800
      def retained_growth
        retained.last - retained.first
      end

      # Returns this suspect together with others that are the same leak: they are named in its
      # #company, and their retained sizes are added to its own.
      def with(others) # :nodoc:
        words = others.map do |one|
          "#{one.class_name} #{one.counts.join(" → ")}, #{one.holder}"
        end
        retained = [self, *others].map(&:retained).transpose.map(&:sum)
        Suspect.new(**fields, company: (company + others.flat_map(&:company)).uniq + words,
                              retained: retained)
      end

      # What the command writes as JSON (Hash): all attributes, with +:class+ for #class_name and
      # Way#to_a for +:path+.
      #
      #   suspect.to_h[:counts] # => [0, 400, 800]
      def to_h
        FIELDS.transform_values { |name| public_send(name) }.merge(path: path.to_a)
      end

      def inspect # :nodoc:
        "#<#{self.class} #{class_name} #{counts.join(" → ")}, #{holder}>"
      end

      private

      def fields
        FIELDS.values.to_h { |name| [name, public_send(name)] }
      end
    end
  end
end

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
    #   suspect.location_of # => "held"
    #   suspect.signature   # => "4a2cbb5725507364"
    #   suspect.confidence  # => "high"
    #   suspect.reasons     # => ["grew in every step"]
    #   suspect.company     # => ["String"]
    #   suspect.command     # => "heapdump why 3.json 0x7f10a2b3c4d8"
    class Suspect
      # The class of what leaks (String).
      attr_reader :class_name
      # How many of them each dump has; of a container that grows in itself, its elements or bytes
      # (Array of Integer).
      attr_reader :counts
      # What is counted: "objects", "entries" or "bytes".
      attr_reader :unit
      # Bytes that nothing else holds, by dump (Array of Integer).
      attr_reader :retained
      # Who holds it, in words (String).
      attr_reader :holder
      # Who else holds the same objects (Array of String).
      attr_reader :others
      # How one of the new objects is held (Way).
      attr_reader :path
      # Where it is allocated if that was traced, else where its holder is written, as "file:line";
      # nil if neither is known.
      attr_reader :location
      # "allocated" or "held", which of the two #location is; nil without.
      attr_reader :location_of
      # The same for the same leak in other dumps (String of 16 hexadecimal digits).
      attr_reader :signature
      # "high", "medium" or "low".
      attr_reader :confidence
      # Why so sure, and why not surer (Array of String).
      attr_reader :reasons
      # Other classes that grow at the same place (Array of String).
      attr_reader :company
      # The command that tells more (String).
      attr_reader :command

      FIELDS = %i[class_name counts unit retained holder others path location location_of signature
                  confidence reasons company command].freeze
      private_constant :FIELDS

      def initialize(**fields) # :nodoc:
        FIELDS.each { |name| instance_variable_set("@#{name}", fields.fetch(name).freeze) }
        freeze
      end

      # Objects (or entries, or bytes) that came from the first dump to the last (Integer).
      #
      #   suspect.growth # => 800
      def growth
        counts.last - counts.first
      end

      # Bytes that came from the first dump to the last (Integer).
      #
      #   suspect.retained_growth # => 164800
      def retained_growth
        retained.last - retained.first
      end

      # As the command writes it as JSON (Hash): +:class+, +:holder+, +:path+, +:counts+,
      # +:retained+, +:signature+, +:location+, +:confidence+.
      #
      #   suspect.to_h[:counts] # => [0, 400, 800]
      def to_h
        { class: class_name, holder: holder, path: path.to_a, counts: counts, retained: retained,
          signature: signature, location: location, confidence: confidence }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{class_name} #{counts.join(" → ")}, #{holder}>"
      end
    end
  end
end

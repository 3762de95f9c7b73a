# frozen_string_literal: true

module HeapDump
  class Leaks
    # The process, or a part of its memory, that grew in every step. Frozen.
    #
    #   part = HeapDump.leaks("1.json", "2.json", "3.json").growth.first
    #   part.name         # => "rss"
    #   part.bytes        # => [41943040, 83886080, 125829120]
    #   part.growth       # => 83886080
    #   part.explained_by # => "malloc of others (+77.9 MiB)"
    #   part.next_step    # => nil
    class Part
      # "rss" (the resident memory of the process), or a part of Snapshot::Account
      # ("other_malloc", "stacks", …).
      attr_reader :name
      # Its size in each dump, in bytes (Array of Integer).
      attr_reader :bytes
      # What accounts for most of its growth, in words (String); nil if that is not known.
      attr_reader :explained_by
      # What to do next (String); nil if there is nothing to say.
      attr_reader :next_step

      def initialize(name, bytes, explained_by: nil, next_step: nil) # :nodoc:
        @name = name
        @bytes = bytes.freeze
        @explained_by = explained_by
        @next_step = next_step
        freeze
      end

      # What it is called on the screen (String).
      #
      #   part.label # => "process (RSS)"
      def label
        name == "rss" ? "process (RSS)" : Snapshot::Account::PARTS.fetch(name.to_sym)
      end

      # How many bytes more the last dump has than the first (Integer).
      #
      #   part.growth # => 83886080
      def growth
        Sizes.growth(bytes)
      end

      # What the command writes as JSON (Hash).
      #
      #   part.to_h # => {part: "rss", bytes: [41943040, …], explained_by: "stacks (+38.0 MiB)", …}
      def to_h
        { part: name, bytes: bytes, explained_by: explained_by, next_step: next_step }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{name} #{bytes.join(" → ")}>"
      end
    end
  end
end

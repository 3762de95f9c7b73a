# frozen_string_literal: true

require "time"

module HeapDump
  class Trends
    # One dump of a Series, without its classes and ways. Frozen.
    class Dump
      # Of the dump, or of its extract if the dump was removed (String).
      attr_reader :path
      # As in Extract (Hash, Time, Hashes, Array).
      attr_reader :identity, :time, :gc, :account, :work, :warnings
      # As in Extract (Integers).
      attr_reader :objects, :held_objects, :held_bytes, :garbage_bytes
      # Its number among all files that were read.
      attr_reader :ordinal # :nodoc:

      def initialize(path, extract, ordinal) # :nodoc:
        @path = path
        @ordinal = ordinal
        %i[identity time gc account work warnings objects held_objects held_bytes
           garbage_bytes].each do |name|
          instance_variable_set("@#{name}",
                                extract.public_send(name))
        end
        freeze
      end

      # How many requests and jobs the process had served (Integer), nil if nothing counted them.
      #
      #   dump.worked # => 31337
      def worked
        work.values.sum unless work.empty?
      end

      # How many objects it had allocated (Integer), nil if that is not known.
      #
      #   dump.allocated # => 2940211
      def allocated
        gc[:total_allocated_objects]
      end

      # What the command writes as JSON (Hash).
      #
      #   dump.to_h # => {path: "heap.json", time: "2026-11-21T07:00:00.123Z", …}
      def to_h
        { path: path, time: time.iso8601(3), objects: objects, held_objects: held_objects,
          held_bytes: held_bytes, garbage_bytes: garbage_bytes, work: worked, allocated: allocated,
          major_gc: gc[:major_gc_count], account: account }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{path} #{time.iso8601}>"
      end
    end
  end
end

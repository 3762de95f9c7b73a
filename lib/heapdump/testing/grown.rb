# frozen_string_literal: true

module HeapDump
  module Testing
    # What has grown in a test, as plain data, so that it can be told when the dumps are closed.
    #
    # class_name:: the class of what grows, as Leaks::Suspect#class_name
    # unit::       what +counts+ counts, as Leaks::Suspect#unit
    # counts::     how many of them each dump has (Array of Integer)
    # retained::   the bytes that nothing else holds, for each dump (Array of Integer)
    # signature::  the same for the same growth in other dumps, as Leaks::Suspect#signature
    # holder::     who holds it, in words
    # place::      "added by app.rb:61", "declared app.rb:17" or "running at app.rb:9", nil if no
    #              place is known
    # path::       the path to one of the new objects, the suspect edge underlined (Array of String)
    # names::      the names of modules, classes and constants on that path (Array of String)
    # with::       what grows with it, in words (Array of String)
    # notes::      what the objects have in common (Array of String)
    #
    #   grown.class_name # => "Shop::Session"
    #   grown.growth     # => 8
    Grown = Struct.new(:class_name, :unit, :counts, :retained, :signature, :holder, :place, :path,
                       :names, :with, :notes, keyword_init: true) do
      # By how many objects (entries, names, bytes) it grew from the first dump to the last
      # (Integer).
      #
      #   grown.growth # => 8
      def growth
        counts.last - counts.first
      end

      # By how many bytes what it retains grew (Integer).
      #
      #   grown.retained_growth # => 824
      def retained_growth
        retained.last - retained.first
      end

      # Whether it has one of these classes or modules, by their names, or is held by one.
      def concerns?(name) # :nodoc:
        class_name == name || names.include?(name) || signature == name
      end
    end
  end
end

# frozen_string_literal: true

require_relative "snapshot"
require_relative "leaks/entry"

module HeapDump
  # What leaks in a process, told by several dumps of it. HeapDump.leaks makes one.
  #
  #   leaks = HeapDump.leaks("1.json", "2.json", "3.json")
  #   leaks.suspects.each { |suspect| puts "#{suspect.class_name}: #{suspect.holder}" }
  #   # Shop::Session: variable session captured by proc app.rb:63, constant Shop::EventBus::…
  #   leaks.held_bytes # => [7619558, 7729950, 7829148]
  #   leaks.cleared    # => []
  #   leaks.warnings   # => []
  #
  # Growth is told by the way on which objects are held, not by their addresses: objects are a leak
  # where each dump has more of them, held in the same way, than the one before.
  class Leaks
    autoload :Classes, "#{__dir__}/leaks/classes"
    autoload :Content, "#{__dir__}/leaks/content"
    autoload :Finding, "#{__dir__}/leaks/finding"
    autoload :Gate, "#{__dir__}/leaks/gate"
    autoload :Growing, "#{__dir__}/leaks/growing"
    autoload :Holder, "#{__dir__}/leaks/holder"
    autoload :Known, "#{__dir__}/leaks/known"
    autoload :Names, "#{__dir__}/leaks/names"
    autoload :Series, "#{__dir__}/leaks/series"
    autoload :Suspect, "#{__dir__}/leaks/suspect"
    autoload :Verdict, "#{__dir__}/leaks/verdict"
    autoload :Way, "#{__dir__}/leaks/way"

    include Enumerable

    # Grows when a field of the JSON output changes its meaning or goes away.
    SCHEMA_VERSION = 1

    # What leaks (Array of Suspect), that which takes most memory first.
    attr_reader :suspects
    # What grew but is no leak by all that these dumps tell (Array of Suspect): growth that slows
    # down, numbers that go up and down.
    attr_reader :cleared
    # What makes the verdict uncertain, each in one sentence (Array of String).
    attr_reader :warnings
    # The dumps, the oldest first (Array of Snapshot).
    attr_reader :snapshots
    # Bytes of all objects that are held, by dump (Array of Integer).
    attr_reader :held_bytes

    # Compares dumps (Array of Snapshot or paths), in the order of the times in their headers.
    # Returns a Leaks. Raises ArgumentError for less than two, and what Snapshot.open raises.
    #
    #   HeapDump::Leaks.of(Dir["/var/tmp/heap-4711-*.json"]).first.class_name # => "Shop::Session"
    def self.of(dumps)
      series = Series.new(dumps)
      Finding.new(series).leaks
    end

    def initialize(suspects:, cleared:, series:, held_bytes:) # :nodoc:
      @suspects = suspects.freeze
      @cleared = cleared.freeze
      @snapshots = series.snapshots
      @warnings = series.warnings.freeze
      @held_bytes = held_bytes.freeze
      freeze
    end

    # Yields each of #suspects (Suspect).
    #
    #   leaks.map(&:growth) # => [800]
    def each(&)
      suspects.each(&)
    end

    # True if nothing leaks.
    #
    #   exit 2 unless HeapDump.leaks(*paths).empty?
    def empty?
      suspects.empty?
    end

    # As the command writes it as JSON (Hash): +:schema_version+ and +:suspects+ (Array of
    # Suspect#to_h). The same dumps always give the same.
    #
    #   leaks.to_h # => {schema_version: 1, suspects: [{class: "Shop::Session", …}]}
    def to_h
      { schema_version: SCHEMA_VERSION, suspects: suspects.map(&:to_h) }
    end

    def inspect # :nodoc:
      "#<#{self.class} #{suspects.map(&:class_name).join(", ")}>"
    end
  end
end

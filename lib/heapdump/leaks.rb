# frozen_string_literal: true

require_relative "snapshot"
require_relative "leaks/entry"

module HeapDump
  # What leaks in a process, found by comparing several dumps of it. HeapDump.leaks makes a Leaks.
  #
  #   leaks = HeapDump.leaks("1.json", "2.json", "3.json")
  #   leaks.suspects.each { |suspect| puts "#{suspect.class_name}: #{suspect.holder}" }
  #   # Shop::Session: variable session captured by proc app.rb:63, constant Shop::EventBus::…
  #   leaks.held_bytes # => [7619558, 7729950, 7829148]
  #   leaks.cleared    # => []
  #   leaks.warnings   # => []
  #
  # Objects are compared by their paths, that is by how they are held, and not by their addresses:
  # objects are a leak if each dump has more of them on the same path than the dump before.
  class Leaks
    autoload :Accounts, "#{__dir__}/leaks/accounts"
    autoload :Advice, "#{__dir__}/leaks/advice"
    autoload :AlsoGrew, "#{__dir__}/leaks/also_grew"
    autoload :BareNames, "#{__dir__}/leaks/bare_names"
    autoload :Code, "#{__dir__}/leaks/code"
    autoload :Content, "#{__dir__}/leaks/content"
    autoload :Elements, "#{__dir__}/leaks/elements"
    autoload :Finding, "#{__dir__}/leaks/finding"
    autoload :Gate, "#{__dir__}/leaks/gate"
    autoload :Given, "#{__dir__}/leaks/given"
    autoload :Growing, "#{__dir__}/leaks/growing"
    autoload :Holder, "#{__dir__}/leaks/holder"
    autoload :Judging, "#{__dir__}/leaks/judging"
    autoload :Kinds, "#{__dir__}/leaks/kinds"
    autoload :Known, "#{__dir__}/leaks/known"
    autoload :Names, "#{__dir__}/leaks/names"
    autoload :Owner, "#{__dir__}/leaks/owner"
    autoload :Part, "#{__dir__}/leaks/part"
    autoload :Related, "#{__dir__}/leaks/related"
    autoload :Remarks, "#{__dir__}/leaks/remarks"
    autoload :Rules, "#{__dir__}/leaks/rules"
    autoload :Series, "#{__dir__}/leaks/series"
    autoload :Signature, "#{__dir__}/leaks/signature"
    autoload :Sizes, "#{__dir__}/leaks/sizes"
    autoload :Standing, "#{__dir__}/leaks/standing"
    autoload :Steps, "#{__dir__}/leaks/steps"
    autoload :Suspect, "#{__dir__}/leaks/suspect"
    autoload :SuspectEdge, "#{__dir__}/leaks/suspect_edge"
    autoload :Turnover, "#{__dir__}/leaks/turnover"
    autoload :Verdict, "#{__dir__}/leaks/verdict"
    autoload :Way, "#{__dir__}/leaks/way"

    include Enumerable

    # These dumps cannot be judged; the message says why. Leaks.of raises it with +strict+.
    class Unsound < Error; end

    # So many dumps can be compared at once.
    MOST_DUMPS = 32

    # A number that becomes greater when a field of the JSON output changes its meaning or is
    # removed.
    SCHEMA_VERSION = 3

    # What leaks (Array of Suspect); the suspect whose retained size grew most comes first.
    attr_reader :suspects
    # What grew and is not accused, because these dumps show no leak in it (Array of Suspect):
    # growth that slows down, numbers that go up and down. Suspect#cleared_because gives the reason.
    attr_reader :cleared
    # What grew and neither #suspects nor #cleared name, because no path of the program has more of
    # it in every step (Array of AlsoGrew): first what the VM alone holds, as the symbol table and
    # the caches of calls; and where all that is held grew (#held_grew?) and too little of that is
    # accused, the classes that have most of that growth. Then, at most three, classes whose growth
    # stopped, came in one step or was no growth all the time (for two dumps none).
    attr_reader :also_grew
    # What grew in every step (Array of Part): the process, if it grew by at least 5 % of its
    # resident memory in the first dump, and the parts of which it consists. Empty if it did not,
    # and if the dumps are not sound.
    attr_reader :growth
    # The resident memory of the process in each dump, in bytes (Array of Integer); nil if a dump
    # does not have it.
    attr_reader :rss
    # By how many bytes the process grew for which the dumps show no reason (Integer), because
    # libraries in C or the VM have allocated them; nil if a dump does not have the size of the
    # process.
    attr_reader :unexplained
    # The parts of the process that #unexplained is the growth of, as far as they grew, in bytes
    # (Hash of Symbol to Integer): +:other_malloc+, +:rest+, and +:object_malloc+ where it grew by
    # more than objects say they have. Empty for dumps that have no more of the process than its
    # size.
    #
    #   leaks.unexplained_parts # => {other_malloc: 39569076}
    attr_reader :unexplained_parts
    # The sum of the sizes of all objects that are held, for each dump, in bytes (Array of Integer).
    attr_reader :held_bytes
    # What makes the verdict uncertain, each in one sentence (Array of String).
    attr_reader :warnings
    # The dumps, the oldest first (Array of Snapshot).
    attr_reader :snapshots

    # Compares dumps (Array of Snapshots, paths or directories of dumps) in the order of the times
    # in their headers. Returns a Leaks. Raises ArgumentError for fewer than two dumps or more than
    # MOST_DUMPS,
    # HeapDump::Error for a directory without dumps, and what Snapshot.open raises.
    # With +strict+ it raises Unsound unless all dumps are whole, have a header and a footer, and
    # are of one process. Without +strict+ it compares such dumps too, and then #sound? is false.
    #
    #   HeapDump::Leaks.of(Dir["/var/tmp/heap-4711-*.json"]).first.class_name # => "Shop::Session"
    def self.of(dumps, strict: false)
      series = Series.new(dumps)
      demand(series.faults + series.strict_faults) if strict
      found = Finding.new(series).leaks
      demand(found.faults) if strict
      found
    end

    # What grew in Snapshots of one process and is accused by other limits (Judging) than those for
    # processes in production (Array of Suspect).
    def self.suspects(snapshots, judging) # :nodoc:
      Finding.new(Series.new(snapshots), judging).suspects
    end

    def self.demand(faults)
      raise Unsound, "cannot judge: #{faults.join("; ")}" if faults.any?
    end
    private_class_method :demand

    def initialize(suspects:, cleared:, also_grew:, series:, held_bytes:, faults: []) # :nodoc:
      @suspects = suspects.freeze
      @cleared = cleared.freeze
      @also_grew = also_grew.freeze
      @snapshots = series.snapshots
      @faults = [*series.faults, *faults].freeze
      @warnings = [*series.warnings, *faults].freeze
      @held_bytes = held_bytes.freeze
      compare_accounts
      freeze
    end

    # True if #held_bytes grew in every step, and by at least 5 % of the first of them. Then there
    # is growth to explain even if nothing is accused: see #also_grew and #cleared.
    #
    #   leaks.held_bytes # => [7619558, 7729950, 7829148]
    #   leaks.held_grew? # => false
    def held_grew?
      Sizes.grew?(held_bytes)
    end

    # Why the dumps cannot be judged, each reason in one sentence (Array of String). #warnings has
    # these too, and remarks besides.
    attr_reader :faults

    # False if the dumps cannot be judged: they are of different processes, damaged, or have no
    # object that is held. Then it means nothing that nothing is accused.
    #
    #   abort leaks.faults.join("\n") unless leaks.sound?
    def sound?
      faults.empty?
    end

    # Yields each of #suspects (Suspect).
    #
    #   leaks.map(&:growth) # => [800]
    def each(&)
      suspects.each(&)
    end

    # True if nothing is accused. Check #sound? as well.
    #
    #   exit 2 unless HeapDump.leaks(*paths).empty?
    def empty?
      suspects.empty?
    end

    # What the command writes as JSON (Hash): +:schema_version+, +:sound+, +:warnings+, +:dumps+
    # (with +:path+, +:time+, +:pid+, +:objects+, +:held_bytes+, +:rss+ for each), +:held_grew+ (see
    # #held_grew?), +:suspects+ and +:cleared+ (Arrays of Suspect#to_h), +:also_grew+ (Array of
    # AlsoGrew#to_h), +:growth+ (Array of Part#to_h), +:unexplained+ and +:unexplained_parts+. The
    # same dumps always give the same Hash.
    #
    #   leaks.to_h # => {schema_version: 3, sound: true, …, suspects: [{class: "Shop::Session", …}]}
    def to_h
      { schema_version: SCHEMA_VERSION, sound: sound?, warnings: warnings, dumps: dumps,
        held_grew: held_grew?, suspects: suspects.map(&:to_h), cleared: cleared.map(&:to_h),
        also_grew: also_grew.map(&:to_h), growth: growth.map(&:to_h), unexplained: unexplained,
        unexplained_parts: unexplained_parts }
    end

    def inspect # :nodoc:
      "#<#{self.class} #{suspects.map(&:class_name).join(", ")}>"
    end

    private

    def compare_accounts
      accounts = Accounts.new(snapshots, held_bytes)
      @growth = sound? ? accounts.growth : [].freeze
      @rss = accounts.rss.freeze
      @unexplained = accounts.unexplained
      @unexplained_parts = accounts.unexplained_parts
    end

    def dumps
      snapshots.zip(held_bytes, rss || []).map do |snapshot, held, rss|
        time, pid = snapshot.header.values_at("time", "pid")
        { path: snapshot.path, time: time, pid: pid, objects: snapshot.objects, held_bytes: held,
          rss: rss }
      end
    end
  end
end

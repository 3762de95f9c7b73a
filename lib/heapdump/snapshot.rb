# frozen_string_literal: true

require_relative "version"
require_relative "errors"
require_relative "extension"
require_relative "leaks/entry"
require_relative "terminal"
require HeapDump::Extension.path("heapgraph")
HeapDump.autoload(:Leaks, "#{__dir__}/leaks") # for HeapDump.leaks

module HeapDump
  # A dump that is read: ours, or what ObjectSpace.dump_all wrote; plain, .gz, .zst.
  #
  #   snapshot = HeapDump::Snapshot.open("heap.json.zst")
  #   session = snapshot.find(class: "Session").first
  #   session.retained_size             # => 1224
  #   snapshot.paths(session).first.to_s
  #   # => "Registry (module) → constant CACHE → Hash of 9 → [\"k17\"] → Session"
  #
  # Sizes are in bytes. What a method returns about an object is a small frozen value (Node, Path,
  # Edge, Row). Several threads may use one snapshot: long work runs without the GVL, one piece of
  # work at a time, and an exception or signal for its thread stops it.
  #
  # A method that takes a node also takes an address, as an Integer or as a String
  # ("0x7f10a2b3c4d8"). It raises HeapDump::NotFound if the dump has no object at that address, and
  # ArgumentError if the text is no address or the node belongs to another snapshot. Any method
  # raises HeapDump::ReadError if there is not enough memory.
  #
  # +limit+ is how many items are returned, and +offset+ is how many are skipped before the first of
  # them. A negative number raises ArgumentError.
  class Snapshot
    autoload :Account, "#{__dir__}/snapshot/account"
    autoload :Aside, "#{__dir__}/snapshot/aside"
    autoload :Caches, "#{__dir__}/snapshot/caches"
    autoload :Cell, "#{__dir__}/snapshot/cell"
    autoload :ClassWords, "#{__dir__}/snapshot/class_words"
    autoload :CodeByGem, "#{__dir__}/snapshot/code_by_gem"
    autoload :Constants, "#{__dir__}/snapshot/constants"
    autoload :Definitions, "#{__dir__}/snapshot/definitions"
    autoload :Describe, "#{__dir__}/snapshot/describe"
    autoload :Diff, "#{__dir__}/snapshot/diff"
    autoload :Directory, "#{__dir__}/snapshot/directory"
    autoload :Duplicate, "#{__dir__}/snapshot/duplicates"
    autoload :Duplicates, "#{__dir__}/snapshot/duplicates"
    autoload :Edge, "#{__dir__}/snapshot/edge"
    autoload :Frames, "#{__dir__}/snapshot/frames"
    autoload :Freed, "#{__dir__}/snapshot/freed"
    autoload :Grouping, "#{__dir__}/snapshot/grouping"
    autoload :Histogram, "#{__dir__}/snapshot/histogram"
    autoload :Homes, "#{__dir__}/snapshot/homes"
    autoload :InvalidCondition, "#{__dir__}/snapshot/where"
    autoload :Inside, "#{__dir__}/snapshot/inside"
    autoload :Internal, "#{__dir__}/snapshot/internal"
    autoload :Keys, "#{__dir__}/snapshot/keys"
    autoload :Lines, "#{__dir__}/snapshot/lines"
    autoload :Loading, "#{__dir__}/snapshot/loading"
    autoload :MergedPaths, "#{__dir__}/snapshot/merged_paths"
    autoload :Names, "#{__dir__}/snapshot/names"
    autoload :Node, "#{__dir__}/snapshot/node"
    autoload :Origins, "#{__dir__}/snapshot/origins"
    autoload :Page, "#{__dir__}/snapshot/page"
    autoload :Path, "#{__dir__}/snapshot/path"
    autoload :Places, "#{__dir__}/snapshot/places"
    autoload :ProcPlace, "#{__dir__}/snapshot/procs"
    autoload :Procs, "#{__dir__}/snapshot/procs"
    autoload :Redacted, "#{__dir__}/snapshot/redacted"
    autoload :ReferenceGroup, "#{__dir__}/snapshot/reference_group"
    autoload :Row, "#{__dir__}/snapshot/histogram"
    autoload :Search, "#{__dir__}/snapshot/search"
    autoload :SearchFilter, "#{__dir__}/snapshot/search_filter"
    autoload :Shared, "#{__dir__}/snapshot/shared"
    autoload :Summary, "#{__dir__}/snapshot/summary"
    autoload :Sums, "#{__dir__}/snapshot/sums"
    autoload :Values, "#{__dir__}/snapshot/values"
    autoload :Warnings, "#{__dir__}/snapshot/warnings"
    autoload :Ways, "#{__dir__}/snapshot/ways"
    autoload :Where, "#{__dir__}/snapshot/where"
    autoload :WhereFields, "#{__dir__}/snapshot/where_fields"
    autoload :WhereValues, "#{__dir__}/snapshot/where_values"

    include Internal
    include Sums

    # A reference: its name (Edge), and the object at its other end (Node).
    Reference = Struct.new(:edge, :node)

    # The path as it was given, "-" for standard input (String). Bytes that are no text are spelled
    # out: "\\xFF.json".
    attr_reader :path
    # The graph that the reader in C has built from the dump (HeapDump::Graph).
    attr_reader :graph # :nodoc:

    # Reads a dump. +path+ is a file, or "-" for standard input.
    #
    # index::  whether the computed results are written to a file beside the dump (PATH.hdidx, or in
    #          the cache folder of the user), so that it opens at once next time: true, false, or
    #          +:auto+ (default), which writes the file for large dumps only.
    # strict:: raise HeapDump::Corrupt if the dump is damaged or not whole, instead of reading the
    #          part that is there.
    #
    # Returns a Snapshot. Raises HeapDump::NotADump, HeapDump::Corrupt, or HeapDump::ReadError.
    #
    #   HeapDump::Snapshot.open("heap.json").objects # => 1142259
    def self.open(path, index: :auto, strict: false)
      new(path, index: index, strict: strict).load
    end

    # As ::open, but nothing is read before #load, so that another thread can ask for #progress.
    # Until then most methods raise ArgumentError.
    #
    #   snapshot = HeapDump::Snapshot.new("heap.json")
    #   Thread.new { p snapshot.progress while sleep(1) }
    #   snapshot.load
    def initialize(path, index: :auto, strict: false)
      @file = path == "-" ? path : File.path(path)
      @path = Terminal::Text.valid(@file)
      @index = index
      @strict = strict
      @graph = Graph.new
      @lines = Lines.new(@graph)
    end

    # Reads the dump, and returns self. Raises what ::open does, and ArgumentError the second time.
    #
    #   HeapDump::Snapshot.new("heap.json").load.objects # => 1142259
    def load
      Loading.new(@graph, @file, @index, @strict).run
      Warnings.refuse(self) if @strict
      self
    end

    # Works out now what answers need: the dominator tree with retained sizes, the paths from the
    # roots, who refers to what, and the histogram. Otherwise each is worked out by the first method
    # that needs it; all at once take less time, as two threads share the work. An index that has
    # been written (see ::open) has all of it already. Returns self.
    #
    #   snapshot = HeapDump::Snapshot.open("heap.json", index: false).prepare
    def prepare
      tap { @graph.build_all }
    end

    # The same dump without what may be secret (Snapshot), so that what it says can be shown to
    # others: without contents of strings, of symbols and regexps, as though the dump had been taken
    # with <tt>strings: :none</tt>; without keys of hashes that come from data, numbers too; without
    # names of threads, of files that are open, of the host and the program. "~" stands for home
    # folders. Nothing is read again: both have one graph. What remains is what a dump with
    # <tt>strings: :none</tt> has: names of classes, methods and variables, symbols that are written
    # in code, and lengths.
    #
    #   snapshot.path_to(session).to_s
    #   # => "Registry (module) → constant CACHE → Hash of 9 → [\"k17\"] → Session"
    #   snapshot.redacted.path_to(session.address).to_s
    #   # => "Registry (module) → constant CACHE → Hash of 9 → [String of 3 B 0x7f10a2b3c4d8] → …"
    def redacted
      @redacted ||= Redacted.new(self)
    end

    # True for what #redacted returns.
    #
    #   snapshot.redacted? # => false
    def redacted?
      false
    end

    # How far long work has come, to be called from another thread: [the name of the work (String),
    # how much of it is done, how much there is in all (0 if that is unknown)]; nil while no work is
    # running.
    #
    #   snapshot.progress # => ["reading", 41943040, 83886080]
    def progress
      graph.progress
    end

    # What the reader found in the file: the number of lines, of bad lines and where the first one
    # is, what the footer promises (Hash of Symbols). +:checks+ in it has one entry for each
    # condition that a whole and valid dump meets: true, false, or nil if this dump does not show
    # it.
    #
    #   snapshot.tally # => {lines: 18090, bytes: 4403709, bad_lines: 0, bad_line: 0, …}
    def tally
      @tally ||= graph.account.freeze
    end

    # The header, which is the first line of the dump (Hash): process, Ruby, GC. {} if there is
    # none.
    #
    #   snapshot.header.values_at("pid", "ruby") # => [4711, "3.1.2"]
    def header
      @header ||= Lines.parse(graph.header)
    end

    # The footer, which is the last line of the dump (Hash): pages and free slots of the heap. {} if
    # there is none.
    #
    #   snapshot.footer["heaps"] # => [{"slot_size" => 40, "pages" => 54, "slots" => 22065, …}]
    def footer
      @footer ||= Lines.parse(graph.footer)
    end

    # Whether the dump is whole and valid: true or false; nil for a valid dump that has no footer to
    # prove it, as one of ObjectSpace.dump_all.
    #
    #   snapshot.whole # => true
    def whole
      checks = tally[:checks].values
      return false if checks.include?(false)

      tally[:objspace_format] ? nil : true
    end

    # What is wrong with the dump, and what else is to be known when it is read, each in one
    # sentence (Array of String). A whole dump has none, unless objects of it could not be read.
    #
    #   snapshot.warnings
    #   # => ["1 bad line skipped, the first is line 100 (byte 40,770)"]
    def warnings
      @warnings ||= Warnings.of(self).freeze
    end

    # Number of objects (Integer), garbage included.
    #
    #   snapshot.objects # => 18083
    def objects
      graph.objects
    end

    # Yields each object (Node) in the order of addresses, garbage included. Without a block it
    # returns an Enumerator.
    #
    #   snapshot.each.count { |node| node.flag?(:frozen) } # => 5311
    def each
      return enum_for(:each) { objects } unless block_given?

      objects.times { |number| yield node(number) }
      self
    end

    # The object (Node) at an address, nil if there is none. Raises ArgumentError if the argument is
    # no address.
    #
    #   snapshot.object("0x7f10a2b3c4d8") # => #<HeapDump::Snapshot::Node 0x7f10a2b3c4d8 Session>
    def object(address)
      number = graph.node_at(Snapshot.address(address))
      number && node(number)
    end

    # "0x7f10" or an Integer as an Integer. Raises ArgumentError for anything else.
    #
    #   HeapDump::Snapshot.address("0x7f10") # => 32528
    def self.address(address)
      return address if address.is_a?(Integer) && address.between?(0, (1 << 64) - 1)
      return address.hex if address.is_a?(String) && address.match?(/\A0x\h{1,16}\z/)

      raise ArgumentError, "an address looks like 0x7f10a2b3c4d8 (in Ruby it may be an Integer), " \
                           "not #{address.inspect}"
    end

    # The classes and modules that have a name (Array of Node): more than one if a class was
    # replaced by another of that name, none if the dump does not have the name.
    #
    #   snapshot.modules_named("Registry").map(&:words) # => ["Registry (module)"]
    def modules_named(name)
      graph.modules_named(name).map { |number| node(number) }
    end

    # The objects that meet all conditions (Page of Node).
    #
    # class::    the name of their class (objects of its subclasses are not found)
    # type::     "STRING", "HASH" … as in the dump
    # value::    for strings, symbols and regexps: a String that their content contains, or a Regexp
    #            that it matches
    # min_size:: their least own size, in bytes
    # where::    further conditions as text, joined by "and": see below
    # sort::     what comes first: +:retained+ (default), the largest retained size, and garbage
    #            last; +:size+, the largest own size; +:address+, the lowest address; +:referrers+,
    #            the most references to it; +:length+, the longest array, hash, string or symbol,
    #            and what has no length last. Equal objects are in the order of addresses
    # limit::    how many are returned at most
    # offset::   how many are skipped before the first of them
    #
    # The conditions of +where+ are:
    #
    # class = Name, is_a = Name:: the class; with +is_a+ also objects of its subclasses, and of
    #                             classes that include it
    # type = STRING::             the type, as in the dump
    # size > 64k::                the own size in bytes; also +retained+, +objects+ (how many would
    #                             be free if it were, itself included) and +length+ (of an array or
    #                             hash, in bytes of a string), with = != < <= > >=
    # flag = finalizer::          it has that flag: +finalizer+, +frozen+, +old+, +shared+,
    #                             +singleton+ or +error+ (Node::FLAGS)
    # page = sparse::             it is live and lies on a page of the heap of which a tenth of the
    #                             slots or less is live (Summary::Memory)
    # proc = "app/bus.rb:9"::     it is a proc that is written there: see #procs
    # held_by = Name::            an object of that class refers to it directly; also a module, or
    #                             the object at an address (0x7f10a2b3c4d8)
    # holds = Name::              it refers directly to an object of that class, or as above
    # @state == :open::           the value of an instance variable: a symbol, "text", number, true,
    #                             false, nil or address, with == and !=; a number also with < <= >
    #                             >=; symbols and strings also with =~ /text/i and !~. An object
    #                             without the variable does not meet any condition on it
    #
    # = stands for == as well, and != can be used for all of them. For instance variables and
    # +length+ the line of each object is read that meets the other conditions, and for +sort+
    # +:length+ that of each object found. If these are more than 1,000,000 objects, nothing is
    # read, and HeapDump::Error is raised.
    #
    # Raises HeapDump::NotFound if no class has that name, or if contents of strings or variables
    # are needed and the dump does not have them. Raises ArgumentError for an unknown type or
    # +sort+ and for a +value+ of another class, and InvalidCondition for a wrong +where+.
    #
    #   snapshot.find(class: "Session", min_size: 100).total                  # => 31337
    #   snapshot.find(type: "HASH", sort: :size, limit: 1).first.words        # => "Hash of 9"
    #   snapshot.find(sort: :address, limit: 200, offset: 400).first.address  # => 139709425891320
    #   snapshot.find(where: "is_a = Session and @state == :open and retained > 1k").total # => 12
    def find(class: nil, type: nil, value: nil, min_size: 0, where: nil, sort: :retained, limit: 20,
             offset: 0)
      conditions = { class: binding.local_variable_get(:class), type: type, value: value,
                     min_size: min_size, where: where }
      Search.new(self, conditions).page(sort, offset, limit)
    end

    # At most +limit+ live objects of a class, evenly spread over all of them (Page of Node). Raises
    # HeapDump::NotFound if no class has that name.
    #
    #   snapshot.sample("Session", limit: 3).map { _1.line["ivars"]["@id"] } # => [15, 12, 9]
    def sample(class_name, limit: 300)
      total, _bytes, numbers = graph.sample(classes: classes_named(class_name), reachable: true,
                                            limit: limit)
      Page.new(nodes(numbers), total)
    end

    # The objects with the largest retained sizes that are dominated by nothing but roots and named
    # modules (Page of Node). With <tt>program: true</tt> it returns objects of the program only:
    # what every Ruby process has (threads, code, tables of the VM) is left out, and the objects
    # that it dominates are returned in its place.
    #
    #   snapshot.top(limit: 2).map(&:words)                # => ["thread at app.rb:8", "Hash of 9"]
    #   snapshot.top(limit: 1, program: true).map(&:words) # => ["Hash of 9"]
    def top(limit: 20, offset: 0, program: false)
      total, numbers = top_numbers(offset, limit, program)
      Page.new(nodes(numbers), total)
    end

    # The objects that an object dominates directly, that is one level of the dominator tree, the
    # largest first (Page of Node).
    #
    #   snapshot.dominated(cache, limit: 1).total       # => 18
    #   snapshot.dominated(cache, limit: 1).first.words # => "Session"
    def dominated(node, limit: 20, offset: 0)
      total, numbers = graph.dominated(to_node(node).id, offset, limit)
      Page.new(nodes(numbers), total)
    end

    # The immediate dominator of a node: the last object or root that every path to the node leads
    # through (Node); nil for garbage.
    #
    #   snapshot.dominator(session).words # => "Hash of 9"
    def dominator(node)
      number = graph.dominator(to_node(node).id)
      number && node(number)
    end

    # The retained size: the bytes that would be free if this object, or all of these objects
    # (Enumerable), were free. That is their own size and the size of all objects that only they
    # hold. No object is counted twice. 0 for garbage.
    #
    #   snapshot.retained_size(session)                        # => 1224
    #   snapshot.retained_size([session, cache])               # => 12304
    #   snapshot.retained_size(snapshot.find(class: "Report")) # => 80512
    def retained_size(nodes)
      return graph.retained(to_node(nodes).id).first unless nodes.is_a?(Enumerable)

      graph.retained_by_all(nodes.to_a.map { |node| to_node(node).id }).first
    end

    # How many objects would be free if this object were, the object itself included (Integer). 0
    # for garbage.
    #
    #   snapshot.retained_objects(session) # => 3
    def retained_objects(node)
      graph.retained(to_node(node).id).last
    end

    # False for garbage: what no root holds.
    #
    #   snapshot.reachable?(session) # => true
    def reachable?(node)
      graph.reachable?(to_node(node).id)
    end

    # The references of an object (Page of Reference): the one to its class first, then the others
    # in the order of its line.
    #
    #   snapshot.references(session).map { |held| "#{held.edge}: #{held.node.words}" }
    #   # => ["class: Session (class)", "@user: String \"user 17\"", …]
    def references(node, limit: 20, offset: 0)
      references_from(*graph.edges(to_node(node).id, offset, limit))
    end

    # The references to an object (Page of Reference). The instances of a class refer to it as well,
    # but they are returned only with <tt>instances: true</tt>.
    #
    #   snapshot.referrers(session).map { |held| "#{held.node.words} #{held.edge}" }
    #   # => ["Hash of 9 [\"k17\"]"]
    def referrers(node, limit: 20, offset: 0, instances: false)
      references_from(*graph.referrers(to_node(node).id, instances, offset, limit))
    end

    # The paths from roots to an object, which show why it is live (Array of Path). The path that
    # names the best cause comes first, then the paths that share no edge with a better one, then
    # the others. Empty for garbage.
    #
    # +budget+ is the number of edges after which the search ends. With +around+, the middle of a
    # long path, as of one through a list, is left out (Path#left_out): that many edges remain after
    # the holder of the path, and that many before the object.
    #
    #   snapshot.paths(session, limit: 3).each { |path| puts "#{path.rank}: #{path}" }
    #   # named: Registry (module) → constant CACHE → Hash of 9 → ["k17"] → Session
    def paths(node, limit: 5, budget: 200_000, around: nil)
      graph.paths(to_node(node).id, limit, budget, around).last.map { Path.decode(self, _1) }
    end

    # Only the best of the #paths (Path), nil for garbage. This is much faster if it is called for
    # many objects. +around+ is as for #paths.
    #
    #   snapshot.path_to(session).holder.words # => "Registry (module)"
    def path_to(node, around: nil)
      path = graph.best_path(to_node(node).id, around)
      path && Path.decode(self, path)
    end

    # Strings of which there is more than one copy (Duplicates); those that waste most memory come
    # first.
    #
    #   snapshot.duplicate_strings(limit: 1).first.copies # => 9
    def duplicate_strings(limit: 20)
      Duplicates.of(self, limit)
    end

    # The difference between this dump and +others+ (Snapshots), which are dumps of the same
    # process, each taken later than the one before (Diff). +by+ is as for #histogram. Raises
    # ArgumentError for another +by+ and for an argument that is no Snapshot.
    #
    #   snapshot.diff(later).first.counts # => [8843, 9744]
    def diff(*others, by: :class)
      stranger = others.find { |other| !other.is_a?(Snapshot) }
      raise ArgumentError, "#{stranger.inspect} is no Snapshot; open it first" if stranger

      Diff.new([self, *others], by)
    end

    # Returns a Node of this snapshot for a Node or an address. Raises NotFound if there is no
    # object at the address, and ArgumentError for a Node of another snapshot.
    def to_node(node) # :nodoc:
      return node.of(self) if node.is_a?(Node)

      address = node.is_a?(Integer) ? format("0x%x", node) : node
      object(node) or raise NotFound, "#{path} has no object at #{address}; addresses are good " \
                                      "within one dump only"
    end

    # The numbers of all classes that have a name. Raises NotFound if there is none.
    def classes_named(name) # :nodoc:
      numbers = graph.modules_named(name)
      return numbers unless numbers.empty?

      raise NotFound, "#{path} has no class #{name}#{Names.offer(self, name)} " \
                      "(`heapdump summary` lists the largest)"
    end

    def inspect # :nodoc:
      "#<#{self.class} #{path}>"
    end

    private

    def nodes(numbers)
      numbers.map { |number| node(number) }
    end

    def references_from(total, flat)
      references = flat.each_slice(2).map do |name, number|
        Reference.new(Edge.decode(self, name), node(number)).freeze
      end
      Page.new(references, total)
    end
  end
end

# frozen_string_literal: true

require_relative "version"
require_relative "errors"
require_relative "extension"
require_relative "terminal"
require HeapDump::Extension.path("heapgraph")

module HeapDump
  # A dump that is read: ours, or what ObjectSpace.dump_all wrote; plain, .gz, .zst.
  #
  #   snapshot = HeapDump::Snapshot.open("heap.json.zst")
  #   session = snapshot.find(class: "Session").first
  #   session.retained_size             # => 1224
  #   snapshot.paths(session).first.to_s
  #   # => "Registry (module) → constant CACHE → Hash of 9 → [\"k17\"] → Session"
  #
  # Sizes are in bytes. What is told of an object is a small frozen value (Node, Path, Edge, Row).
  # A snapshot may be used by several threads: long work runs without the GVL, one piece at a time,
  # and is stopped by whatever interrupts its thread.
  #
  # Whatever takes a node takes an address too, as an Integer or as a String ("0x7f10a2b3c4d8"): it
  # raises HeapDump::NotFound where no object is there, and ArgumentError for what is no address and
  # for nodes of other snapshots.
  # HeapDump::ReadError comes where memory does not suffice.
  #
  # +limit+ is how many are returned, and +offset+ how many before them are left out; ArgumentError
  # where they are negative.
  class Snapshot
    autoload :Describe, "#{__dir__}/snapshot/describe"
    autoload :Diff, "#{__dir__}/snapshot/diff"
    autoload :Duplicate, "#{__dir__}/snapshot/duplicates"
    autoload :Duplicates, "#{__dir__}/snapshot/duplicates"
    autoload :Edge, "#{__dir__}/snapshot/edge"
    autoload :Frames, "#{__dir__}/snapshot/frames"
    autoload :Histogram, "#{__dir__}/snapshot/histogram"
    autoload :Keys, "#{__dir__}/snapshot/keys"
    autoload :Inside, "#{__dir__}/snapshot/inside"
    autoload :Lines, "#{__dir__}/snapshot/lines"
    autoload :Loading, "#{__dir__}/snapshot/loading"
    autoload :Names, "#{__dir__}/snapshot/names"
    autoload :Node, "#{__dir__}/snapshot/node"
    autoload :Origins, "#{__dir__}/snapshot/origins"
    autoload :Page, "#{__dir__}/snapshot/page"
    autoload :Path, "#{__dir__}/snapshot/path"
    autoload :Places, "#{__dir__}/snapshot/places"
    autoload :Row, "#{__dir__}/snapshot/histogram"
    autoload :Summary, "#{__dir__}/snapshot/summary"
    autoload :Values, "#{__dir__}/snapshot/values"
    autoload :Warnings, "#{__dir__}/snapshot/warnings"

    # A reference: its name (Edge), and the object at its other end (Node).
    Reference = Struct.new(:edge, :node)

    # Where the dump was read from (String).
    attr_reader :path
    # What the reader has made of it (HeapDump::Graph).
    attr_reader :graph # :nodoc:

    # Reads a dump. +path+ is a file, or "-" for standard input.
    #
    # index::  whether what was computed is kept in a file beside the dump (PATH.hdidx, or in the
    #          cache folder of the user), so that it opens at once next time: true, false, or
    #          +:auto+ (default), which does so for dumps that are large.
    # strict:: raise HeapDump::Corrupt for a dump that is damaged or not whole, instead of reading
    #          what is there.
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
      @path = path == "-" ? path : File.path(path)
      @index = index
      @strict = strict
      @graph = Graph.new
      @lines = Lines.new(@graph)
    end

    # Reads the dump, and returns self. Raises what ::open does, and ArgumentError the second time.
    #
    #   HeapDump::Snapshot.new("heap.json").load.objects # => 1142259
    def load
      Loading.new(@graph, @path, @index, @strict).run
      Warnings.refuse(self) if @strict
      self
    end

    # How far long work is, for another thread: [what is done (String), how much of it, of how much
    # (0 where nobody knows)]; nil where nothing is done.
    #
    #   snapshot.progress # => ["reading", 41943040, 83886080]
    def progress
      graph.progress
    end

    # What reading found: lines, bad lines and where the first one was, what the footer promises
    # (Hash of Symbols). Its +:checks+ tell what has to be so for a dump to be whole and valid:
    # true, false, or nil where the dump does not tell.
    #
    #   snapshot.account # => {lines: 18090, bytes: 4403709, bad_lines: 0, bad_line: 0, …}
    def account
      @account ||= graph.account.freeze
    end

    # The first line of the dump (Hash): process, Ruby, GC. {} where there is none.
    #
    #   snapshot.header.values_at("pid", "ruby") # => [4711, "3.1.2"]
    def header
      @header ||= Lines.parse(graph.header)
    end

    # Its last line (Hash): pages and free slots of the heap. {} where there is none.
    #
    #   snapshot.footer["heaps"] # => [{"slot_size" => 40, "pages" => 54, "slots" => 22065, …}]
    def footer
      @footer ||= Lines.parse(graph.footer)
    end

    # Whether the dump is whole and valid: true or false; nil for a valid one that has no footer to
    # tell by, as of ObjectSpace.dump_all.
    #
    #   snapshot.whole # => true
    def whole
      checks = account[:checks].values
      return false if checks.include?(false)

      account[:objspace_format] ? nil : true
    end

    # What is wrong with the dump, and what else is to be known when it is read, each in one
    # sentence (Array of String); empty for a whole one.
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

    # The object (Node) at an address, nil if there is none. Raises ArgumentError for what is no
    # address.
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

      raise ArgumentError, "an address is an Integer or looks like 0x7f10a2b3c4d8, " \
                           "not #{address.inspect}"
    end

    # The classes and modules of a name (Array of Node): several where one replaced another, none
    # where there is no such name.
    #
    #   snapshot.modules_named("Registry").map(&:words) # => ["Registry (module)"]
    def modules_named(name)
      graph.modules_named(name).map { |number| node(number) }
    end

    # Objects, the ones that retain most first (Page of Node).
    #
    # class::    name of their class (not of an ancestor)
    # type::     "STRING", "HASH" … as in the dump
    # value::    of strings, symbols and regexps: a String that they contain, or a Regexp
    # min_size:: bytes that they have at least, shallow
    # limit::    how many are returned
    #
    # Raises HeapDump::NotFound where no class has that name, and for +value+ where the dump has no
    # contents of strings; ArgumentError for an unknown type and another +value+.
    #
    #   snapshot.find(class: "Session", min_size: 100).total # => 31337
    def find(class: nil, type: nil, value: nil, min_size: 0, limit: 20)
      classes = binding.local_variable_get(:class)&.then { |name| classes_named(name) }
      type = type&.then { |word| type_number(word) }
      return Values.new(self).find(value, type, classes, min_size, limit) if value

      total, _bytes, numbers = graph.find(type, classes, min_size, false, limit, false)
      Page.new(nodes(numbers), total)
    end

    # At most +limit+ living objects of a class, evenly spread over all of them (Page of Node).
    # Raises HeapDump::NotFound where no class has that name.
    #
    #   snapshot.sample("Session", limit: 3).map { _1.line["ivars"]["@id"] } # => [15, 12, 9]
    def sample(class_name, limit: 300)
      total, _bytes, numbers = graph.find(nil, classes_named(class_name), 0, true, limit, true)
      Page.new(nodes(numbers), total)
    end

    # Objects in groups (Histogram of Row). +by+ is +:class+, +:type+, +:location+ (where they were
    # allocated), +:generation+ (when) or +:gem+ (whose code allocated them); +below+ (Node or
    # address) counts only what an object keeps alive. Raises ArgumentError for another +by+.
    #
    #   snapshot.histogram(by: :class)["String"].bytes                  # => 441939
    #   snapshot.histogram(below: cache).to_h { [_1.label, _1.objects] } # => {"String" => 27, …}
    def histogram(by: :class, below: nil)
      Histogram.of(self, by, below && to_node(below))
    end

    # The objects that keep most alive, and are kept alive by nothing but roots and named modules
    # (Page of Node). With <tt>program: true</tt> those of the program alone: what every process of
    # Ruby has (threads, code, tables of the VM) is left out and looked through as well.
    #
    #   snapshot.top(limit: 2).map(&:words)                # => ["thread of app.rb:8", "Hash of 9"]
    #   snapshot.top(limit: 1, program: true).map(&:words) # => ["Hash of 9"]
    def top(limit: 20, offset: 0, program: false)
      total, numbers = program ? graph.program_top(offset, limit) : graph.top(true, offset, limit)
      Page.new(nodes(numbers), total)
    end

    # What an object alone keeps alive, one level of it, largest first (Page of Node).
    #
    #   snapshot.dominated(cache, limit: 1).total       # => 18
    #   snapshot.dominated(cache, limit: 1).first.words # => "Session"
    def dominated(node, limit: 20, offset: 0)
      total, numbers = graph.dominated(to_node(node).id, offset, limit)
      Page.new(nodes(numbers), total)
    end

    # The object (or root) that every path to a node passes last (Node), nil for garbage.
    #
    #   snapshot.dominator(session).words # => "Hash of 9"
    def dominator(node)
      number = graph.dominator(to_node(node).id)
      number && node(number)
    end

    # Bytes that would be free if this object, or all of these (Enumerable), were: their own and
    # those of all that they alone keep alive. Nothing is counted twice. 0 for garbage.
    #
    #   snapshot.retained_size(session)                        # => 1224
    #   snapshot.retained_size([session, cache])               # => 12304
    #   snapshot.retained_size(snapshot.find(class: "Report")) # => 80512
    def retained_size(nodes)
      return graph.retained(to_node(nodes).id).first unless nodes.is_a?(Enumerable)

      graph.retained_by_all(nodes.to_a.map { |node| to_node(node).id }).first
    end

    # Objects that would be free, the object itself included (Integer). 0 for garbage.
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

    # What an object refers to (Page of Reference): its class first, then as in its line.
    #
    #   snapshot.references(session).map { |held| "#{held.edge}: #{held.node.words}" }
    #   # => ["class: Session (class)", "@user: String \"user 17\"", …]
    def references(node, limit: 20, offset: 0)
      references_from(*graph.edges(to_node(node).id, offset, limit))
    end

    # What refers to an object (Page of Reference). Those that are of a class refer to it as well;
    # they are told apart: with <tt>instances: true</tt>.
    #
    #   snapshot.referrers(session).map { |held| "#{held.node.words} #{held.edge}" }
    #   # => ["Hash of 9 [\"k17\"]"]
    def referrers(node, limit: 20, offset: 0, instances: false)
      references_from(*graph.referrers(to_node(node).id, instances, offset, limit))
    end

    # Why an object is alive (Array of Path): the path that names the best cause first, then those
    # that share no edge with a better one, then others. Empty for garbage.
    #
    # +budget+ is how many edges are looked at before it gives up looking for more. With +around+
    # the middle of a longer path, as of one through a list, is left out (Path#left_out): so many
    # edges stay behind its holder, and as many before the object.
    #
    #   snapshot.paths(session, limit: 3).each { |path| puts "#{path.rank}: #{path}" }
    #   # named: Registry (module) → constant CACHE → Hash of 9 → ["k17"] → Session
    def paths(node, limit: 5, budget: 200_000, around: nil)
      graph.paths(to_node(node).id, limit, budget, around).last.map { Path.decode(self, _1) }
    end

    # The best of the #paths alone (Path), nil for garbage. Much quicker where many objects are
    # asked for. +around+ is as for #paths.
    #
    #   snapshot.path_to(session).holder.words # => "Registry (module)"
    def path_to(node, around: nil)
      path = graph.best_path(to_node(node).id, around)
      path && Path.decode(self, path)
    end

    # Strings of which there is more than one copy (Duplicates), those that waste most first.
    #
    #   snapshot.duplicate_strings(limit: 1).first.copies # => 9
    def duplicate_strings(limit: 20)
      Duplicates.of(self, limit)
    end

    # What is different in +others+ (Snapshots), dumps of the same process, each taken later than
    # the one before (Diff). +by+ is as for #histogram. Raises ArgumentError for another +by+ and
    # for what is no Snapshot.
    #
    #   snapshot.diff(later).first.counts # => [8843, 9744]
    def diff(*others, by: :class)
      stranger = others.find { |other| !other.is_a?(Snapshot) }
      raise ArgumentError, "#{stranger.inspect} is no Snapshot; open it first" if stranger

      Diff.new([self, *others], by)
    end

    # What the heap is made of, at a glance (Summary). +limit+ is for its lists, and +program+ as
    # for #top for Summary#most_referred.
    #
    #   snapshot.summary.memory.rss # => 14532608
    def summary(limit: 10, program: false)
      Summary.new(self, limit, program)
    end

    # What is the application's, a gem's, Ruby's or the VM's (Origins).
    def origins # :nodoc:
      @origins ||= Origins.new(self)
    end

    # The node of a number.
    def node(number) # :nodoc:
      Node.new(self, number)
    end

    # The line of a node as a Hash.
    def line(number) # :nodoc:
      @lines.whole(number)
    end

    # The same as far as it is worth showing: see Node#brief.
    def brief(number) # :nodoc:
      @lines.brief(number)
    end

    # The same as text, nil where there is none.
    def text(number) # :nodoc:
      graph.line(number)
    end

    # A Node of this snapshot; raises NotFound for an address where nothing is, ArgumentError for a
    # Node of another one.
    def to_node(node) # :nodoc:
      return node.of(self) if node.is_a?(Node)

      object(node) or raise NotFound, "#{path} has no object at #{format_address(node)}; " \
                                      "addresses are good within one dump only"
    end

    # Numbers of the classes of a name; raises NotFound if there are none.
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

    def format_address(address)
      address.is_a?(Integer) ? format("0x%x", address) : address
    end

    def type_number(word)
      Node::TYPES.index(word.to_s.upcase) or
        raise ArgumentError, "there is no type #{word}; it is one of " \
                             "#{(Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT]).join(" ")}"
    end
  end
end

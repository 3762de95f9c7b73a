# frozen_string_literal: true

module HeapDump
  class Snapshot
    # One object of a dump, or one of its roots. Frozen. The attributes below are in memory;
    # everything else in its line is read from the file when it is asked for.
    #
    #   node = snapshot.object("0x7f10a2b3c4d8")
    #   node.address       # => 139709425894616
    #   node.type          # => "OBJECT"
    #   node.class_name    # => "Session"
    #   node.memsize       # => 40
    #   node.location      # => "app/login.rb:9"
    #   node.generation    # => 31
    #   node.line["ivars"] # => {"@id" => 17, "@user" => "0x7f10a2b3c500"}
    class Node
      # The number of the node in the reader's graph (Integer). It has no meaning outside this
      # snapshot.
      attr_reader :id
      # The address of the object (Integer), nil for roots.
      attr_reader :address
      # "OBJECT", "STRING" … as in the dump; "ROOT" for a root; "MISSING" for an object to which
      # something refers and which has no line.
      attr_reader :type
      # Its own size: the bytes of its slot and of the memory that it allocated itself.
      attr_reader :memsize
      # The name of its class (singleton classes are skipped); nil if the class has no name.
      attr_reader :class_name
      # The C type of a DATA, the kind of an IMEMO, the category of a root (String); nil for others.
      attr_reader :kind
      # The name of a class or module (String); nil for other objects and for anonymous classes.
      attr_reader :name
      # Where it was allocated, as "file:line"; nil unless allocations were traced.
      attr_reader :location
      # How many GCs had run when it was allocated; nil unless allocations were traced.
      attr_reader :generation

      def initialize(snapshot, id) # :nodoc:
        @snapshot = snapshot
        @id = id
        address, type, @memsize, @flags, @class_id, @class_name, word, location,
          @generation = snapshot.graph.node(id)
        @location = snapshot.place(location)
        @type = TYPES.fetch(type)
        NAMED.include?(@type) ? @name = word : @kind = word
        @address = address unless address.zero?
        freeze
      end

      # What an object can be, in the order of enum hg_type (ext/heapgraph/graph/graph.h).
      TYPES = %w[
        UNKNOWN OBJECT CLASS MODULE ICLASS FLOAT STRING REGEXP ARRAY HASH STRUCT BIGNUM FILE DATA
        MATCH COMPLEX RATIONAL SYMBOL IMEMO NODE ROOT VIRTUAL_ROOT MISSING
      ].freeze
      NAMED = %w[CLASS MODULE MISSING].freeze # :nodoc:

      # The flags that #flags returns, mostly as in the dump. These need an explanation:
      # +:conservative+ is the root of the machine stacks, which may hold an object by chance;
      # +:vm_cache+ marks caches and tables of the VM, which hold objects but are no cause of a
      # leak; +:shared+ marks an object whose memory is counted at another object; +:error+ marks an
      # object that could not be read.
      FLAGS = %i[conservative vm_cache singleton frozen old shared error finalizer].freeze

      # The flags of this node: some of FLAGS (Array of Symbols).
      #
      #   node.flags # => [:old]
      def flags
        FLAGS.each_index.filter_map { |bit| FLAGS[bit] if @flags[bit] == 1 }
      end

      # True if it has this flag (Symbol, one of FLAGS). Raises ArgumentError for anything else.
      #
      #   node.flag?(:frozen) # => false
      def flag?(flag)
        bit = FLAGS.index(flag) or
          raise ArgumentError, "#{flag.inspect} is no flag; they are #{FLAGS.join(" ")}"
        @flags[bit] == 1
      end

      # True for a root, false for an object.
      #
      #   snapshot.path_to(node).root.root? # => true
      def root?
        %w[ROOT VIRTUAL_ROOT].include?(type)
      end

      # Its class as a Node (singleton classes are skipped); nil if it has none.
      #
      #   node.class_node.name # => "Session"
      def class_node
        @class_id && @snapshot.node(@class_id)
      end

      # Its line in the dump (Hash, as parsed from JSON); {} if it has none.
      #
      #   node.line["memsize"] # => 40
      def line
        @snapshot.line(id)
      end

      # Its retained size: the bytes that would be free if it were, that is its own size and the
      # size of all objects that only it holds. 0 for garbage.
      #
      #   node.retained_size # => 1224
      def retained_size
        @snapshot.retained_size(self)
      end

      # False for garbage: what no root holds.
      #
      #   node.reachable? # => true
      def reachable?
        @snapshot.reachable?(self)
      end

      # What the object belongs to, one of KINS: see ext/heapgraph/search/kin.h.
      def kin # :nodoc:
        KINS.fetch(@snapshot.graph.kin(id))
      end
      KINS = %i[program vm code stack tracing].freeze
      private_constant :KINS

      # True if the program has made it; false for what every Ruby process has.
      def program? # :nodoc:
        kin == :program
      end

      # True for a class or module of which another one has taken the name, or which was removed:
      # its name is not the constant that leads to it any more. Something else still holds it.
      def former? # :nodoc:
        @snapshot.constants.former?(self)
      end

      # Where it comes from: one of Snapshot::Origins::CLASSES or OTHERS.
      def origin # :nodoc:
        @snapshot.origins.of(self)
      end

      # True if what may be secret is not said of it.
      def redacted? # :nodoc:
        @snapshot.redacted?
      end

      # What it holds by a name or index: a Node, or a value that is no object in the dump (Integer,
      # Float, Symbol, true, false, nil). A String is the name of an instance variable, member,
      # constant, class variable or captured variable, or a key; a Symbol is a member or key; an
      # Integer is an index or key. nil if it holds nothing by that name.
      #
      #   session["@user"].words # => "String \"user 17\""
      #   session["@id"]         # => 17
      #   cache["k17"]           # => #<HeapDump::Snapshot::Node 0x7f10a2b3c4d8 Session>
      def [](name)
        Inside.new(self)[name]
      end

      # Its references (Page of Reference), as Snapshot#references.
      #
      #   session.references(limit: 1).total # => 3
      def references(limit: 20, offset: 0)
        @snapshot.references(self, limit: limit, offset: offset)
      end

      # The references to it (Page of Reference), as Snapshot#referrers.
      #
      #   session.referrers.first.node.words # => "Hash of 9"
      def referrers(limit: 20, offset: 0, instances: false)
        @snapshot.referrers(self, limit: limit, offset: offset, instances: instances)
      end

      # Another object of the same dump (Node), by its address as it stands in a line (String); nil
      # if there is no such object. Any other value that may stand in a line gives nil too.
      #
      #   node.related(node.line["ivars"]["@user"]).words # => "String \"user 17\""
      #   node.related(node.line["ivars"]["@id"])         # => nil
      def related(address)
        @snapshot.object(address) if address.is_a?(String) && address.match?(/\A0x\h{1,16}\z/)
      end

      # Its line without long texts and long lists, which are cut; frames are never cut.
      def brief # :nodoc:
        @snapshot.brief(id)
      end

      # Returns self if it belongs to that snapshot, and raises ArgumentError if not.
      def of(snapshot) # :nodoc:
        return self if snapshot.equal?(@snapshot)

        raise ArgumentError, "#{self} is an object of #{@snapshot.path}, opened on its own; " \
                             "take the one that this snapshot finds"
      end

      # A field of #brief if its value is of the class +type+, else nil, because a line may contain
      # anything.
      def field(name, type = String) # :nodoc:
        value = brief[name]
        value if value.is_a?(type)
      end

      # True for a class or module. (An ICLASS is none that a program sees.)
      def module? # :nodoc:
        %w[CLASS MODULE].include?(type)
      end

      # True for a thread or fiber.
      def stack? # :nodoc:
        %w[VM/thread fiber].include?(kind)
      end

      # "0x7f10a2b3c4d8", as it can be given to Snapshot#object and to the commands; the category of
      # a root.
      #
      #   node.to_s # => "0x7f10a2b3c4d8"
      def to_s
        address ? format("0x%x", address) : kind.to_s
      end

      # In words (String): "Hash of 31,337", "proc app/bus.rb:9".
      #
      #   node.words # => "Session"
      def words
        Describe.node(self)
      end

      def inspect # :nodoc:
        "#<#{self.class} #{self} #{words}>"
      end

      # True for the same object of the same snapshot.
      #
      #   snapshot.object(node.address) == node # => true
      def ==(other)
        other.is_a?(Node) && other.id == id && other.snapshot.equal?(snapshot)
      end
      alias eql? == # :nodoc:

      def hash # :nodoc:
        id.hash
      end

      protected

      attr_reader :snapshot # :nodoc:
    end
  end
end

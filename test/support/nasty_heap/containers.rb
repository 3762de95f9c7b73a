# frozen_string_literal: true

require "set"

module NastyHeap
  # Arrays, hashes, structs, sets.
  class Containers < Family
    Point = Struct.new(:x, :y)
    Wide = Struct.new(*(1..30).map { |i| :"member#{i}" })
    Odd = Struct.new(:"a b", :"q\"uote", :日本, :"new\nline", :"0x1", :a?)
    Keyword = Struct.new(:id, :items, keyword_init: true)
    Sub = Class.new(Class.new(Point))
    Fact = ::Data.define(:subject, :object) if defined?(::Data.define)

    # Equal and hashed to nothing that is ever called while dumping.
    class Key
      def initialize(name)
        @name = name
      end

      def hash
        @name.hash
      end

      def eql?(other)
        other.is_a?(Key)
      end
    end

    def build
      @held = text("held by containers")
      arrays
      shared_arrays
      hashes
      hash_defaults
      structs
      sets
    end

    private

    def array(key, content, **fields)
      plant(:"array_#{key}", content, type: "ARRAY", length: content.size,
                                      elements: values(*content), **fields)
    end

    def arrays
      array(:empty, [])
      array(:small, [1, @held, nil], embedded: true, class_name: "Array")
      array(:immediates, [nil, true, false, 0, -1, 2**61, -(2**62), (2**62) - 1, :sym])
      array(:floats, [0.0, 1.5, 2.0, -3.25, 1e20, 1e-7, 0.1, 1.0 / 3, 123_456_789.0, 1e70])
      array(:heap_floats, [-0.0, 1e300, 5e-324, Float::NAN, Float::INFINITY])
      array(:heap, Array.new(300) { |i| i.even? ? i : @held }, embedded: absent)
      array(:frozen, [@held].freeze, frozen: true)
      recursive = [1]
      recursive << recursive
      array(:recursive, recursive)
      array(:nested, [[[[[[@held]]]]]])
      tagged = [1]
      tagged.instance_variable_set(:@tag, @held)
      array(:with_ivars, tagged, ivars: { "@tag" => value(@held) })
      array(:subclass, Class.new(Array).new([@held]), class_name: absent)
    end

    def shared_arrays
      whole = Array.new(500) { |i| i.odd? ? Object.new : i }
      tail = whole[100..]
      plant(:array_shared, tail, type: "ARRAY", length: 400, shared: true, offset: 100,
                                 shared_root: any, elements: absent)
      plant(:array_sharing, whole, type: "ARRAY", length: 500)
    end

    def hash(key, content, **fields)
      pairs = content.map { |pair| values(*pair) }
      plant(:"hash_#{key}", content, type: "HASH", size: content.size, entries: pairs,
                                     compare_by_identity: absent, **fields)
    end

    def hashes
      hash(:empty, {}, default: absent, default_proc: absent, class_name: "Hash")
      hash(:small, { id: 7, "text" => @held, nil => true, 1.5 => [1], [1] => :two })
      hash(:table, (0...50).to_h { |i| [i, text("entry #{i}")] })
      hash(:objects, { Key.new("a") => 1, Key.new("b") => @held })
      hash(:special, { Float::NAN => 1, -0.0 => 2, (2**70) => 3, (1..2) => 4, Object => 5 })
      deleted = (0...40).to_h { |i| [i, i] }
      deleted.delete_if { |key, _| (key % 3).zero? }
      hash(:deleted, deleted)
      recursive = {}
      recursive[:self] = recursive
      hash(:recursive, recursive)
      tagged = { a: 1 }
      tagged.instance_variable_set(:@tag, @held)
      hash(:with_ivars, tagged, ivars: { "@tag" => value(@held) })
      hash(:subclass, Class.new(Hash)[1, 2], class_name: absent)
      identity = { @held => 1, text("held by containers") => 2 }.compare_by_identity
      hash(:identity, identity, compare_by_identity: true)
      hash(:emptied, { a: 1 }.tap(&:clear))
    end

    def hash_defaults
      default = Hash.new(@held)
      hash(:default, default, default: value(@held), default_proc: absent)
      hash(:default_immediate, Hash.new(0), default: 0)
      hash(:default_false, Hash.new(false), default: false)
      hash(:default_symbol, Hash.new(:none), default: ":none")
      made = Hash.new { |table, key| table[key] = key.to_s }
      hash(:default_proc, made, default_proc: value(made.default_proc), default: absent)
      big = Hash.new(@held)
      20.times { |i| big[i] = i }
      hash(:default_table, big, default: value(@held))
    end

    def structs
      struct(:small, Point.new(1, @held))
      struct(:wide, Wide.new(*(1..30)), members: subset("member1" => 1, "member30" => 30))
      struct(:odd, Odd.new(1, @held, nil, :a, 1.5, true))
      struct(:keyword, Keyword.new(id: 3, items: [@held]))
      struct(:subclass, Sub.new(@held, 2))
      struct(:uninitialised, Point.allocate)
      tagged = Point.new(1, 2)
      tagged.instance_variable_set(:@tag, @held)
      struct(:with_ivars, tagged, ivars: { "@tag" => value(@held) })
      struct(:frozen, Point.new(@held, nil).freeze, frozen: true)
      struct(:anonymous, Struct.new(:only).new(@held), class_name: absent)
      return unless defined?(Fact)

      plant(:data_small, Fact.new(subject: @held, object: 2),
            type: "STRUCT", members: { "subject" => value(@held), "object" => 2 })
    end

    def struct(key, object, **fields)
      members = object.members.zip(object.to_a).to_h { |name, item| [name.to_s, value(item)] }
      fields = { members: members, class_name: object.class.name }.merge(fields)
      plant(:"struct_#{key}", object, type: "STRUCT", **fields)
    end

    def sets
      object = Object.new # a string would be copied and frozen
      set = Set[1, object, :three]
      if RUBY_VERSION >= "4" # in the core, and in C
        plant(:set, set, type: "DATA", struct: "set", elements: values(1, object, :three))
        holes = Set.new(0..200).delete_if { |n| n < 50 || n.odd? }
        plant(:set_with_holes, holes, type: "DATA", struct: "set", elements: holes.to_a)
        plant(:set_empty, Set.new, type: "DATA", struct: "set", elements: [])
      else
        plant(:set, set, type: "OBJECT", ivars: { "@hash" => any })
      end
    end
  end
end

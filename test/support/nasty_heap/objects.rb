# frozen_string_literal: true

require "delegate"
require "weakref"

module NastyHeap
  # Plain objects, their instance variables, and objects that no constructor has touched.
  class Objects < Family
    # Every class whose allocate gives something is tried; these only wait or end the process.
    UNTOUCHED_LIMIT = 5000

    class Session
      attr_accessor :id, :user

      def initialize(id, user)
        @id = id
        @user = user
        @state = :open
      end
    end

    class Wide
      def initialize(count, held)
        count.times { |i| instance_variable_set(:"@field#{i}", i.even? ? i : held) }
      end
    end

    class Complex
      def initialize(number)
        instance_variable_set(:"@only_#{number}", number)
        @common = number
      end
    end

    class Blank < BasicObject
      def initialize(held)
        @held = held
      end
    end

    def build
      @held = text("held by objects")
      plain
      shapes
      generic
      unnamed
      states
      kept_by_gc
      untouched
    end

    private

    def object(key, object, ivars, **fields)
      plant(:"object_#{key}", object,
            type: "OBJECT", ivars: ivars.transform_values { |item| value(item) }, **fields)
    end

    def plain
      session = Session.new(42, @held)
      object(:session, session, { "@id" => 42, "@user" => @held, "@state" => :open },
             class: value(Session), class_name: "NastyHeap::Objects::Session")
      plant(:object_empty, Object.new, type: "OBJECT", class_name: "Object", ivars: absent)
      wide = Wide.new(40, @held)
      object(:wide, wide, (0...40).to_h { |i| ["@field#{i}", i.even? ? i : @held] },
             embedded: absent)
      object(:blank, Blank.new(@held), { "@held" => @held },
             class_name: "NastyHeap::Objects::Blank")
      removed = Session.new(1, 2)
      removed.remove_instance_variable(:@user)
      object(:removed, removed, { "@id" => 1, "@state" => :open })
      odd = Object.new
      { "@日本" => 1, "@ümlaut" => @held, "@nil" => nil, "@false" => false, "@_" => 1.5 }
        .each { |name, item| odd.instance_variable_set(name, item) }
      object(:odd_names, odd, { "@日本" => 1, "@ümlaut" => @held, "@nil" => nil,
                                "@false" => false, "@_" => 1.5 })
      many = Object.new
      100.times { |i| many.instance_variable_set("@v#{i}", @held) }
      object(:one_held_often, many, (0...100).to_h { |i| ["@v#{i}", @held] })
    end

    # More shapes of one class than MRI keeps apart.
    def shapes
      objects = Array.new(40) { |i| Complex.new(i) }
      last = objects.last
      last.instance_variable_set(:@later, @held)
      object(:too_complex, last, { "@only_39" => 39, "@common" => 39, "@later" => @held })
      object(:complex_base, objects.first, { "@only_0" => 0, "@common" => 0 })
      PLANTED_COMPLEX.concat(objects)
    end
    PLANTED_COMPLEX = []

    def generic
      error = RuntimeError.new("planted")
      error.instance_variable_set(:@cause_of_all, @held)
      plant(:exception, error, type: "OBJECT", class_name: "RuntimeError",
                               ivars: subset("@cause_of_all" => value(@held)))
      tagged = -> {}
      tagged.instance_variable_set(:@tag, @held)
      plant(:proc_with_ivars, tagged, ivars: { "@tag" => value(@held) })
      pattern = Regexp.new("generic#{Process.pid}")
      pattern.instance_variable_set(:@tag, @held) unless pattern.frozen?
      plant(:regexp_with_ivars, pattern, type: "REGEXP")
      thread = Thread.new {}
      thread.join
      thread.instance_variable_set(:@tag, @held)
      plant(:thread_with_ivars, thread, ivars: { "@tag" => value(@held) })
      many = text("many generic variables")
      30.times { |i| many.instance_variable_set("@g#{i}", i) }
      plant(:string_many_ivars, many, ivars: (0...30).to_h { |i| ["@g#{i}", i] })
      plant(:delegator, SimpleDelegator.new(@held),
            ivars: subset("@delegate_sd_obj" => value(@held)))
    end

    # What MRI keeps as instance variables whose names nobody can say.
    def unnamed
      error = NameError.new("planted", :planted, receiver: @held)
      plant(:name_error, error, type: "OBJECT", receiver: value(@held), iseq: any)
      frozen = FrozenError.new("planted", receiver: @held)
      plant(:frozen_error, frozen, type: "OBJECT", receiver: value(@held), iseq: absent)
      return if RUBY_VERSION >= "4" # there it is on the line of what keeps them

      plant(:string_packed, [@held].pack("p"), type: "STRING", associated: any)
    end

    def states
      plant(:object_frozen, Session.new(1, 2).freeze, frozen: true)
      shareable = defined?(Ractor) ? Ractor.make_shareable([text("shareable")]) : nil
      plant(:object_shareable, shareable, shareable: true, frozen: true) if shareable
      finalized = Object.new
      ObjectSpace.define_finalizer(finalized, Finalizer.new(@held))
      plant(:object_finalizer, finalized, type: "OBJECT", finalizer: true)
      numbered = Object.new
      numbered.object_id
      plant(:object_numbered, numbered, type: "OBJECT", ivars: absent)
      single = Session.new(1, @held)
      def single.only_here = 1
      plant(:object_singleton, single, class: value(single.singleton_class),
                                       class_name: "NastyHeap::Objects::Session")
    end

    class Finalizer
      def initialize(held)
        @held = held
      end

      def call(_id); end
    end

    def kept_by_gc
      old = Session.new(0, @held)
      plant(:object_old, old, type: "OBJECT")
      4.times { GC.start } unless GC.stress
      plant(:weak_reference, WeakRef.new(@held), class_name: "WeakRef")
    end

    # What `allocate` of every class gives that lets it be called.
    def untouched
      classes = ObjectSpace.each_object(Class).reject do |klass|
        klass.singleton_class? || klass.name.to_s.start_with?("NastyHeap")
      end
      made = classes.first(UNTOUCHED_LIMIT).filter_map { |klass| allocate(klass) }
      plant(:untouched, made, type: "ARRAY", length: made.size,
                              elements: made.map { |object| value(object) })
    end

    def allocate(klass)
      klass.allocate
    rescue StandardError, NotImplementedError
      nil
    end
  end
end

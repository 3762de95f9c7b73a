# frozen_string_literal: true

# Many references of each category of roots.
module Large
  def self.objects(count)
    Array.new(count) { Object.new }
  end

  heap(:global_variables, quick: 10_000, full: 100_000) do |count, run|
    eval(Array.new(count) { |i| "$g_#{i} = Object.new\n" }.join)
    run.call
  end

  heap(:registered_addresses, quick: 17_000, full: 100_000) do |count, run|
    Many.addresses(objects(count))
    run.call
  end

  heap(:registered_objects, quick: 17_000, full: 100_000) do |count, run|
    Many.mark_objects(objects(count))
    run.call
  end

  heap(:machine_stack, quick: 17_000, full: 100_000) do |count, run|
    Many.on_stack(objects(count)) { run.call }
  end

  heap(:symbols, quick: 17_000, full: 100_000) do |count, run|
    kept = Array.new(count) { |i| "sym bol #{i}".to_sym }
    plant(kept, length: count, elements: size(count))
    run.call
  end

  # Symbols that nothing can free any more.
  heap(:pinned_symbols, quick: 17_000, full: 100_000) do |count, run|
    holder = Class.new
    count.times { |i| holder.define_method("pinned_#{i}") { nil } }
    plant(holder, methods: size(count))
    run.call
  end

  heap(:at_exit_blocks, quick: 17_000, full: 100_000) do |count, run|
    count.times { at_exit { nil } }
    run.call
  end

  # As many as there are signals.
  heap(:trap_handlers, quick: 30, full: 60) do |count, run|
    signals = Signal.list.values.select { |n| n.positive? && n <= count } - [4, 7, 8, 9, 11, 17, 19, 26]
    signals.each { |signal| trap(signal) { signal } }
    run.call
  end

  heap(:finalizers, quick: 17_000, full: 50_000) do |count, run|
    kept = objects(count)
    finalizer = proc {}
    kept.each { |object| ObjectSpace.define_finalizer(object, finalizer) }
    run.call
  end

  # Each new one is compared with all that are there: by what is compared fastest.
  Finalizer = Class.new { def call(*) = nil }

  heap(:finalizers_of_one, quick: 17_000, full: 50_000) do |count, run|
    object = Object.new
    count.times { ObjectSpace.define_finalizer(object, Finalizer.new) }
    run.call
  end

  heap(:weak_references, quick: 17_000, full: 100_000) do |count, run|
    require "weakref"
    kept = objects(count)
    references = kept.map { |object| WeakRef.new(object) }
    plant(references, length: count)
    run.call
  end

  heap(:weak_map, quick: 17_000, full: 100_000) do |count, run|
    kept = objects(count)
    map = ObjectSpace::WeakMap.new
    kept.each { |object| map[object] = object }
    run.call
  end

  # A program's name of which each character takes six in JSON.
  heap(:program_name, quick: 300_000, full: 3_000_000) do |count, run|
    $0 = "\u0001" * count
    run.call
  end
end

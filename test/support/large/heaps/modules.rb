# frozen_string_literal: true

# Many classes, and what one of them may have many of.
module Large
  heap(:classes, quick: 5000, full: 100_000) do |count, run|
    kept = Array.new(count) { Class.new }
    plant(kept, length: count)
    run.call
  end

  heap(:named_classes, quick: 3000, full: 50_000) do |count, run|
    space = Module.new
    Object.const_set(:ManyClasses, space)
    count.times { |i| space.const_set(:"Class#{i}", Class.new) }
    plant(space, constants: size(count))
    run.call
  end

  heap(:singleton_classes, quick: 5000, full: 50_000) do |count, run|
    kept = objects(count).each(&:singleton_class)
    plant(kept, length: count)
    run.call
  end

  heap(:constants, quick: 4000, full: 400_000) do |count, run|
    space = Module.new
    count.times { |i| space.const_set(:"C#{i}", i) }
    plant(space, constants: size(count))
    run.call
  end

  heap(:class_variables, quick: 17_000, full: 100_000) do |count, run|
    klass = Class.new
    count.times { |i| klass.class_variable_set(:"@@v#{i}", i) }
    plant(klass, class_variables: size(count))
    run.call
  end

  heap(:methods, quick: 10_000, full: 100_000) do |count, run|
    klass = Class.new
    klass.class_eval(Array.new(count) { |i| "def m#{i} = #{i}\n" }.join)
    plant(klass, methods: size(count))
    run.call
  end

  heap(:included_modules, quick: 1000, full: 5000) do |count, run|
    klass = Class.new
    count.times { klass.include(Module.new) }
    run.call
  end

  heap(:autoloads, quick: 17_000, full: 100_000) do |count, run|
    space = Module.new
    count.times { |i| space.autoload(:"A#{i}", "/nowhere/#{i}") }
    plant(space, autoload: size(count))
    run.call
  end

  heap(:inheritance, quick: 5000, full: 50_000) do |count, run|
    klass = Class.new
    kept = [klass]
    count.times { kept << (klass = Class.new(klass)) }
    run.call
  end
end

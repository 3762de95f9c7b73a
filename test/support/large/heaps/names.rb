# frozen_string_literal: true

# Names that are themselves longer than a block. Half of each needs escaping.
module Large
  def self.long_name(first, count)
    "#{first}#{"ä\u007f" * (count / 3)}"
  end

  heap(:name_of_a_constant, quick: 300_000, full: 10_000_000) do |count, run|
    space = Module.new
    space.const_set(name = "C#{"x" * count}", 1)
    plant(space, constants: { "key" => text(name) })
    run.call
  end

  heap(:name_of_a_class, quick: 300_000, full: 10_000_000) do |count, run|
    klass = Class.new
    Object.const_set(name = "C#{"x" * count}", klass)
    plant(klass, name: text(name))
    plant(klass.new, class_name: text(name))
    run.call
  end

  heap(:name_of_a_method, quick: 300_000, full: 10_000_000) do |count, run|
    klass = Class.new
    klass.define_method(long_name("m", count)) { nil }
    plant(klass, methods: size(1))
    run.call
  end

  heap(:name_of_a_method_written_out, quick: 300_000, full: 10_000_000) do |count, run|
    klass = Class.new
    klass.class_eval("def m#{"x" * count} = proc { nil }")
    plant(klass, methods: { "key" => text("m#{"x" * count}") })
    kept = klass.new.send("m#{"x" * count}")
    run.call(kept)
  end

  heap(:name_of_a_running_method, quick: 300_000, full: 10_000_000) do |count, run|
    eval("def Large.m#{"x" * count}(kept, run) = run.call(kept)\nLarge.m#{"x" * count}([], run)")
  end

  heap(:name_of_a_symbol, quick: 300_000, full: 10_000_000) do |count, run|
    name = long_name("s", count)
    plant(name.to_sym, value: text(name))
    plant([name.to_sym], length: 1)
    run.call
  end

  # A symbol that the parser made has no object: each value that is one is written out.
  heap(:name_of_a_static_symbol, quick: 300_000, full: 10_000_000) do |count, run|
    symbol = eval(":s#{"x" * count}")
    plant([symbol], elements: [":#{symbol}"].then { |list| { "first" => text(list[0]) } })
    plant({ symbol => 1 }, size: 1)
    run.call
  end

  heap(:name_of_an_instance_variable, quick: 300_000, full: 10_000_000) do |count, run|
    object = Object.new
    object.instance_variable_set(name = "@#{"x" * count}", Object.new)
    plant(object, ivars: { "key" => text(name) })
    run.call
  end

  heap(:name_of_a_class_variable, quick: 300_000, full: 10_000_000) do |count, run|
    klass = Class.new
    klass.class_variable_set(name = "@@#{"x" * count}", Object.new)
    plant(klass, class_variables: { "key" => text(name) })
    run.call
  end

  heap(:name_of_a_global_variable, quick: 300_000, full: 10_000_000) do |count, run|
    eval("$g#{"x" * count} = Object.new")
    run.call
  end

  heap(:name_of_a_local, quick: 300_000, full: 10_000_000) do |count, run|
    kept = eval("l#{"x" * count} = Object.new; proc { l#{"x" * count} }")
    run.call
    kept.call
  end

  heap(:name_of_a_member, quick: 300_000, full: 10_000_000) do |count, run|
    structure = Struct.new(:"m#{"x" * count}")
    plant(structure.new(1), members: { "key" => text("m#{"x" * count}") })
    run.call
  end

  heap(:name_of_a_thread, quick: 300_000, full: 10_000_000) do |count, run|
    thread = Thread.new { sleep }
    thread.name = "x" * count
    plant(thread, thread_name: text(thread.name))
    Thread.pass until thread.stop?
    run.call
  end

  heap(:key_of_a_thread, quick: 300_000, full: 10_000_000) do |count, run|
    thread = Thread.new { sleep }
    Thread.pass until thread.stop?
    thread[:"k#{"x" * count}"] = Object.new
    plant(thread, fiber_locals: { "key" => text("k#{"x" * count}") })
    run.call
  end

  heap(:path_of_code, quick: 300_000, full: 10_000_000) do |count, run|
    path = "/#{long_name("p", count)}.rb"
    klass = Class.new
    klass.class_eval("def m = proc { nil }", path)
    plant(klass.new.m, file: text(path.gsub("\u007f", "\u007f")))
    run.call
  end

  heap(:path_of_running_code, quick: 300_000, full: 10_000_000) do |count, run|
    eval("run.call", binding, "/#{"x" * count}.rb")
  end

  heap(:path_of_an_allocation, quick: 100_000, full: 1_000_000) do |count, run|
    require "objspace"
    ObjectSpace.trace_object_allocations do
      object = eval("Object.new", binding, path = "/#{"x" * count}.rb")
      plant(object, file: text(path))
      run.call
    end
  end

  heap(:path_of_a_file, quick: 3000, full: 4000) do |count, run|
    kept = Dir.mktmpdir do |directory|
      directory = File.join(directory, "d" * 200) while directory.size + 202 < count
      FileUtils.mkdir_p(directory)
      plant(File.open(File.join(directory, "\u0001" * 200), "w"))
    end
    run.call(kept)
  end
end

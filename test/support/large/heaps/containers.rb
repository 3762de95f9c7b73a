# frozen_string_literal: true

# One line that is long, by what an object holds.
module Large
  heap(:string, quick: 600_000, full: 300_000_000) do |count, run|
    content = "The quick brown fox. " * (count / 21)
    plant(content, bytesize: content.bytesize, value: text(content))
    run.call
  end

  # Each byte of it takes six in the dump.
  heap(:string_of_controls, quick: 300_000, full: 50_000_000) do |count, run|
    content = "\u0002" * count
    plant(content, bytesize: count, value: text(content))
    run.call
  end

  heap(:binary_string, quick: 600_000, full: 200_000_000) do |count, run|
    content = "\xFF\x00\x80".b * (count / 3)
    plant(content, bytesize: content.bytesize, value_base64: text([content].pack("m0")))
    run.call
  end

  heap(:array_of_numbers, quick: 100_000, full: 30_000_000) do |count, run|
    plant(Array.new(count) { |i| 100_000_000 + i }, length: count, elements: size(count))
    run.call
  end

  heap(:array_of_objects, quick: 17_000, full: 1_000_000) do |count, run|
    plant(objects(count), length: count, elements: size(count))
    run.call
  end

  heap(:hash_of_numbers, quick: 40_000, full: 10_000_000) do |count, run|
    plant((0...count).to_h { |i| [i, 100_000_000 + i] }, size: count, entries: size(count))
    run.call
  end

  heap(:hash_of_strings, quick: 9000, full: 500_000) do |count, run|
    plant((0...count).to_h { |i| ["key #{i}", "value #{i}"] }, size: count, entries: size(count))
    run.call
  end

  heap(:set, quick: 17_000, full: 500_000) do |count, run|
    require "set"
    plant(Set.new(objects(count)))
    run.call
  end

  heap(:struct, quick: 9000, full: 100_000) do |count, run|
    structure = Struct.new(*Array.new(count) { |i| :"member_#{i}" })
    plant(structure.new(*objects(count)), members: size(count))
    run.call
  end

  heap(:bignum, quick: 200_000, full: 2_000_000) do |count, run|
    plant((1 << (count * 8)) - 1, bits: count * 8)
    run.call
  end

  heap(:regexp, quick: 300_000, full: 3_000_000) do |count, run|
    source = "abc\n" * (count / 4)
    plant(Regexp.new(source), value: text(source))
    run.call
  end

  heap(:marked_by_an_extension, quick: 17_000, full: 1_000_000) do |count, run|
    plant(Many::Holder.new(objects(count)), references: size(count))
    run.call
  end

  heap(:instance_variables, quick: 17_000, full: 100_000) do |count, run|
    object = Object.new
    count.times { |i| object.instance_variable_set(:"@ivar_#{i}", i) }
    plant(object, ivars: size(count))
    run.call
  end

  heap(:instance_variables_of_a_string, quick: 17_000, full: 100_000) do |count, run|
    string = +"with many"
    count.times { |i| string.instance_variable_set(:"@ivar_#{i}", Object.new) }
    plant(string, ivars: size(count))
    run.call
  end

  heap(:instance_variables_of_a_class, quick: 17_000, full: 100_000) do |count, run|
    klass = Class.new
    count.times { |i| klass.instance_variable_set(:"@ivar_#{i}", i) }
    plant(klass, ivars: size(count))
    run.call
  end

  heap(:captured_locals, quick: 17_000, full: 100_000) do |count, run|
    kept = eval("#{Array.new(count) { |i| "l_#{i} = #{i}\n" }.join}proc { l_0 }")
    run.call
    kept.call
  end

  # Literals of a method, which MRI marks one by one.
  heap(:literals, quick: 17_000, full: 200_000) do |count, run|
    kept = eval("proc { [#{Array.new(count) { |i| "'#{i}'" }.join(",\n")}] }")
    run.call(kept)
  end
end

# frozen_string_literal: true

# Counts objects in the process into which it is passed with the agent (agent.rb). Returns as JSON
# the counts, and the numbers of the namespaces of which there is no class or module.
lambda do |namespaces, gc|
  string = lambda do |text|
    text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    %("#{text.gsub(/["\\\x00-\x1f]/) { |char| format("\\u%04x", char.ord) }}")
  end
  json = lambda do |value|
    next "[#{value.join(",")}]" if value.is_a?(Array)
    next value.to_s unless value.is_a?(Hash)

    "{#{value.map { |key, one| "#{string.call(key)}:#{json.call(one)}" }.join(",")}}"
  end
  counts = HeapDump.__send__(:count, namespaces, gc)
  # Found without a constant, which might load code, and without methods of the program.
  name_of = Module.instance_method(:name)
  names = {}
  ObjectSpace.each_object(Module) do |one|
    name = name_of.bind_call(one) or next
    names[name.b] = true
  end
  missing = namespaces.each_index.reject do |number|
    wanted = namespaces[number].b
    names.key?(wanted) || names.any? { |name,| name.start_with?("#{wanted}::".b) }
  end
  json.call({ "counts" => counts, "missing" => missing })
end

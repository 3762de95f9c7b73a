# frozen_string_literal: true

# Whether a line is what docs/format.md promises: known fields only, each of its kind, the
# required ones there.
module SchemaCheck
  REFERENCE = /\A0x[0-9a-f]+\z/
  REQUIRED = {
    "HEADER" => %w[format heapdump ruby ruby_description platform pid program host time gc_ran
                   strings gc memory slot_size capabilities],
    "FOOTER" => %w[objects bytes seconds allocated_objects gc_runs heaps complete],
    "ROOT" => %w[root],
    "STRING" => %w[address bytesize memsize], "ARRAY" => %w[address length memsize],
    "HASH" => %w[address size memsize], "DATA" => %w[address memsize],
    "IMEMO" => %w[address imemo_type memsize]
  }.freeze
  OTHERS_REQUIRED = %w[address memsize].freeze
  NONE = [].freeze
  FORBIDDEN = { "IMEMO" => %w[class class_name], "ICLASS" => %w[class class_name] }.freeze
  HEAP = %w[slot_size pages slots free].freeze

  # A list of sentences, empty for a good line.
  def self.problems(line)
    fields = Schema.fields(line)
    found = line.filter_map do |name, value|
      kind = fields[name]
      next "unknown field #{name}" unless kind

      "#{name} is no #{kind}: #{value.inspect[0, 120]}" unless kind?(kind, value)
    end
    found.concat(presence(line))
  end

  def self.presence(line)
    type = line["type"]
    return ["no type"] unless type

    lacking = REQUIRED.fetch(type, OTHERS_REQUIRED).reject { |name| line.key?(name) }
    extra = FORBIDDEN.fetch(type, NONE).select { |name| line.key?(name) }
    lacking.map { |name| "lacks #{name}" }.concat(extra.map { |name| "must not have #{name}" })
  end

  def self.kind?(kind, value)
    case kind
    when :address, :ref then reference?(value)
    when :value then value?(value)
    when :text then value.is_a?(String)
    when :integer then value.is_a?(Integer)
    when :number then value.is_a?(Numeric)
    when :true then value == true
    else compound?(kind, value)
    end
  end

  def self.mixed?(kind, value)
    case kind
    when :boolean then [true, false].include?(value)
    when :text_or_null then value.nil? || value.is_a?(String)
    when :number_or_text then value.is_a?(Numeric) || %w[NaN Infinity -Infinity].include?(value)
    when :integer_or_text then value.is_a?(Integer) || %w[full none hash].include?(value)
    end
  end

  def self.compound?(kind, value)
    return list?(kind, value) if ITEMS.key?(kind)

    case kind
    when :boolean, :text_or_null, :number_or_text, :integer_or_text then mixed?(kind, value)
    when :map, :ref_map, :text_map, :integer_map then map?(kind, value)
    when :weak then weak?(value)
    when :memory then memory?(value)
    else raise ArgumentError, "unknown kind #{kind}"
    end
  end

  # The header's `memory`: for each name a kind, or the names and kinds within it.
  MEMORY = {
    "rss" => Integer, "peak_rss" => Integer, "swap" => Integer, "pss" => Integer,
    "private" => Integer, "anonymous" => Integer,
    "cgroup" => { "current" => Integer, "inactive_file" => Integer, "limit" => Integer,
                  "oom_group" => :boolean },
    "allocator" => { "name" => String, "version" => String, "arenas" => Integer,
                     "in_use" => Integer, "untouched" => Integer, "free" => Integer,
                     "mapped" => Integer, "resident" => Integer, "metadata" => Integer },
    "stacks" => { "threads" => Integer, "fibers" => Integer, "reserved" => Integer,
                  "touched" => Integer, "vm_reserved" => Integer, "vm_touched" => Integer,
                  "native_reserved" => Integer, "native_touched" => Integer,
                  "in_memsize" => Integer },
    "code" => { "bytes" => Integer, "files" => [{ "path" => String, "bytes" => Integer }] },
    "heap_pages" => { "bytes" => Integer, "touched" => Integer, "transient" => Integer },
    "jit" => { "name" => String, "code" => Integer, "metadata" => Integer }
  }.freeze

  def self.memory?(value, kind = MEMORY)
    case kind
    when Hash then value.is_a?(Hash) && value.all? { |name, one| memory?(one, kind[name]) }
    when Array then value.is_a?(Array) && value.all? { |one| memory?(one, kind.first) }
    when :boolean then [true, false].include?(value)
    else !kind.nil? && value.is_a?(kind)
    end
  end

  ITEMS = { refs: :reference?, lines: :line_or_reference?, values: :value?, texts: :text?,
            pairs: :pair?, text_pairs: :text_pair?, frames: :frame?, heaps: :heap? }.freeze

  def self.list?(kind, value)
    check = ITEMS.fetch(kind)
    value.is_a?(Array) && value.all? { |item| public_send(check, item) }
  end

  def self.line_or_reference?(value)
    value.is_a?(Integer) ? value.positive? : reference?(value)
  end

  def self.text?(value)
    value.is_a?(String)
  end

  def self.map?(kind, value)
    return false unless value.is_a?(Hash)

    values = value.values
    case kind
    when :map then values.all? { |item| value?(item) }
    when :ref_map then values.all? { |item| reference?(item) }
    when :text_map then values.all?(String)
    when :integer_map then values.all?(Integer)
    end
  end

  def self.weak?(value)
    case value
    when Hash then map?(:map, value)
    when Array then value.all? { |item| pair?(item) || value?(item) }
    else false
    end
  end

  def self.pair?(pair)
    pair.is_a?(Array) && pair.size == 2 && pair.all? { |item| value?(item) }
  end

  def self.text_pair?(pair)
    pair.is_a?(Array) && pair.size == 2 && text?(pair.first) && reference?(pair.last)
  end

  def self.frame?(frame)
    frame.is_a?(Hash) && frame.all? do |name, value|
      kind = Schema::FRAME[name]
      kind && kind?(kind, value)
    end
  end

  def self.heap?(heap)
    heap.is_a?(Hash) && heap.keys.sort == HEAP.sort && heap.values.all?(Integer)
  end

  def self.reference?(value)
    value.is_a?(String) && REFERENCE.match?(value)
  end

  def self.value?(value)
    case value
    when nil, true, false, Integer, Float then true
    when String then value.start_with?(":") || REFERENCE.match?(value)
    else false
    end
  end
end

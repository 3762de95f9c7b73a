# frozen_string_literal: true

# What a line of a dump holds, by docs/format.md: every field of kind ref or value that begins
# with 0x, however deep, and the list `references`; not `address`, nothing under `weak`.
module References
  # All references of a line as strings, each once per occurrence.
  def self.of(line)
    found = []
    fields = Schema.fields(line)
    line.each do |name, value|
      kind = fields[name]
      collect(kind, value, found) if kind
    end
    found
  end

  def self.collect(kind, value, found)
    case kind
    when :ref, :value then add([value], found)
    when :refs, :values then add(value, found)
    when :lines then add(value.grep(String), found)
    when :map, :ref_map then add(value.values, found)
    when :pairs then add(value.flatten(1), found)
    when :text_pairs then add(value.map(&:last), found)
    when :frames then value.each { |frame| collect_frame(frame, found) }
    end
  end

  def self.collect_frame(frame, found)
    frame.each { |name, value| collect(Schema::FRAME[name], value, found) }
  end

  def self.add(values, found)
    found.concat(values.grep(/\A0x/))
  end
  private_class_method :collect, :collect_frame, :add
end

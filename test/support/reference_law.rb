# frozen_string_literal: true

# What belongs to the execution of the dump itself, and differs from one call to the next.
module Running
  # The thread and fiber, and the nameless arrays that a thread keeps its interrupts in.
  def self.of(view, addresses)
    own = addresses.compact.map(&:hex)
    held = own.flat_map { |address| view.slots[address]&.references.to_a }
    own | held.select { |address| hidden_array?(view.slots[address]) }
  end

  def self.hidden_array?(slot)
    slot&.type == "ARRAY" && slot.klass.zero?
  end
end

# Law 1: nothing is lost. Fed with the lines of a dump, says where they differ from what MRI
# itself marks.
class ReferenceLaw
  KINDS = %i[lost invented miscounted missing unknown dangling mistyped].freeze

  OURS = File.expand_path("../..", __dir__)

  attr_reader :findings, :compared, :checked_references

  # `before` and `after` are Oracle::Views around the dump, `running` the addresses of the thread
  # and fiber that executed it, in whose stacks `chance` words may look like references to others.
  # Call sites of ours may be others in between, with other caches.
  def initialize(before, after, running: [], chance: 0)
    @before = before.slots
    @after = after.slots
    @by_chance = [before, after].flat_map { |view| view.roots["machine_context"] || [] }
    @imemo_names = after.imemo_names
    @running = Running.of(before, running)
    @chance = chance
    @caches = after.caches
    @findings = KINDS.to_h { |kind| [kind, []] }
    @seen = {}
    @targets = {}
    @compared = @checked_references = 0
  end

  def feed(line)
    return roots(line) if line["type"] == "ROOT"
    return unless line.key?("address")

    address = line["address"].hex
    @seen[address] = true
    references = References.of(line).map(&:hex)
    references.each { |target| @targets[target] ||= address }
    compare(line, address, references)
  end

  # For a line whose very text was fed to another law over the same views.
  def pass(address)
    @seen[address] = true
  end

  def finish
    both = @before.keys & @after.keys
    (both - @seen.keys).each { |address| note(:missing, @after[address], "no line") }
    (@targets.keys - @seen.keys).each do |target|
      note(:dangling, @after[@targets[target]], "0x#{target.to_s(16)}")
    end
    @before = @after = @seen = @targets = nil # not to be kept for as long as the findings
    self
  end

  def clean?
    findings.values.all?(&:empty?)
  end

  def count(kind)
    findings.fetch(kind).size
  end

  def inspect
    "#<#{self.class} #{findings.transform_values(&:size)}>"
  end

  def to_s
    findings.reject { |_, list| list.empty? }.map do |kind, list|
      "#{list.size} #{kind}:\n  #{list.first(12).join("\n  ")}"
    end.join("\n")
  end

  private

  def roots(line)
    References.of(line).each { |target| @targets[target.hex] ||= 0 }
  end

  def compare(line, address, references)
    before = @before[address]
    after = @after[address]
    return note(:unknown, nil, line.inspect[0, 300]) unless after

    type(line, after)
    return unless before

    @compared += 1
    @checked_references += references.size
    return running(line, before, after, references) if @running.include?(address)

    if before.packed == after.packed
      exactly(line, after, references)
    else
      between(line, before.references, after.references, references)
    end
  end

  def type(line, slot)
    note(:mistyped, line, "is #{slot.type}") unless line["type"] == slot.type
    return unless slot.imemo_type

    name = @imemo_names[slot.imemo_type]
    note(:mistyped, line, "is #{name}") unless line["imemo_type"] == name
  end

  def exactly(line, slot, references)
    expected = slot.references
    return if expected == references

    between(line, expected, expected, references)
    counts = references.tally
    expected = expected.tally
    expected.each do |target, count|
      next if counts.fetch(target, 0) >= count || !counts.key?(target)

      note(:miscounted, line, "0x#{target.to_s(16)} #{counts[target]} of #{count} times")
    end
    nameless(line, expected, counts)
  end

  # One may have several names; without a name stand as many as MRI marks and no name tells.
  def nameless(line, expected, counts)
    line.fetch("references", []).map(&:hex).tally.each do |target, count|
      named = counts[target] - count
      next if count <= [expected.fetch(target, 0) - named, 0].max || !expected.key?(target)

      note(:miscounted, line, "0x#{target.to_s(16)} #{count} times without a name, #{named} with " \
                              "one, of #{expected[target]}")
    end
  end

  def between(line, before, after, references)
    report(:lost, line, (before & after) - references)
    invented = references - before - after
    invented.delete(@after[line["address"].hex].klass) # MRI knows it, but need not mark it
    report(:invented, line, invented)
  end

  # Its frames while dumping are others than those before and after, and so is what lies on the
  # machine stack, where MRI takes any word for a reference.
  def running(line, before, after, references)
    lost = (before.references & after.references) - references - @by_chance
    report(:lost, line, lost) if lost.size > @chance
  end

  def report(kind, line, targets)
    targets -= @caches if line["file"]&.start_with?(OURS)
    targets.uniq.each { |target| note(kind, line, describe(target)) }
  end

  def describe(target)
    slot = @after[target] || @before[target]
    kind = slot ? slot.type : "no object"
    kind = "#{kind} #{@imemo_names[slot.imemo_type]}" if slot&.imemo_type
    "0x#{target.to_s(16)} (#{kind})"
  end

  def note(kind, line, detail)
    findings[kind] << "#{brief(line)}: #{detail}"
  end

  def brief(line)
    return "?" unless line
    return "0x#{line.address.to_s(16)} #{line.type}" if line.is_a?(Oracle::Slot)

    line.slice("address", "type", "struct", "imemo_type", "class_name", "name").values.join(" ")
  end
end

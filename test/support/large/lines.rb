# frozen_string_literal: true

require_relative "../dump"
require_relative "../reference_law"
require_relative "../name_law"
require_relative "expected"

module Large
  # What two looks of the oracle say of the lines of a dump: in our format,
  class Lines
    # Words of a stack that differ from one look to the next.
    CHANCE = 50

    def initialize(before, after, running, manifest)
      @before = before
      @after = after
      @running = running
      @expected = Expected.new(manifest.transform_keys(&:hex))
    end

    # Reads it, and returns what is wrong with its objects.
    def problems(whole)
      law = ReferenceLaw.new(@before, @after, running: @running, chance: CHANCE)
      names = NameLaw.new(@after)
      found = []
      whole.read do |address, line|
        next law.pass(address) unless line

        [law, names].each { |check| check.feed(line) }
        found.concat(@expected.feed(address, line))
      end
      whole.roots.each { |line| law.feed(line) }
      found + @expected.finish + findings(law.finish) + nameless(names)
    end

    private

    def findings(law)
      law.findings.reject { |_, list| list.empty? }.map do |kind, list|
        "#{list.size} #{kind}: #{list.first(3).join(", ")}"
      end
    end

    def nameless(law)
      law.nameless.empty? ? [] : ["without names: #{law.nameless.first(3).join(", ")}"]
    end
  end

  # and in that of ObjectSpace.dump_all, which names the class and lists what else is marked, each
  # object once.
  class ObjspaceLines < Lines
    MANY = 20

    def problems(whole)
      running = Running.of(@before, @running)
      found = []
      whole.read do |address, line|
        found.concat(compare(line, address)) if line && !running.include?(address)
      end
      missing = (@before.slots.keys & @after.slots.keys) - whole.addresses
      found << "no line of #{missing.size} objects" unless missing.empty?
      found.first(MANY)
    end

    private

    def compare(line, address)
      before, after = [@before, @after].map { |view| view.slots[address] }
      return [] unless before && after && before.packed == after.packed

      expected = after.references - [after.klass]
      found = (line["references"] || []).map(&:hex) - [after.klass]
      [*difference(line, "lost", expected - found), *difference(line, "invented", found - expected)]
    end

    def difference(line, kind, list)
      list -= @after.caches if line["imemo_type"] == "iseq"
      list.empty? ? [] : ["#{line["address"]} #{line["type"]}: #{list.size} #{kind}"]
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "json"
require "timeout"

# Classes that were loaded again, in dumps with and without names of constants.
class TestFormerClasses < HeapDumpTest
  # Object, then by address: the names of classes and what they refer to. 0x700 is a registry, an
  # Array, that Shop holds.
  CLASSES = {
    "0x100" => ["Object", %w[0x200 0x310 0x400 0x900]], "0x200" => ["Shop", %w[0x700 0x520]],
    "0x300" => ["Widget", []], "0x310" => ["Widget", []], "0x400" => ["Plugin", %w[0x610]],
    "0x410" => ["Plugin", %w[0x600]], "0x510" => ["Shop::Item", []],
    "0x520" => ["Shop::Item", []], "0x600" => ["Plugin::Part", []], "0x610" => ["Plugin::Part", []],
    "0x900" => ["Array", []]
  }.freeze
  REGISTRY = %w[0x300 0x410 0x510].freeze
  FORMER = %w[0x300 0x410 0x510 0x600].freeze

  def test_without_names_of_constants
    snapshot = HeapDump::Snapshot.open(written(objspace))
    assert_equal FORMER, former(snapshot)
    path = snapshot.path_to(snapshot.object("0x300"))
    assert_equal "Shop (class) → (no name) → Array of 3 → (no name) → " \
                 "Widget (class, no longer the constant Widget)", path.to_s
    assert_equal "Object (class) → (no name) → Widget (class)",
                 snapshot.path_to(snapshot.object("0x310")).to_s
    assert_match(/\APlugin \(class\)/, snapshot.path_to(snapshot.object("0x610")).to_s)
    assert_match(/\AShop \(class\).*Plugin.*Plugin::Part/,
                 snapshot.path_to(snapshot.object("0x600")).to_s)
  end

  def test_with_names_of_constants
    snapshot = HeapDump::Snapshot.open(written(ours))
    assert_equal FORMER, former(snapshot)
    assert_equal "Shop (class) → constant REGISTRY → Array of 3 → [0] → " \
                 "Widget (class, no longer the constant Widget)",
                 snapshot.path_to(snapshot.object("0x300")).to_s
  end

  # Code that is loaded again and again: the time grows with the number of classes, not faster.
  def test_many_of_one_name
    [10, 1000, 100_000].each do |size|
      addresses = (1..size).map { |i| format("0x%x", 0x1000 + (i * 8)) }
      held = [addresses.last, "0x700"]
      lines = [{ type: "ROOT", root: "vm", references: %w[0x100] },
               { address: "0x100", type: "CLASS", name: "Object", references: held, memsize: 100 },
               { address: "0x700", type: "ARRAY", references: addresses, memsize: 40 },
               *addresses.map { |one| { address: one, type: "CLASS", name: "A", memsize: 100 } }]
      snapshot = HeapDump::Snapshot.open(written(lines))
      path = Timeout.timeout(10) { snapshot.path_to(snapshot.object(addresses.first)) }
      assert_match(/\AObject \(class\).*Array.*A \(class, no longer the constant A\)\z/, path.to_s)
    end
  end

  private

  def former(snapshot)
    snapshot.each.select(&:former?).map(&:to_s)
  end

  def written(lines)
    path = File.join(scratch, "heap.json")
    File.write(path, lines.map { |line| "#{JSON.generate(line)}\n" }.join)
    path
  end

  def objspace
    [{ type: "ROOT", root: "vm", references: %w[0x100] },
     *CLASSES.map do |address, (name, held)|
       { address: address, type: "CLASS", name: name, references: held, memsize: 100,
         flags: { wb_protected: true } }
     end,
     { address: "0x700", type: "ARRAY", class: "0x900", length: 3, references: REGISTRY,
       memsize: 40, flags: { wb_protected: true } }]
  end

  def ours
    header = { type: "HEADER", format: 1, heapdump: "0", ruby: "3.3.0", pid: 7,
               capabilities: %w[constants] }
    classes = CLASSES.map do |address, (name, held)|
      constants = held.to_h do |other|
        [other == "0x700" ? "REGISTRY" : CLASSES.fetch(other).first[/\w+\z/], other]
      end
      { address: address, type: "CLASS", name: name, constants: constants, memsize: 100 }
    end
    [header, { type: "ROOT", root: "vm", references: %w[0x100] }, *classes,
     { address: "0x700", type: "ARRAY", class: "0x900", length: 3, elements: REGISTRY,
       memsize: 40 }]
  end
end

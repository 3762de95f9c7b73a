# frozen_string_literal: true

require "test_helper"
require "support/built_extension"

# A Ruby whose insides nobody has looked at: the extension compiles, loads, and tells what is
# public, without a wrong word.
class TestUnknownRuby < HeapDumpTest
  MAJOR = RUBY_VERSION.to_i
  # As in layout.h; some of the next minor and major versions are known.
  VERSIONS = { "minor" => (MAJOR * 100) + 90, "major" => (MAJOR + 5) * 100 }.freeze

  # What stands on exported functions and on flags that known objects have.
  PUBLIC = %w[hash_entries gc_flags remembered finalizers storage singletons].freeze

  def self.dumped(version)
    path = BuiltExtension.with("-DHD_RUBY=#{VERSIONS.fetch(version)}")
    @dumped ||= {}
    @dumped[version] ||= Dumps.make("unknown", { heap: { giants: false } },
                                    flags: ["-W0", "-I", path])
  end

  def dumped(version)
    self.class.dumped(version)
  end

  VERSIONS.each_key do |version|
    define_method("test_the_laws_hold_on_the_next_#{version}_version") do
      check = dumped(version).check
      assert_predicate check.references, :clean?, check.references.to_s
      assert_none check.reader.complaints, "bad lines"
      assert_predicate check.reader, :complete?
      assert_equal [0, 0], check.reader.footer.values_at("allocated_objects", "gc_runs")
      assert_none check.flags, "flags were changed"
    end

    define_method("test_public_facts_alone_on_the_next_#{version}_version") do
      dump = dumped(version).dump
      found = dump.header.fetch("capabilities")
      assert_empty found - PUBLIC
      assert_empty (HeapDump.capabilities & PUBLIC) - found
      assert_equal 1, dump.select("CLASS", name: "String").size
      refute_empty dump.select("ARRAY").flat_map { |line| line.fetch("elements", []) }
      refute_empty dump.select("HASH").flat_map { |line| line.fetch("entries", []) }
      assert_empty dump.select("IMEMO").flat_map(&:keys) & %w[label method locals owner klass]
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/built_extension"

# A name never adds an edge: with an MRI that does not mark regular expressions, and a version that
# is not known, whatever holds one names all but that.
class TestNamesTake < HeapDumpTest
  HIDING = File.expand_path("../../support/layout/hiding.c", __dir__)
  MACROS = ["-DHD_MOVED_OFFSETS='\"#{HIDING}\"'", "-DHD_RUBY=#{(RUBY_VERSION.to_i * 100) + 90}",
            "-Drb_objspace_reachable_objects_from=hd_hiding_references"].freeze

  CODE = <<~'RUBY'
    require "heapdump"
    class Holder
      def initialize = (@before, @hidden, @after = "before", Regexp.new("in #{self.class}"), "after")
    end
    class Kept < Array
      attr_accessor :hidden
    end
    Pair = Struct.new(:shown, :hidden)
    HIDDEN = Regexp.new("hidden #{$$}")
    $hidden = HIDDEN
    OBJECT = Holder.new
    ARRAY = ["first", "second", HIDDEN, "last"]
    LONG = Array.new(40_000) { |i| i == 39_000 ? HIDDEN : "long #{i}" }
    HASH = { "key of hidden" => HIDDEN, HIDDEN => "value of hidden", "key" => "value" }
    PAIR = Pair.new("shown", HIDDEN)
    KEPT = Kept.new.tap { |kept| kept.hidden = HIDDEN }
    LOCAL = HIDDEN.then { |hidden| proc { hidden } }
    HeapDump.dump(ARGV[0], fork: false)
  RUBY

  def self.dump
    @dump ||= Dumps.by(CODE, flags: ["-W0", "-I", BuiltExtension.with(*MACROS)], bare: true)
  end

  def setup
    super
    @dump = assert_whole(self.class.dump)
    @hidden = @dump.select("REGEXP").map { |line| line["address"] }
  end

  def test_no_line_names_what_is_not_marked
    refute_empty @hidden
    lines = @dump.select.select { |line| References.of(line).intersect?(@hidden) }
    assert_none lines, "lines name a regular expression"
  end

  def test_the_rest_is_named_or_listed
    holder = one("OBJECT") { |line| line["class_name"] == "Holder" }
    assert_equal %w[@after @before], holder["ivars"].keys.sort
    array = one("ARRAY") { |l| l["length"] == 4 && texts(l["elements"]) == %w[first second] }
    assert_equal %w[last], texts(array["references"])
    long = one("ARRAY") { |line| line["length"] == 40_000 }
    assert_equal 39_000, long["elements"].size
    assert_equal 999, texts(long["references"]).grep(/\Along/).size
    hash = one("HASH") { |l| l["size"] == 3 && texts(l["entries"].flatten) == %w[key value] }
    assert_equal ["key of hidden", "value of hidden"], texts(hash["references"]).sort
    pair = one("STRUCT") { |line| line["class_name"] == "Pair" }
    assert_equal %w[shown], pair["members"].keys
  end

  private

  def one(type, &)
    found = @dump.select(type).select(&)
    assert_equal 1, found.size, type
    found.first
  end

  def texts(addresses)
    addresses.to_a.grep(/\A0x/).filter_map { |address| @dump[address]&.fetch("value", nil) }
  end
end

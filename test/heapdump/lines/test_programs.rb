# frozen_string_literal: true

require "test_helper"
require "support/programs/fuzz"

# Programs made at random against the laws: a few of them here, as many as you like with
# `rake fuzz:programs`; and those in which something was found.
class TestPrograms < HeapDumpTest
  KEPT = Dir[File.expand_path("../../fixtures/programs/*.rb", __dir__)]
  SEED = 20
  COUNT = 20

  def self.session
    @session ||= Programs::Session.new.tap { |session| Minitest.after_run { session.close } }
  end

  def session
    self.class.session
  end

  def test_at_random
    report = Programs::Fuzz.new(session, seed: SEED, count: COUNT, found: scratch).run
    assert_none report.found.map { |path| File.read(path) }, "programs break a law"
    assert_equal COUNT, report.programs
    assert_operator report.failed.size, :<, report.pieces / 10, report.failed.first(5).join("\n")
    assert_operator report.kinds.size, :>, 40, "kinds of lines that the programs made"
  end

  def test_those_that_were_kept
    KEPT.each do |path|
      outcome = session.outcome(File.read(path))
      assert_predicate outcome, :good?, "#{path}: #{outcome}"
      assert_empty outcome.failed, path
    end
  end

  def test_a_seed_is_a_program
    texts = Array.new(2) { Programs::Generator.new(SEED).source }
    assert_equal(*texts)
    refute_equal texts.first, Programs::Generator.new(SEED + 1).source
  end

  # A program that spoils what it is dumped into; the rest of it is left out.
  SPOILER = <<~'RUBY'
    P.start
    P.piece do
      [1, "two"]
    end
    P.piece do
      HeapDump.singleton_class.prepend(Module.new do
        def dump(path, ...) = super.tap { File.write(path, File.read(path).%<change>s) }
      end)
    end
    P.finish
  RUBY
  CHANGES = {
    "sub('\"two\"', '\"2.0\"')" => /names: content/,
    "sub(/^.*\"value\":\"two\".*\\n/, '')" => /missing.*dangling.*complete/m,
    "sub(/\"superclass\":\"0x\\h+\"/, '\"superclass\":\"0x10\"')" => /lost.*invented/m,
    "sub('\"type\":\"ARRAY\"', '\"type\":\"ARRAY\",\"type\":\"ARRAY\"')" => /json: .*duplicate/m,
    "then { |text| text[0, text.size - 20] }" => /footer|complete/
  }.freeze

  def test_what_is_wrong_is_noticed
    CHANGES.each do |change, finding|
      assert_match finding, session.outcome(format(SPOILER, change: change)).to_s, change
    end
  end

  def test_what_is_found_is_made_small
    source = format(SPOILER, change: CHANGES.keys.first)
    tries = 0
    smaller = Programs::Shrink.new("#{source}#{source}") do |less|
      tries += 1
      less.include?("two")
    end.call
    assert_equal 1, smaller.scan("P.piece").size
    assert_operator tries, :<, 20
  end

  # A session in which every batch is bad, and no program after that.
  class BadOnce
    def each_outcome(batches)
      batches.each { |sources| yield outcome(*sources, findings: ["names: seen once"]) }
    end

    def outcome(*sources, findings: [])
      Programs::Outcome.new(sources, nil, "done", findings, [], {})
    end
  end

  def test_what_is_not_seen_again_is_kept_as_it_was
    fuzz = Programs::Fuzz.new(BadOnce.new, seed: SEED, count: 3, found: scratch)
    kept = fuzz.run.found
    assert_equal 1, kept.size
    text = File.read(kept.first)
    assert_equal 3, text.scan(/^# Program \d+$/).size
    assert_includes text, "# names: seen once"
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/html"

# Text gets into a page escaped, harmless and short, whatever it is.
class TestMarkup < HeapDumpTest
  Markup = HeapDump::Html::Markup

  # An object with a template of its own.
  class Shown
    HeapDump::Html::Template.define(self, :markup, "holder_level")

    attr_reader :holder

    def initialize(holder)
      @holder = holder
    end

    private

    def bytes(number) = "#{number} <bytes>"
    def count(number) = number.to_s
    def plural(number, word) = "#{number} #{word}"
    def below(_holder) = Markup.new("<i>below</i>")

    # Stands in for HeapDump::Snapshot::Describe.
    module Describe
      def self.node(text) = text
    end
  end

  Holder = Struct.new(:node, :retained, :objects, :below, :more)

  def test_text_is_escaped
    assert_equal "&lt;a href=&quot;&#39;x&amp;y&#39;&quot;&gt;", Markup.of("<a href=\"'x&y'\">")
    assert_equal "3", Markup.of(3)
    assert_equal "", Markup.of(nil)
    assert_instance_of Markup, Markup.of("x")
  end

  def test_markup_stays_as_it_is
    assert_equal "<b>&amp;</b>", Markup.of(Markup.new("<b>&amp;</b>"))
    assert_equal "&lt;b&gt;", Markup.of(Markup.new("<b>")[0..]) # a String again
  end

  def test_text_is_harmless
    assert_equal "a\\0\\u202E\\xFF\\e[31m", Markup.of("a\0\u202E\xFF\e[31m")
    assert_equal "\\xE4", Markup.of("\xE4".dup.force_encoding("ISO-8859-1"))
    assert_predicate Markup.of("\xff<".b), :valid_encoding?
  end

  def test_long_text_has_its_length_in_the_place_of_its_middle
    long = "a#{"<" * 1_000_000}z"
    shown = Markup.of(long)
    assert_operator shown.size, :<, 5_000
    assert_match(/\Aa&lt;.*… \(1,000,002 characters\) …&lt;.*z\z/, shown)
    assert_equal "x" * 1_000, Markup.of("x" * 1_000)
    assert_equal "aaa… (8 characters) …bbb", Markup.short("aaaaabbb", 6)
    assert_equal "#{"n" * 60}… (10,240 characters) …#{"n" * 60}", Markup.name("n" * 10_240)
  end

  def test_templates_escape_what_they_insert
    one = Holder.new("<evil>", 1, 2, [Holder.new("x", 1, 1, [], 0)], 0)
    page = Shown.new(Holder.new("top", 9, 9, [one], 3)).markup
    assert_instance_of Markup, page
    assert_includes page, "<b>&lt;evil&gt;</b> in 2 object"
    assert_includes page, "1 &lt;bytes&gt;"
    assert_includes page, "<i>below</i>"
    assert_includes page, "<li>3 more</li>"
  end

  def test_an_error_in_a_template_names_its_line
    error = assert_raises(NoMethodError) { Shown.new(Holder.new("x", 1, 1, [nil], 0)).markup }
    assert_match(%r{templates/holder_level\.html\.erb:3\b}, error.backtrace.first)
  end
end

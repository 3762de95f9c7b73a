# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"
require "support/hostile_names"
require "support/report_page"

# Names in a heap are written by strangers. None of them becomes more than text.
class TestHostileNames < HeapDumpTest
  include GrownDumps
  include HostileNames

  def test_no_name_is_markup
    [false, true].each do |values|
      [hostile_dumps, [hostile_dumps.last]].each do |paths|
        page = ReportPage.of(*paths, values: values)
        assert_empty page.errors
        assert_equal({ "script" => 2, "style" => 1 }, counts(page, "script", "style"))
        assert_equal({ "img" => 0, "b[onclick]" => 0, "iframe" => 0 },
                     counts(page, "img", "b[onclick]", "iframe"))
        assert_operator page.html.bytesize, :<=, HeapDump::Html::Report::MOST
      end
    end
  end

  def counts(page, *selectors)
    selectors.to_h { |selector| [selector, page.tree.css(selector).size] }
  end

  def test_names_are_spelled_out
    page = ReportPage.of(*hostile_dumps, values: true)
    assert_predicate page.html, :valid_encoding?
    refute_match(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/, page.html)
    text = page.text("#classes")
    NAMES.each_value do |name|
      shown = HeapDump::Html::Markup.name(name)
      assert_includes text, HeapDump::Terminal::Text.safe(shown).gsub(/\s+/, " ").strip
    end
  end

  def test_data_cannot_end_its_script
    page = ReportPage.of(*hostile_dumps)
    raw = page.html[%r{id="data">(.*?)</script>}m, 1]
    refute_match(/[<>&\u2028\u2029]/, raw)
    assert_equal page.data, JSON.parse(raw)
    assert_operator page.data["names"].size, :>, 5
  end

  def test_commands_are_safe_to_paste
    page = ReportPage.of(*hostile_dumps)
    commands = page.tree.css("code").map(&:text).grep(/\Aheapdump (why|top|show)/)
    assert_operator commands.size, :>, 20
    commands.each do |command|
      words = command.shellsplit
      assert_equal 4, words.size, command
      refute_match(/[\0\n]/, command)
    end
  end
end

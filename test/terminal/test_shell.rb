# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"
require "open3"

# Commands that can be copied mean what they say, and show nothing harmful.
class TestShell < HeapDumpTest
  Shell = HeapDump::Terminal::Shell
  WORDS = ["heap.json", "/var/tmp/my heap.json", "Shop::Cart", "é", "", "it's", "a\\b", "$(id)`id`",
           "Ses\e[31msion", "a\nb", "\u202Eevil'\\", "d\xFF.json", "~/x", "-x", "#<Class:A>",
           "\u{E0041}x", "a=b", "!x"].freeze

  def test_plain_words_stay_as_they_are
    assert_equal "heapdump why /tmp/heap-1.json Shop::Café",
                 Shell.join("heapdump why", "/tmp/heap-1.json", "Shop::Café")
    assert_equal "🦉.json", Shell.word("🦉.json")
    assert_equal 'a\\ 🦉.json', Shell.word("a 🦉.json")
    assert_equal "$'Ses\\033[31msion'", Shell.word("Ses\e[31msion")
  end

  def test_a_shell_reads_what_was_meant
    line = Shell.join("printf '%s\\0'", *WORDS)
    assert_equal line, HeapDump::Terminal::Text.safe(line)
    out, status = Open3.capture2("bash", "-c", line)
    assert_predicate status, :success?
    assert_equal WORDS.map(&:b), out.b.split("\0", -1).first(WORDS.size)
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"

# Forty characters are shown of a string however long it is, and no more than that is worked on.
class TestLongTexts < HeapDumpTest
  include CommandLine

  UNIT = "日本語é"
  SIZE = 30_000_000

  def dump
    @dump ||= MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      @address = made.string(UNIT * (SIZE / UNIT.bytesize))
      made.constant("TEXT", @address)
      made.constant("BY_TEXT", made.hash([[@address, made.object("Session")]]))
      made.constant("LIST", @list = made.array(Array.new(2_000_000) { |i| i }))
      made.constant("CACHE", @names = made.object("Cache", ivars: { "@#{"x" * 600}": @list }))
    end
  end

  def cpu
    before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    yield
    Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
  end

  # Reading the dump is the work; what is said of it takes next to nothing.
  def test_every_command_is_as_quick_as_verify
    dump
    least = Array.new(3) { cpu { heapdump!("verify", dump) } }.min
    [["top"], %w[find --type STRING], ["show", @address], ["why", @address], %w[why Session],
     ["show", @list], ["why", @list]].each do |name, *rest|
      spent = cpu { heapdump!(name, dump, *rest) }
      assert_operator spent, :<, (2 * least) + 0.5, [name, *rest].inspect
    end
  end

  def test_it_is_marked_as_cut
    words = /String "(?:日本語é)+日?本?語?…" of 29,999,992 bytes/
    assert_match words, heapdump!("find", dump, "--type", "STRING").out
    assert_match words, heapdump!("show", dump, @address).out
    assert_match(/\["(?:日本語é)+日?本?語?…"\] → Session/, heapdump!("why", dump, "Session").out)
    assert_match(/Array of 2,000,000/, heapdump!("show", dump, @list).out)
  end

  def test_long_names_are_elided_in_the_middle
    name = "Shop::#{"Very" * 150}::Session"
    path = MadeDump.write(File.join(scratch, "names.json"), 0) do |made|
      made.constant("ONE", made.object(name))
    end
    out = heapdump!("why", path, name).out
    assert_match(/→ Shop::Very[Very]+…[Very]+::Session  0x/, out)
    assert_operator out.lines.map(&:size).max, :<, 200
    [%w[top], %w[find --min-size 1]].each do |command, *rest|
      assert_match(/Shop::Very[Very]+…[Very]+::Session/, heapdump!(command, path, *rest).out)
    end
    assert_includes heapdump!("find", path, "--class", name, "--json").out, name
  end
end

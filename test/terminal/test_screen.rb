# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"
require "io/console"
require "pty"
require "stringio"

# Tables, colours and progress, on a terminal and into a file.
class TerminalScreenTest < HeapDumpTest
  include HeapDump::Terminal

  # What a terminal of so many columns is sent.
  def on_terminal(columns: 40, environment: {})
    reader, writer = PTY.open
    writer.winsize = [24, columns]
    yield Screen.new(writer, environment), writer
    writer.close
    text = +""
    begin
      loop { text << reader.readpartial(4096) }
    rescue EOFError, Errno::EIO
      text.force_encoding("UTF-8")
    end
  ensure
    reader.close
  end

  def in_file
    io = StringIO.new
    yield Screen.new(io, {})
    io.string
  end

  def table
    Table.new(%w[objects bytes class], right: 2)
         .row("1,000", "9.5 KiB", "Shop::Session").row("7", "40 B", "Very#{"Long" * 20}")
  end

  def test_columns_are_aligned_and_a_file_gets_whole_lines
    lines = in_file { |screen| screen.table(table) }.lines(chomp: true)
    assert_equal ["objects    bytes  class", "  1,000  9.5 KiB  Shop::Session"], lines.first(2)
    assert_equal "      7     40 B  Very#{"Long" * 20}", lines.last
  end

  def test_a_terminal_gets_no_line_that_is_wider
    text = on_terminal(columns: 40) { |screen| screen.table(table) }
    plain = text.gsub(/\e\[\d*m/, "").lines(chomp: true).map { |line| line.chomp("\r") }
    assert_operator plain.map(&:size).max, :<=, 40
    assert_match(/  VeryLo[a-zA-Z]*…[a-zA-Z]*ng\z/, plain.last)
  end

  def test_addresses_are_never_cut
    address = "0x7f10a2b3c4d8"
    [20, 30, 40, 80].each do |columns|
      table = Table.new(%w[bytes address object holder], right: 1)
      table.row("1.2 GiB", address, "Shop::Session#{"x" * 90}", "Registry → #{"y" * 90}")
      text = on_terminal(columns: columns) { |screen| screen.table(table) }
      assert_includes text, address
      assert_match(/^1.2 GiB  #{address}/, text.gsub(/\e\[\d*m/, "")) if columns > 23
    end
  end

  def rows_on_terminal(columns, table)
    text = on_terminal(columns: columns) { |screen| screen.table(table) }
    text.gsub(/\e\[\d*m/, "").lines.map(&:rstrip)
  end

  def procs
    Table.new(["procs", "retained", "address", "place", "code", "held by"], right: 2)
         .row("600", "3.0 MiB", "0x7f55ea284050", "one.rb:21", "block in login",
              "Shop::BUS → Shop::Bus @handlers → Array[]")
         .row("32", "5.8 KiB", "0x7f55ea4f4538", "bundler/vendor/net.rb:91",
              "block (3 levels) in <class:CurrentRuby>", "")
  end

  # Columns share the room by what they need, and no title is cut.
  def test_columns_share_the_room
    rows = rows_on_terminal(80, procs)
    assert_equal "procs  retained  address         place            code            held by",
                 rows[0]
    assert_equal ["  600   3.0 MiB  0x7f55ea284050  one.rb:21        block in login  Shop::B…rray[]",
                  "   32   5.8 KiB  0x7f55ea4f4538  bundler…t.rb:91  block (…tRuby>"], rows[1..]
    assert_equal procs_in_file, rows_on_terminal(160, procs)
  end

  def procs_in_file
    in_file { |screen| screen.table(procs) }.lines(chomp: true)
  end

  # Where next to nothing would be left of the last columns, they stand below.
  def test_columns_below
    assert_equal ["procs  retained  address         place",
                  "  600   3.0 MiB  0x7f55ea284050  one.rb:21",
                  "    code     block in login",
                  "    held by  Shop::BUS → Shop::Bus @handlers → Array[]",
                  "   32   5.8 KiB  0x7f55ea4f4538  bundler/ven…/net.rb:91",
                  "    code     block (3 levels) in <class:CurrentRuby>"],
                 rows_on_terminal(55, procs)
    assert_equal ["procs  retained  address",
                  "  600   3.0 MiB  0x7f55ea284050", "    place    one.rb:21",
                  "    code     block in login",
                  "    held by  Shop::BUS → S…ers → Array[]"], rows_on_terminal(40, procs).first(5)
    assert_equal ["procs  retained", "  600   3.0 MiB", "    address  0x7f55ea284050"],
                 rows_on_terminal(30, procs).first(3)
  end

  # Numbers are not cut even where they are wider than the terminal.
  def test_nothing_but_a_number_is_wider
    (20..80).each do |columns|
      rows_on_terminal(columns, procs).each do |row|
        next if Text.width(row) <= columns

        assert_match(/\A    address  0x\h+\z/, row, columns.to_s)
      end
    end
  end

  # The last of a fact goes on in the next line. Its sizes stay whole.
  def test_facts
    facts = Table.new(nil).row("mapped files", "6.1 MiB", "libruby-3.1.so 0.9 KiB, 2 others")
                 .row("  stacks", "112.0 KiB", "of 2 threads")
    assert_equal ["mapped files  6.1 MiB    libruby-3.1.so",
                  "                         0.9 KiB, 2 others",
                  "  stacks      112.0 KiB  of 2 threads"], rows_on_terminal(45, facts)
    assert_equal ["mapped files  6.1 MiB", "    libruby-3.1.so 0.9 KiB, 2",
                  "    others", "  stacks      112.0 KiB", "    of 2 threads"],
                 rows_on_terminal(30, facts)
  end

  # In less nobody could read anything.
  def test_a_terminal_of_twenty_columns_is_one
    widest = [19, 20].map do |columns|
      text = on_terminal(columns: columns) do |screen|
        screen.table(Table.new(%w[class]).row("Very#{"Long" * 20}"))
      end
      text.gsub(/\e\[\d*m/, "").lines(chomp: true).map { |line| line.chomp("\r").size }.max
    end
    assert_operator widest[0], :>, 80
    assert_operator widest[1], :<=, 20
  end

  def test_colours_on_a_terminal_alone
    draw = ->(screen, *) { screen.line([:bold, "x"]) }
    assert_includes on_terminal(&draw), "\e[1mx\e[0m"
    refute_includes on_terminal(environment: { "NO_COLOR" => "1" }, &draw), "\e"
    refute_includes on_terminal(environment: { "TERM" => "dumb" }, &draw), "\e"
    refute_includes in_file(&draw), "\e"
  end

  def test_escapes_in_text_reach_no_output
    evil = "\e]0;owned\a\e[2J\u009B31m\r\n"
    text = on_terminal(columns: 200) do |screen|
      screen.line("a #{evil}", [:red, evil])
      screen.heading(evil, evil)
      screen.table(Table.new([evil]).row(evil))
    end
    assert_empty text.gsub(/\e\[\d*m/, "").gsub("\r\n", "").scan(/[[:cntrl:]]/)
  end

  def test_progress_shows_on_a_terminal_what_is_done
    asked = Queue.new
    figures = -> { asked << true and ["reading", 1, 4] }
    text = on_terminal do |_, io|
      result = Progress.new(io).during(figures) { 2.times { asked.pop } and :done }
      assert_equal :done, result
    end
    assert_includes text, "reading … 25 %"
    assert text.end_with?("\r\e[K")
  end

  def test_progress_is_silent_elsewhere
    io = StringIO.new
    assert_equal 1, Progress.new(io).during(-> { flunk }) { 1 }
    assert_empty io.string
    on_terminal do |_, terminal|
      progress = Progress.new(terminal, { "TERM" => "dumb" })
      threads = Thread.list.size
      assert_equal threads, progress.during(-> { flunk }) { Thread.list.size }, "nobody watches"
    end
  end
end

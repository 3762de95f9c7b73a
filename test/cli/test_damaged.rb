# frozen_string_literal: true

require "test_helper"
require "io/console"
require "pty"
require "support/command_line"
require "support/shop"

# What the commands say of dumps that are cut off, damaged or none, of wrong command lines, and on
# a terminal.
class TestDamaged < HeapDumpTest
  include CommandLine

  def written(name = "heap.json", content = File.binread(Shop.dump))
    File.join(scratch, name).tap { |path| File.binwrite(path, yield(content)) }
  end

  # Status 1, one line on standard error, which says what to do.
  def assert_refused(pattern, *argv, status: 1)
    answer = heapdump(*argv)
    assert_equal [status, ""], [answer.status, answer.out], argv.inspect
    assert_equal 1, answer.err.lines.size, answer.err
    assert_match(/\Aheapdump: .*#{pattern}/, answer.err)
  end

  def test_a_whole_dump
    assert_match(/^whole and valid$/, heapdump!("verify", Shop.dump).out)
    json = heapdump!("verify", Shop.dump, "--json").json
    assert_equal [true, true, []], json.values_at("whole", "valid", "warnings")
  end

  def test_a_dump_that_was_cut_short
    [0.3, 0.6, 0.99].each do |share|
      cut = written { |text| text[0, (text.size * share).to_i] }
      answer = heapdump("why", cut, "Object")
      assert_match(/warning: .*cut short after [\d,]+ objects of about [\d,]+/, answer.err)
      verdict = heapdump("verify", cut, "--json")
      assert_equal [1, false], [verdict.status, verdict.json["whole"]]
    end
  end

  # It has its own name when it is whole.
  def test_a_dump_that_is_being_written
    cut = written { |text| text[0, text.size / 2] }
    partial = "#{cut}.partial-4242"
    File.rename(cut, partial)
    assert_match(/cut short after .*; by its name it is being written, by process 4242, or that/,
                 heapdump("top", partial).err)
  end

  # What held them is in the part that is lost.
  def test_what_is_not_known_of_a_dump_that_is_not_whole
    lost = written { |text| text.lines.reject { |line| line.include?('"ROOT"') }.join }
    address = address_of("Session", lost)
    { %w[why Session] => /Session  \d+ objects, [^;]+; who holds \d+ of them is not known/,
      ["why", address] => /who holds it is not known, nor whether it is garbage: the dump/,
      ["show", address] => /held by +not known, it may be garbage/,
      ["summary"] => /others .* objects, garbage or held by what is lost/ }.each do |argv, expected|
      answer = heapdump(argv.first, lost, *argv.drop(1))
      assert_match expected, answer.out
      refute_match(/retains? 0 B|nothing holds|of them are garbage/, answer.out)
    end
    assert_match(/^ +unknown /, heapdump("find", lost, "--class", "Session").out)
  end

  def test_the_same_in_json
    lost = written { |text| text.lines.reject { |line| line.include?('"ROOT"') }.join }
    address = address_of("Session", lost)
    json = heapdump("why", lost, "Session", "--json").json
    assert_equal [nil, nil, false], json.values_at("retained", "garbage", "whole")
    json = heapdump("why", lost, address, "--json").json
    assert_equal [nil, nil], [json["object"]["retained"], json["reachable"]]
    assert_nil heapdump("show", lost, address, "--json").json["object"]["retained"]
    found = heapdump("find", lost, "--class", "Session", "--json").json["objects"].first
    assert_equal [nil, nil], found.values_at("retained", "reachable")
    whole = heapdump!("why", Shop.dump, "Session", "--json").json
    assert_equal [0, true], whole.values_at("garbage", "whole")
  end

  def address_of(name, path)
    HeapDump::Snapshot.open(path).find(class: name).first.to_s
  end

  def test_a_line_that_is_lost
    lost = written { |text| text.lines.reject.with_index { |_, i| i == 100 }.join }
    answer = heapdump("verify", lost)
    assert_equal 1, answer.status
    assert_match(/1 object of [\d,]+ missing/, answer.err)
    assert_match(/^damaged$/, answer.out)
  end

  def test_bad_lines_are_told_by_line_and_byte
    byte = nil
    bad = written do |text|
      lines = text.lines
      byte = lines.first(50).sum(&:bytesize) + 40
      lines[50] = "#{lines[50][0, 40]}\n"
      lines.join
    end
    answer = heapdump("verify", bad)
    with_separators = HeapDump::Terminal::Units.count(byte)
    assert_match(/1 bad line skipped, the first is line 51 \(byte #{with_separators}\)/, answer.err)
    assert_refused(/line 51.*byte #{byte}.*--strict/, "top", bad, "--strict")
    assert_equal 0, heapdump("top", bad).status
  end

  def test_damaged_compression
    %w[heap.json.gz heap.json.zst].each do |name|
      packed = File.binread(Shop.dump({}, name: name))
      cut = written(name, packed) { |bytes| bytes[0, bytes.size / 2] }
      answer = heapdump("verify", cut)
      assert_equal 1, answer.status
      refute_empty answer.err
      assert_refused(/./, "top", cut, "--strict")
    end
  end

  def test_what_is_no_dump
    assert_refused(/no such file or directory: /, "summary", File.join(scratch, "nowhere"))
    assert_refused(/is empty; give a file.*HeapDump.dump/, "summary", written { "" })
    assert_refused(/no line of a heap dump/, "summary", written { "hello\n" * 1000 })
    assert_refused(/no line of a heap dump/, "summary", written { Random.new(1).bytes(100_000) })
    assert_refused(/./, "summary", scratch)
  end

  def test_what_is_not_in_the_dump
    assert_refused(/no class Nowhere/, "why", Shop.dump, "Nowhere")
    assert_refused(/no object at 0x1;/, "show", Shop.dump, "0x1")
    assert_refused(/Session is a class, give an address/, "show", Shop.dump, "Session", status: 64)
    assert_refused(/looks like 0x/, "show", Shop.dump, "nonsense", status: 64)
  end

  def test_wrong_command_lines
    assert_refused(/say what to find/, "find", Shop.dump, status: 64)
    assert_refused(/NOWHERE/, "find", Shop.dump, "--type", "NOWHERE", status: 64)
    assert_refused(/(4096|64k)/, "find", Shop.dump, "--min-size", "large", status: 64)
    assert_refused(/regexp|premature|unmatched|unterminated|end pattern/i,
                   "find", Shop.dump, "--value", "/(/", status: 64)
    assert_refused(/depth/, "top", Shop.dump, "--depth", "0", status: 64)
    assert_refused(/usage/, "why", Shop.dump, status: 64)
    assert_refused(/by/, "diff", Shop.dump, Shop.dump, "--by", "colour", status: 64)
  end

  # What a terminal of so many columns is sent, but for what tells the progress on a slow machine.
  def on_terminal(columns, *argv, env: {})
    reader, writer = PTY.open
    writer.winsize = [24, columns]
    clean = Child::BUNDLER.to_h { |name| [name, nil] }.merge("NO_COLOR" => nil, "TERM" => "xterm")
    pid = Process.spawn(clean.merge(env), *command(*argv), in: :close, out: writer, err: File::NULL)
    writer.close
    text = Thread.new { read_all(reader) }
    wait_until("it ends") { Process.wait2(pid, Process::WNOHANG) }
    text.value.force_encoding("UTF-8")
  ensure
    reader&.close
  end

  def read_all(reader)
    text = +""
    loop { text << reader.readpartial(65_536) }
  rescue EOFError, Errno::EIO
    text
  end

  def test_tables_fit_the_terminal
    %w[summary top strings].each do |name|
      text = on_terminal(60, name, Shop.dump)
      rows = text.gsub(/\e\[\d*m/, "").lines(chomp: true).map { |line| line.delete("\r") }
      rows = rows.grep(/\A *[\d<].*[^.]\z/) # rows of tables
      refute_empty rows
      assert_empty rows.select { |row| HeapDump::Terminal::Text.width(row) > 60 }, name
    end
  end

  def test_colours_are_for_terminals_that_want_them
    assert_match(/\e\[2m/, on_terminal(80, "top", Shop.dump))
    refute_match(/\e\[/, on_terminal(80, "top", Shop.dump, env: { "NO_COLOR" => "1" }))
    refute_match(/\e/, heapdump_process("top", Shop.dump).out)
  end

  def test_only_colours_reach_a_terminal
    text = on_terminal(200, "find", Shop.dump, "--value", "owned")
    assert_empty text.gsub(/\e\[\d*m/, "").gsub("\r\n", "\n").scan(/[[:cntrl:]]/) - ["\n"]
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/convert"
require "support/command_line"
require "support/grown_dumps"
require "support/outside"
require "support/shop"

# Whatever a heap holds, whatever a process is called: nothing of it moves the cursor of a terminal,
# colours it, rings it, or shows other letters than there are.
class TestHostileText < HeapDumpTest
  include CommandLine
  include GrownDumps

  EVIL = "\e[31m\e]0;owned\a\u009b2J\u0085\x7F\u202E\u2066\u200B\u2028\u{E0041}\r\n\t\0"
  # What may stand between harmless text: our own colours, and what a progress line is drawn with.
  OURS = /\e\[\d+m|\r\e\[K|\n/
  HARMFUL = HeapDump::Terminal::Text::HARMFUL

  # A terminal, as far as a command can tell.
  class Terminal < StringIO
    def tty? = true
    def winsize = [24, 900]
  end

  # Text that nobody reads as a text of its own.
  FIXED = %w[address type class superclass].freeze

  # A dump of the shop in which every name and every text is followed by what is evil; with raw
  # bytes of that kind too, in the second form.
  def evil_dump(name = "evil.json", raw: false, sessions: Shop::SESSIONS)
    path = File.join(scratch, name)
    File.open(path, "wb") do |io|
      File.foreach(Shop.dump(sessions: sessions)) do |text|
        line = JSON.generate(spoilt(JSON.parse(text)))
        line = line.b.gsub("\u009b".b, "\x9B".b) if raw
        io.write(line, "\n")
      end
    end
    path
  end

  def spoilt(value, key = nil)
    case value
    when Hash
      fields = key.nil?
      value.to_h { |name, one| [fields ? name : name + EVIL, spoilt(one, fields ? name : "")] }
    when Array then value.map { |one| spoilt(one, key) }
    when String then FIXED.include?(key) || value.match?(/\A0x\h+\z/) ? value : value + EVIL
    else value
    end
  end

  # Runs a command in a terminal and returns what the terminal got.
  def shown(*argv)
    out = Terminal.new
    err = Terminal.new
    status = HeapDump::CLI.run(argv.map(&:to_s), out: out, err: err)
    assert_includes [0, 1, 2, 64], status
    text = out.string + err.string
    refute_empty text, argv.inspect
    assert_harmless text, argv
    text
  end

  def assert_harmless(text, what)
    assert_predicate text.dup.force_encoding("UTF-8"), :valid_encoding?, what.inspect
    found = text.gsub(OURS, "").scan(HARMFUL)
    assert_empty found.uniq.map { |char|
      format("U+%04X", char.ord)
    }, "#{what.inspect}: #{text[0, 3000]}"
  end

  # [command line, what it must have said], with FILE for the dump.
  READ = {
    "summary" => [[], /String/], "verify" => [[], /format/],
    "top" => [%w[--depth 3 --limit 100], /Session/], "why" => [["Session#{EVIL}"], /CACHE/],
    "show" => [[:address], /Session/], "find" => [%w[--type STRING --limit 10000], /waiting/],
    "strings" => [%w[--limit 100], /waiting/], "diff" => [[:other], /Session/],
    "leaks" => [%i[other third], /Session/]
  }.freeze
  OUTSIDE = %w[take count doctor].freeze
  # What a browser gets from them is looked at in test/html and test/web.
  PAGES = %w[report ui].freeze
  # What processes have noted is looked at in test/cli/test_notes.rb.
  NOTED = %w[notes].freeze
  # What they answer who are asked is looked at in test/asking, what a store has in test/fleet.
  ASKED = %w[ask fleet].freeze
  # The evil dump has no procs, and trends leave out dumps that were changed: these have others.
  MADE = %w[procs trends].freeze

  # What an application says is looked at in test/measure.
  MEASURED = %w[measure].freeze

  def test_every_command_is_here
    assert_equal HeapDump::CLI::COMMANDS.keys.sort,
                 [*READ.keys, *OUTSIDE, *PAGES, *NOTED, *ASKED, *MADE, *MEASURED, "convert",
                  "ship"].sort
  end

  def test_commands_that_read
    paths = { file: evil_dump, other: evil_dump("2.json", sessions: 160),
              third: evil_dump("3.json", sessions: 240) }
    json = JSON.parse(heapdump("why", paths[:file], "Session#{EVIL}", "--json").out)
    paths[:address] = json["groups"][0]["path"].last["address"]
    READ.each do |name, (rest, expected)|
      argv = [name, paths[:file], *rest.map { |one| paths.fetch(one, one) }]
      text = shown(*argv)
      assert_match expected, text
      assert_includes text, "\\u009B2J", "#{name} shows no evil text" unless name == "strings"
      shown(*argv, "--json")
    end
  end

  # Whole dumps of a process in which everything that has a name has an evil one.
  def evil_dumps
    (0..5).map do |number|
      dump(number, program: "p#{EVIL}", host: "h#{EVIL}") do |made|
        code = made.internal("iseq", label: "block#{EVIL}", file: "/app#{EVIL}.rb", line: 1)
        procs = Array.new(4) { made.data("Proc", "proc", iseq: code) }
        made.constant("LIST#{EVIL}", made.array(procs))
        list = objects(made, "Session#{EVIL}", 40 * (number + 1), 0x50_0000)
        made.constant("ALL#{EVIL}", made.array(list))
        made.root(made.thread([["x#{EVIL}"]], thread_name: EVIL))
      end
    end
  end

  def test_procs
    path = evil_dumps.last
    [[], ["--limit", "100"], ["--json"]].each { |options| shown("procs", path, *options) }
    assert_includes shown("procs", path), "/app\\e[31m"
  end

  # What is kept of the dumps is shown the second time.
  def test_trends
    paths = evil_dumps
    2.times do
      text = shown("trends", *paths, "--limit", "100")
      assert_match(/1\. Session\\e\[31m/, text)
      assert_includes text, "\\u202E"
      %w[--json --csv].each { |option| shown("trends", *paths, option) }
    end
    shown("trends", *paths, "--fail-on", "any")
  end

  # The page is harmless as well, even where a terminal shows it, and so is the name of its file.
  def test_reports
    paths = [evil_dump, evil_dump("2.json", sessions: 160), evil_dump("3.json", sessions: 240)]
    page = File.join(scratch, "evil #{EVIL.delete("\0")}.html")
    [[], ["--values"]].each do |values|
      shown("report", *paths, "-o", page, "--force", *values)
      text = File.read(page, encoding: "UTF-8")
      assert_harmless text, "the page"
      assert_includes text, "\\u009B2J"
    end
    shown("leaks", *paths, "--html", page, "--force")
    shown("report", *paths, "-o", page)
    shown("report", *paths, "-o", page, "--force", "--json")
  end

  # Lines that are no text are bad ones; what is said of them is harmless too.
  def test_raw_bytes
    path = evil_dump(raw: true)
    READ.each_key do |name|
      next if %w[show why leaks].include?(name)

      shown(name, path, *(path if name == "diff"))
      shown(name, path, *(path if name == "diff"), "--json")
    end
    shown("summary", path, "--strict")
  end

  def test_strings_of_every_bytes
    code = 'require "heapdump"; $x = (0..255).map { |b| ("a".b << b) * 9 }; ' \
           '$y = $x.map { |s| s.dup.force_encoding("UTF-16LE") }; HeapDump.dump(ARGV[0], gc: false)'
    path = File.join(scratch, "bytes.json")
    Child.ruby!(code, path)
    [%w[find --type STRING --limit 9999], %w[strings --limit 9999]].each do |name, *rest|
      shown(name, path, *rest)
      shown(name, path, *rest, "--json")
    end
  end

  # Names of files are written by strangers too.
  def test_names_of_files
    ["evil #{EVIL.delete("\0")}.json", "\x9B\xFF.json"].each do |name|
      path = File.join(scratch, name)
      FileUtils.cp(Shop.dump, path)
      (READ.keys - %w[why show]).each do |command|
        shown(command, path, *(path if %w[diff leaks].include?(command)))
        shown(command, path, *(path if %w[diff leaks].include?(command)), "--json")
      end
      File.truncate(path, 1000)
      shown("summary", path)
      shown("summary", "#{path}.missing")
    end
  end

  # What is shipped, where it goes and why it cannot go there.
  def test_names_of_files_that_are_shipped
    from, to = %w[from to].map { |name| File.join(scratch, "#{name} #{EVIL.delete("\0")}") }
    [from, to].each { |path| Dir.mkdir(path, 0o700) }
    ["evil #{EVIL.delete("\0")}.json", "\x9B\xFF.json"].each do |name|
      FileUtils.cp(Shop.dump, File.join(from, name))
      File.utime(0, 0, File.join(from, name))
    end
    [["--to", to, "--once"], ["--status"], ["--status", "--json"],
     ["--to", "#{to}/none", "--once"], ["--to", "#{to}/none", "--once", "--json"]].each do |rest|
      shown("ship", from, *rest)
    end
  end

  def test_errors
    evil = EVIL.delete("\0")
    [["x#{evil}"], ["summary", "-#{evil}"], ["summary", "--x=#{evil}"], ["summary", "\x9B"],
     ["summary", "--\x9B"], ["why", Shop.dump, "X#{evil}"], ["why", Shop.dump, "0x#{evil}"],
     ["show", Shop.dump, evil], ["find", Shop.dump, "--min-size", evil],
     ["find", Shop.dump, "--value", "/(#{evil}/"], ["take", evil], ["doctor", "\x9B"],
     ["take", "1", "-o", "/nowhere/#{evil}/x"], ["leaks", "--fail-on", evil, Shop.dump, Shop.dump],
     ["convert", Shop.dump, "--to", evil], ["help", evil], ["\x9B"]].each { |argv| shown(*argv) }
  end

  # It is data; a terminal would take it as it is.
  def test_conversions_are_not_for_a_terminal
    HeapDump::Convert::FORMATS.each_key do |format|
      text = shown("convert", evil_dump, "--to", format)
      assert_match(/not for a terminal; give a file with -o, or a pipe/, text)
    end
  end

  # A process that says of itself what it likes.
  def test_processes
    directory = File.join(scratch, "e\e[31m\u009b2J\a\n")
    Dir.mkdir(directory)
    with_handler("HeapDump.on_signal('USR2', path: ARGV[0])", directory) do |pid|
      %w[doctor take].each do |name|
        assert_match(/\\e\[31m/, shown(name, pid))
        shown(name, pid, "--json")
      end
    end
    with_handler("HeapDump.send(:mark, 12, 'heapdump:USR2:' + ARGV[0])",
                 "#{scratch}/\xFF\e") do |pid|
      assert_match(/\\xFF\\e/, shown("doctor", pid))
      shown("doctor", pid, "--json")
    end
  end

  def with_handler(code, directory)
    path = File.join(directory, "\e[32mheap-%{pid}.json")
    code = "$:.unshift(#{Child::LOAD_PATHS.first.dump}); require 'heapdump'; " \
           "ARGV[0] = #{path.b.dump}.dup.force_encoding('UTF-8'); #{code}; sleep"
    Outside.with_process(code) do |pid|
      wait_until("it has a handler") { HeapDump::Outside::Target.new(pid).handlers.any? }
      yield pid
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "fileutils"
require "shellwords"
require "support/command_line"
require "support/made_dump"
require "support/shop"
require "zlib"

# What is given to commands: wrong arguments are answered with the right ones, directories stand for
# the dumps in them, and the help shows how each command is used.
class TestArguments < HeapDumpTest
  include CommandLine

  WRONG = {
    %w[diff a b --by colour] => /--by takes: class, type, location, generation, gem/,
    %w[convert a --to xml] => /--to takes: objspace, heapsnapshot, speedscope, csv/,
    %w[convert a] => /say what to convert to: --to objspace, --to heapsnapshot/,
    %w[top a --limit many] => /--limit takes: at most N entries, 0 or more \(default 20\)/,
    %w[top a --limit -1] => /--limit takes: at most N entries, 0 or more/,
    %w[top a --by colour] => /--by takes: in groups, by class, type, location, generation, gem/,
    %w[top a --cells 1] => /--cells takes: the tree in N cells, 2 or more/,
    %w[top a --depth 99] => /--depth takes: .* 1 to 20/,
    %w[why a B --tree 1] => /--tree takes: of a class: the paths .* a tree of N branches/,
    %w[show a 0x1 --offset -1] => /--offset takes: .* 0 or more/,
    %w[find a --min-size large] => /--min-size takes: .*64k, 1M/,
    %w[find a --value /(?<=(?i)ss)x/] => /invalid pattern in look-behind/,
    %w[find a --sort name] => /--sort takes: retained, size, address, referrers, length: what/,
    %w[find a --offset -1] => /--offset takes: .* 0 or more/,
    %w[find a --offset 9223372036854775808] => /a number below 2\^63\); --offset takes/,
    %w[find a --min-size 9007199254740992k] => /a number below 2\^63\); --min-size takes/,
    %w[top a --cells 99999999999999999999] => /a number below 2\^63\); --cells takes/,
    %w[take 1 --via post] => /--via takes: signal, ptrace or gdb/,
    %w[top a --limit] => /missing argument: --limit; --limit takes: at most/
  }.freeze

  # What was left out of a dump is not "0 found".
  def test_values_are_not_looked_for_where_there_are_none
    path = File.join(scratch, "redacted.json")
    { none: /:none\): none can be/, hash: /:hash\): none can be/ }.each do |kept, reason|
      HeapDump.dump(path, gc: false, strings: kept)
      answer = heapdump("find", path, "--value", "planted")
      assert_equal [1, ""], [answer.status, answer.out], kept
      assert_match reason, answer.err
    end
    HeapDump.dump(path, gc: false, strings: 4)
    answer = heapdump("find", path, "--value", "planted and cut")
    assert_equal [0, "0 found\n"], [answer.status, answer.out]
    assert_match(/of each string the first 4 bytes are in the dump/, answer.err)
  end

  def test_wrong_arguments_are_answered_with_the_right_ones
    WRONG.each do |argv, expected|
      answer = heapdump(*argv)
      assert_equal [64, ""], [answer.status, answer.out], argv.inspect
      assert_match expected, answer.err
      assert_match(/usage: heapdump #{argv.first} /, answer.err)
    end
    answer = heapdump("find", Shop.dump, "--type", "THING")
    assert_match(/no type THING; it is one of OBJECT CLASS/, answer.err)
  end

  # Whatever number an option takes.
  def test_more_than_there_is_is_all_there_is
    paths = [0, 1].map do |number|
      MadeDump.write(File.join(scratch, "#{number}.json"), number) do |made|
        made.constant("LIST", made.array([made.object("Session"), made.string("x")]))
        made.written_method("Session", "go", "/app/a.rb", 1)
      end
    end
    most = ((1 << 63) - 1).to_s
    [%w[summary], %w[top], %w[top --by class], %w[strings], %w[diff], %w[leaks],
     %w[find --type STRING], %w[why Session], %w[why Session --tree]].each do |name, *rest|
      dumps = %w[diff leaks].include?(name) ? paths : paths.first(1)
      option = rest.last == "--tree" ? [most] : ["--limit", most]
      answer = heapdump(name, *dumps, *rest, *option)
      assert_equal [0, ""], [answer.status, answer.err], name
    end
    answer = heapdump!("find", paths.first, "--type", "STRING", "--offset", most)
    assert_equal "1 found\n--offset #{most} is behind the last\n", answer.out
    assert_equal "0 found\n", heapdump!("find", paths.first, "--min-size", most).out
  end

  def test_every_command_has_two_examples_that_are_right
    HeapDump::CLI::COMMANDS.each_key do |name|
      text = heapdump!("help", name).out
      assert_equal 1, text.scan(/^Examples:/).size, name
      examples = text[/^Examples:\n\n(.*)/m, 1].to_s.scan(/^  heapdump (.+)\n      \S.*$/).flatten
      assert_operator examples.size, :>=, 2, name
      examples.each do |line|
        argv = Shellwords.split(line.sub(/ < \S+\z/, ""))
        assert_equal name, argv.shift
        assert_parses name, argv
      end
    end
  end

  # As the command itself would, as far as the call; the files need not be there.
  def assert_parses(name, argv)
    command = HeapDump::CLI.command(name).new(out: StringIO.new, err: StringIO.new)
    called = nil
    command.define_singleton_method(:arguments) { |rest| rest }
    command.define_singleton_method(:check_number) { |rest| called = rest }
    command.define_singleton_method(:call) { |*| 0 }
    store = argv.include?("--store") # which can be looked at without a dump
    assert_equal 0, command.run(argv)
    needed = HeapDump::CLI.command(name).instance_method(:call).parameters.map(&:first)
    needed -= [:rest] if store
    assert_operator called.size, :>=, needed.intersect?(%i[req rest]) ? 1 : 0
  end

  def directory
    @directory ||= File.join(scratch, "heaps").tap do |path|
      Dir.mkdir(path)
      # the oldest has the last name, and was written last
      { 2 => "a.json", 1 => "b.json", 0 => "c.json" }.each do |number, name|
        MadeDump.write(File.join(path, name), number) do |made|
          made.constant("LIST", made.array(Array.new((number + 1) * 100) { made.object("Item") }))
        end
      end
    end
  end

  def test_a_directory_stands_for_its_dumps_in_the_order_of_time
    json = heapdump!("diff", directory, "--json").json
    assert_equal %w[c.json b.json a.json], json["dumps"].map { |path| File.basename(path) }
    item = json["changes"].find { |one| one["label"] == "Item" }
    assert_equal [100, 200, 300], item["counts"]
    assert_match(/Item/, heapdump!("leaks", directory).out)
    both = heapdump!("diff", File.join(directory, "a.json"), File.join(directory, "c.json"),
                     "--json")
    assert_equal %w[a.json c.json], both.json["dumps"].map { |path| File.basename(path) }
  end

  def test_other_files_of_a_directory_are_none
    Zlib::GzipWriter.open(File.join(directory, "d.dump")) do |io|
      io.write(File.read(File.join(directory, "c.json")).sub("00:00:00", "00:09:00"))
    end
    { "package.json" => '{"name":"x"}', "app.rb" => "{", "empty.json" => "",
      "a.json.hdidx" => '{"type":"HEADER"}', "a.json.partial-12" => '{"type":"HEADER"}',
      "other.gz" => Zlib.gzip("no dump") }.each do |name, text|
      File.binwrite(File.join(directory, name), text)
    end
    Dir.mkdir(File.join(directory, "old.json"))
    File.symlink("nowhere", File.join(directory, "gone.json"))
    json = diff!(directory, "--json").json
    assert_equal %w[c.json b.json a.json d.dump], json["dumps"].map { |path| File.basename(path) }
  end

  def test_directories_where_one_file_is_needed
    answer = heapdump("top", directory)
    assert_equal 1, answer.status
    assert_match(/is a directory; give one of its dumps, the newest is .*a.json/, answer.err)
    Dir.mkdir(File.join(scratch, "none"))
    answer = heapdump("diff", File.join(scratch, "none"))
    assert_match(/there is no dump in the directory .*none/, answer.err)
    FileUtils.rm(Dir[File.join(directory, "[ab].json")])
    %w[diff leaks].each do |command|
      assert_match(/two dumps or more are needed, and .*c.json is one; usage: .* or DIRECTORY/,
                   heapdump(command, directory).err)
    end
  end

  def test_what_is_not_there
    %w[diff leaks].each do |command|
      answer = heapdump(command, "nodir")
      assert_equal [1, "", "heapdump: no such file or directory: nodir\n"], answer.to_a
      answer = heapdump(command, "nope-*.json")
      assert_equal "heapdump: no such file or directory: nope-*.json (the shell has found no " \
                   "file for this pattern)\n", answer.err
      assert_match(/wrong number of arguments; usage: heapdump #{command} FILE LATER/,
                   heapdump(command).err)
    end
  end

  def test_find_says_where_nothing_can_be_found
    %i[none hash].each do |policy|
      answer = heapdump("find", Shop.dump({ strings: policy }), "--value", "waiting")
      assert_equal [1, ""], [answer.status, answer.out]
      assert_match(/has no contents of strings \(strings: :#{policy}\).*take a dump with/,
                   answer.err)
      heapdump!("find", Shop.dump({ strings: policy }), "--class", "Session")
    end
    cut = heapdump("find", Shop.dump({ strings: 8 }), "--value", "waiting")
    assert_match(/\A\d\d found/, cut.out)
    assert_match(/of each string the first 8 bytes are in the dump/, cut.err)
    assert_raises(HeapDump::NotFound) do
      HeapDump::Snapshot.open(Shop.dump({ strings: :none })).find(value: "x")
    end
  end

  def test_known_leaks_that_cannot_be_read
    answer = heapdump("leaks", "--known", "/nowhere/known.txt", Shop.dump, Shop.dump)
    assert_equal 1, answer.status
    assert_match(%r{: /nowhere/known.txt of --known cannot be read: there is no such file},
                 answer.err)
    answer = heapdump("leaks", "--known", scratch, Shop.dump, Shop.dump)
    assert_match(/of --known cannot be read: it is a directory/, answer.err)
  end
end

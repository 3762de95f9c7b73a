# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/made_dump"

# Dumps whose names are no text in UTF-8, as those of old systems: each command reads them, and what
# it says of them can be printed beside any other text.
class TestFileNames < HeapDumpTest
  include CommandLine

  NAME = "d\xFF.json"

  def dump(name = NAME, number = 0, directory: scratch)
    path = File.join(directory.b, name.b)
    MadeDump.write(path, number) do |made|
      made.constant("É", made.array([made.object("Sé"), *Array.new(2) { made.string("é") }]))
    end
    path.dup.force_encoding(Encoding::UTF_8)
  end

  COMMANDS = [
    %w[summary], %w[top], %w[why Sé], %w[show 0x2000], %w[find --where] + ["class = \"Sé\""],
    %w[strings], %w[verify], %w[convert --to csv]
  ].freeze

  def test_commands
    path = dump
    COMMANDS.each do |name, *rest|
      answer = heapdump(name, path, *rest)
      assert_equal [0, ""], [answer.status, answer.err], name
      json = %w[convert verify].include?(name) ? [] : %w[--json]
      assert_equal 0, heapdump(name, path, *rest, *json).status, name
    end
  end

  def test_several
    paths = [dump, dump("é.json", 1), dump("\xFE.json", 2)]
    %w[diff leaks].each { |name| assert_equal 0, heapdump(name, *paths).status, name }
    assert_equal 0, heapdump("leaks", scratch).status
    answer = heapdump("report", *paths, "-o", File.join(scratch, "\xFF.html"))
    assert_equal [0, ""], [answer.status, answer.err]
  end

  # What a watch leaves, and what somebody else has put there.
  def watched
    series = File.join(scratch, "series-here-7-a1")
    [series, File.join(scratch.b, "series-\xFF".b)].each { |path| Dir.mkdir(path) }
    paths = Array.new(3) { |i| dump("heap-\xFF-#{i + 1}.json", i, directory: series) }
    no_dumps = ["\xFF.json.partial-7", "\xFF.json.hdidx"]
    { series => no_dumps, scratch => ["\xFF", "notes-\xFF-1-a.jsonl", *no_dumps] }
      .each do |directory, names|
        names.each { |name| File.write(File.join(directory.b, name.b), "{}\n") }
      end
    [series, paths]
  end

  def test_directories_of_a_watch
    series, = watched
    out = Dir.mktmpdir("out", scratch)
    { ["trends", scratch] => 0, ["trends", scratch, "--json"] => 0, ["leaks", series] => 0,
      ["notes", scratch] => 1, ["verify", series] => 1,
      ["ship", scratch, "--once", "--to", "file:#{out}"] => 0,
      ["ask", "--list", "--store", "file:#{scratch}"] => 0 }.each do |argv, status|
      answer = heapdump(*argv)
      assert_equal status, answer.status, "#{argv.first}: #{answer.err}"
      refute_match(/invalid byte/, answer.err, argv.first)
    end
    shipped = Dir.children("#{out}/series-here-7-a1")
    assert_equal 3, shipped.count { |name| !name.b.include?("manifest") }
  end

  def test_the_housekeeping_of_a_watch
    require "heapdump/watch/directory"
    require "heapdump/watch/note_files"
    _, paths = watched
    directory = HeapDump::Watch::Directory.new(scratch)
    assert_equal ["series-here-7-a1"], directory.all_series
    assert_equal paths.map(&:b).sort, directory.dumps.map { |one| one.path.b }.sort
    directory.remove_partial(Time.now + 1_000_000, 1)
    assert_empty(Dir.children(File.join(scratch, "series-here-7-a1")).select do |name|
      name.b.include?("partial")
    end)
    assert_empty HeapDump::Watch::NoteFiles.all(scratch)
  end

  def test_messages
    path = dump
    { ["find", path, "--class", "Né"] => /d\\xFF\.json has no class Né/,
      ["why", path, "Né"] => /d\\xFF\.json has no class Né/,
      ["leaks", path] => /d\\xFF\.json is one/,
      ["show", path, "0x1"] => /d\\xFF\.json has no object/,
      ["leaks", "#{path}é"] => /d\\xFF\.jsoné/,
      ["top", scratch] => /the newest is .*d\\xFF\.json/ }.each do |argv, words|
      answer = heapdump(*argv)
      assert_includes [1, 64], answer.status
      assert_match words, answer.err
    end
    File.write(path, File.read(path).lines[0..-2].join)
    assert_match(/warning: .*d\\xFF\.json: /, heapdump("top", path).err)
  end
end

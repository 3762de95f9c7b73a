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

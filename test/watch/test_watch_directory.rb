# frozen_string_literal: true

require "test_helper"
require "support/watching"

# Whom the directory of the dumps is trusted to, and links that somebody has put into it.
class TestWatchDirectory < HeapDumpTest
  include Watching

  def problem(path = heaps)
    HeapDump::Watch::Directory.new(path).problem
  end

  # What others may write to they could replace. Where each may only remove what is theirs, as in
  # /tmp, they could still be the first to make state.json, the lock or a question.
  def test_modes
    Dir.mkdir(heaps)
    { 0o700 => nil, 0o755 => nil, 0o1755 => nil, 0o1777 => /name a directory in it/,
      0o1770 => /other users may write/, 0o770 => /other users may write/,
      0o707 => /other users may write/, 0o777 => /name a directory in it/ }.each do |mode, told|
      File.chmod(mode, heaps)
      told ? assert_match(told, problem, mode.to_s(8)) : assert_nil(problem, mode.to_s(8))
    end
    assert_nil problem(File.join(heaps, "below"))
  end

  def test_an_own_link_to_a_directory
    Dir.mkdir(heaps, 0o700)
    link = File.join(scratch, "link")
    File.symlink(heaps, link)
    assert_nil problem(link)
    File.unlink(link)
    File.symlink(File.join(scratch, "nowhere"), link)
    assert_match(/a link that leads nowhere/, problem(link))
  end

  # Whoever made it can make another one.
  def test_the_link_of_somebody_else
    skip "only root can give a link away" unless Process.euid.zero?

    Dir.mkdir(heaps, 0o700)
    link = File.join(scratch, "link")
    File.symlink(heaps, link)
    File.lchown(65_534, nil, link)
    assert_match(/belongs to another user/, problem(link))
  end

  # A link in the directory to a file elsewhere, which has this text.
  def link(name, text)
    FileUtils.mkdir_p(heaps, mode: 0o700)
    @outside = File.join(scratch, "outside")
    File.write(@outside, text)
    File.symlink(@outside, File.join(heaps, name))
  end

  def test_a_state_that_is_a_link
    link("state.json", JSON.generate(dumps: [], chosen: {}))
    watch = engine { |on| on.rule(:now) { true } }
    look(watch)
    assert_equal({ state: 1 }, refusals(watch))
  end

  def test_a_question_that_is_a_link
    link("ask", "")
    look(engine)
    assert_empty begun
  end

  # Nothing is read or written there: not even that this process has had another program before.
  def test_notes_that_are_a_link
    text = "#{JSON.generate(begin: "x", pid: 40)}\n"
    link("notes-web-1-40-old.jsonl", text)
    look(engine(&:memory))
    assert_equal text, File.read(@outside)
    file = HeapDump::Watch::NoteFiles.all(heaps).find { |one| one.series == "old" }
    assert_equal [[], nil], [file.lines, file.started]
    refute_predicate file, :ended?
  end

  def test_the_end_of_notes_that_are_a_link
    link("notes-web-1-30-old.jsonl", "#{JSON.generate(end: "x")}\n")
    refute_predicate HeapDump::Watch::NoteFiles.all(heaps).first, :ended?
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/terminal"

# What the system refuses, without the words of Ruby's own code.
class TestTrouble < Minitest::Test
  Trouble = HeapDump::Terminal::Trouble

  def error
    yield
  rescue SystemCallError => e
    e
  end

  def test_sentences
    { error { File.open("/nowhere/x - y") } => "/nowhere/x - y: there is no such file or directory",
      error { File.rename("/nowhere", "/x") } => "/nowhere, /x: there is no such file or directory",
      error { Dir.children("/etc/passwd") } => "/etc/passwd: a part of its path is no directory",
      error { File.open("/", "w") } => "/: it is a directory",
      Errno::ENOSPC.new => "the disk is full" }.each do |raised, words|
      assert_equal words, Trouble.sentence(raised)
    end
  end

  # Those that nobody thought of are told as the system words them.
  def test_others
    assert_equal "connection refused", Trouble.words(Errno::ECONNREFUSED.new)
    assert_equal "x: broken pipe", Trouble.sentence(Errno::EPIPE.new("x"))
    Errno.constants.map { |name| Errno.const_get(name) }.grep(Class).each do |errno|
      refute_match(/ @ |rb_|_s_/, Trouble.sentence(errno.new("/tmp/x", "rb_sysopen")))
    end
  end
end

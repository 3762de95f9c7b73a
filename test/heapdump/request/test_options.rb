# frozen_string_literal: true

require "test_helper"

# Options that are no options: refused before anything is opened, by a message that names the option
# and what may stand there.
class TestOptions < HeapDumpTest
  WRONG = {
    { strings: :some } => %w[strings full none hash],
    { strings: "full" } => %w[strings full none hash],
    { strings: -1 } => %w[strings],
    { strings: nil } => %w[strings],
    { strings: 1.5 } => %w[strings],
    { strings: 2**70 } => %w[strings],
    { format: :xml } => %w[format heapdump objspace],
    { format: "objspace" } => %w[format heapdump objspace],
    { format: nil } => %w[format heapdump objspace],
    { compress: :lzma } => %w[compress zstd gzip],
    { compress: "zstd" } => %w[compress zstd gzip],
    { compress: true } => %w[compress zstd gzip],
    { gc: :maybe } => %w[gc],
    { gc: 1 } => %w[gc]
  }.freeze

  WRONG.each do |options, words|
    define_method("test_#{options.inspect}_is_refused") do
      path = File.join(scratch, "heap.json")
      error = assert_raises(ArgumentError) { HeapDump.dump(path, **options) }
      words.each { |word| assert_includes error.message, word }
      assert_includes error.message, options.values.first.inspect
      assert_empty Dir.children(scratch)
    end
  end

  def test_unknown_options_are_named
    error = assert_raises(ArgumentError) { HeapDump.dump(File.join(scratch, "x"), string: :none) }
    assert_match(/unknown keyword: :string\b/, error.message)
    assert_empty Dir.children(scratch)
  end

  def test_what_is_no_path
    [nil, 5, Object.new, []].each do |wrong|
      error = assert_raises(ArgumentError, wrong.inspect) { HeapDump.dump(wrong) }
      assert_match(/goes to a path, an IO or an object with /, error.message)
      assert error.message.end_with?(", not #{wrong.inspect}"), error.message
    end
  end

  def test_paths_that_cannot_be
    { "" => [HeapDump::WriteError, /while opening it/], "nul\0.json" => [ArgumentError, /null byte/] }
      .each do |path, (kind, words)|
      Dir.chdir(scratch) do
        error = assert_raises(kind, path.inspect) { HeapDump.dump(path) }
        assert_match words, error.message, "noticed only when all was written?"
      end
      assert_empty Dir.children(scratch)
    end
  end

  def test_too_many_arguments
    Dir.chdir(scratch) do
      error = assert_raises(ArgumentError) { HeapDump.dump("a", true, 1) }
      assert_match(/wrong number of arguments/, error.message)
    end
    assert_empty Dir.children(scratch)
  end

  def test_every_good_option
    path = File.join(scratch, "heap.json")
    [{ gc: true }, { gc: false }, { strings: :full }, { strings: :none }, { strings: :hash },
     { strings: 0 }, { strings: 10_000 }, { format: :heapdump }, { format: :objspace },
     { compress: nil }, { compress: false }, { compress: :gzip }, { compress: :zstd }]
      .each { |options| assert_operator HeapDump.dump(path, **options).objects, :>, 1000 }
  end
end

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
    assert_includes error.message, "string"
    assert_empty Dir.children(scratch)
  end

  def test_what_is_no_path
    [nil, 5, Object.new, []].each do |wrong|
      error = assert_raises(ArgumentError, TypeError, wrong.inspect) { HeapDump.dump(wrong) }
      refute_empty error.message
    end
  end

  def test_paths_that_cannot_be
    ["", "nul\0.json"].each do |path|
      Dir.chdir(scratch) do
        error = assert_raises(ArgumentError, HeapDump::Error, path.inspect) { HeapDump.dump(path) }
        refute_match(/renam/, error.message, "noticed only when all was written")
      end
      assert_empty Dir.children(scratch)
    end
  end

  def test_too_many_arguments
    assert_raises(ArgumentError) { HeapDump.dump("a", true, 1) }
  end

  def test_every_good_option
    path = File.join(scratch, "heap.json")
    [{ gc: true }, { gc: false }, { strings: :full }, { strings: :none }, { strings: :hash },
     { strings: 0 }, { strings: 10_000 }, { format: :heapdump }, { format: :objspace },
     { compress: nil }, { compress: false }, { compress: :gzip }, { compress: :zstd }]
      .each { |options| assert_operator HeapDump.dump(path, **options).objects, :>, 1000 }
  end
end

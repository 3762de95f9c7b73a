# frozen_string_literal: true

require "test_helper"
require "fileutils"
require "support/command_line"
require "support/shop"
require "zlib"

# `heapdump convert -o FILE`: the dump stays whatever FILE is, and so does what stands in FILE until
# all of the new one is there.
class TestOutputFile < HeapDumpTest
  include CommandLine

  def dump
    @dump ||= File.join(scratch, "heap.json").tap { |path| FileUtils.cp(Shop.dump, path) }
  end

  def convert(output, *rest, to: "csv", input: dump)
    heapdump("convert", input, "--to", to, "-o", output, *rest)
  end

  def assert_refused(expected, answer)
    assert_equal 1, answer.status
    assert_match(/\Aheapdump: [^\n]*\n\z/, answer.err)
    assert_match expected, answer.err
    refute_match(/ @ |rb_sys|Errno/, answer.err)
    refute(Dir.children(scratch).any? { |name| name.include?("partial") })
  end

  def test_the_dump_is_not_written_over
    before = File.binread(dump)
    linked = File.join(scratch, "hard.json")
    File.link(dump, linked)
    symbolic = File.join(scratch, "symbolic.json")
    File.symlink(dump, symbolic)
    Dir.mkdir(File.join(scratch, "sub"))
    [dump, linked, File.join(scratch, "sub", "..", "heap.json")].each do |output|
      [[], ["--force"]].each do |force|
        assert_refused(/is the dump itself, which would be lost; give another name/,
                       convert(output, *force))
      end
    end
    assert_refused(/is the dump itself/, convert(dump, "--force", input: symbolic))
    assert_refused(/is no file but something else/, convert(symbolic, "--force"))
    assert_equal before, File.binread(dump)
  end

  def test_neither_through_a_shell
    before = File.binread(dump)
    answer = through_a_shell('"$@" --to csv >> "$0"', "convert", dump)
    assert_equal [1, ""], [answer.status.exitstatus, answer.out]
    assert_match(/standard output goes into .*heap.json, the dump itself/, answer.err)
    answer = through_a_shell('"$@" --to csv --force -o "$0" < "$0"', "convert", "-")
    assert_equal 1, answer.status.exitstatus
    assert_match(/is the dump itself/, answer.err)
    assert_equal before, File.binread(dump)
  end

  def through_a_shell(line, *argv)
    Child.run(Child::BUNDLER.to_h { |name| [name, nil] }, "sh", "-c", line, dump,
              *command(*argv), timeout: 60)
  end

  def test_another_file_is_replaced_with_force_alone
    path = File.join(scratch, "heap.csv")
    File.write(path, "precious")
    assert_refused(/heap.csv is there already; --force replaces it/, convert(path))
    assert_equal "precious", File.read(path)
    assert_equal [0, ""], convert(path, "--force").to_a.values_at(0, 2)
    assert_match(/\Aaddress,type/, File.read(path))
  end

  def test_what_could_not_be_written_changes_nothing
    path = File.join(scratch, "heap.csv")
    convert(path)
    size = File.size(path)
    before = File.binread(path)
    # the last one fails when what is left in Ruby's buffer is written
    [1000, size / 2, size - 1].each do |limit|
      answer = heapdump_limited(limit, "convert", dump, "--to", "csv", "--force", "-o", path)
      assert_equal 1, answer.status.exitstatus, "with #{limit} of #{size} bytes"
      assert_match(/heap.csv cannot be written: the file would be larger/, answer.err)
      assert_equal before, File.binread(path)
      assert_equal %w[heap.csv heap.json], Dir.children(scratch).sort
    end
  end

  def heapdump_limited(bytes, *argv)
    code = "trap(:XFSZ, 'IGNORE'); Process.setrlimit(:FSIZE, #{bytes}); exec(*ARGV)"
    Child.run(Child::BUNDLER.to_h { |name| [name, nil] }, *Child::RUBY, "-e", code,
              *command(*argv), timeout: 60)
  end

  def test_compressed_by_its_name
    %w[objspace csv heapsnapshot speedscope].each do |format|
      path = File.join(scratch, "heap.#{format}.gz")
      plain = heapdump!("convert", dump, "--to", format).out
      assert_equal [0, ""], convert(path, to: format).to_a.values_at(0, 2)
      assert_equal plain.b, Zlib::GzipReader.open(path) { |io| io.read.b }
      assert_operator File.size(path), :<, plain.bytesize / 2
    end
    again = heapdump!("find", File.join(scratch, "heap.objspace.gz"), "--class", "Session")
    assert_match(/\A84 found/, again.out)
  end

  def test_a_name_promises_nothing_else
    %w[zst xz bz2 zip].each do |ending|
      assert_refused(/would be no \.#{ending} file: \.gz is what/,
                     convert(File.join(scratch, "heap.csv.#{ending}")))
    end
  end

  def test_what_the_system_refuses_is_said_in_words
    assert_refused(/there is no directory .*nowhere; make it/,
                   convert(File.join(scratch, "nowhere", "heap.csv")))
    assert_refused(/is a directory; give the name of a file/, convert(scratch))
    assert_refused(/the name of the file is empty; give one/, convert(""))
    assert_refused(%r{new/ ends with a slash, as only a directory may; give the name},
                   convert(File.join(scratch, "new", "")))
    assert_refused(/there is no directory .*a\\n\\e\[31m;/,
                   convert(File.join(scratch, "a\n\e[31m", "x")))
    assert_refused(/cannot be written: the name is too long/,
                   convert(File.join(scratch, "x" * 250)))
    FileUtils.touch(File.join(scratch, "file"))
    assert_refused(/there is no directory .*file;/, convert(File.join(scratch, "file", "x")))
  end

  def test_a_dash_is_standard_output
    assert_equal heapdump!("convert", dump, "--to", "csv").out, convert("-").out
    refute File.exist?("-")
  end
end

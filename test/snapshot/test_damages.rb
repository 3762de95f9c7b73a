# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/command_line"
require "support/damages"
require "support/reader_program"

# What is said of every kind of damage: exactly that, and nothing of a whole dump. By every way in
# which a dump is read, and by any number of threads.
class TestDamages < HeapDumpTest
  include CommandLine

  PACKERS = { "json" => :itself, "json.gz" => Damages.method(:gzip),
              "json.zst" => Damages.method(:zstd) }.freeze

  PACKERS.each do |ending, packer|
    define_method("test_a_whole_dump_as_#{ending.tr(".", "_")}") do
      path = written(made.whole, ending, packer)
      snapshot = HeapDump::Snapshot.open(path, strict: true)
      assert_equal [true, []], [snapshot.whole, snapshot.warnings]
      refute_includes snapshot.tally[:checks].values, false
      refute_includes snapshot.tally[:checks].values, nil
      assert_match(/^whole and valid$/, heapdump!("verify", path).out)
    end

    define_method("test_damages_as_#{ending.tr(".", "_")}") do
      all.each { |name, damage| assert_known name, damage, written(damage.text, ending, packer) }
    end
  end

  def test_damages_by_the_command
    all.each { |name, damage| assert_told name, damage, written(damage.text) }
  end

  # One list: in the reader, its words, and the documentation.
  def test_every_check_has_its_words_and_stands_in_the_documentation
    checks = HeapDump::Snapshot.open(written(made.whole)).tally[:checks].keys
    assert_equal checks.sort, HeapDump::Snapshot.const_get(:Warnings)::FAULTS.sort
    documented = File.read(File.join(Child::ROOT, "docs/format.md"))[/^## Whole and valid.*?^## /m]
    names = documented.scan(/^\| (`\w+`(?: `\w+`)*) \|/).flatten.flat_map { |row| row.scan(/\w+/) }
    assert_equal checks.map(&:to_s).sort, names.sort
  end

  # Each is seen failing by one damage at least.
  def test_every_check_has_its_damage
    checks = HeapDump::Snapshot.open(written(made.whole)).tally[:checks].keys
    assert_equal [:compression], checks - all.values.flat_map(&:failed)
  end

  # What verify says is what every command says, and what --strict refuses.
  def test_every_command_says_the_same
    path = written(all.fetch("two dumps").text)
    verified = heapdump("verify", path)
    assert_equal 1, verified.status
    %w[summary top strings].each { |name| assert_equal verified.err, heapdump(name, path).err }
    [%w[show 0x100000], %w[why Thing], %w[find --class Thing]].each do |name, *rest|
      assert_equal verified.err, heapdump(name, path, *rest).err
      refused = heapdump(name, path, *rest, "--strict")
      assert_equal [1, ""], [refused.status, refused.out]
      assert_match(/there are two dumps in it.*without strict \(--strict\)/, refused.err)
    end
  end

  def test_strict_refuses_every_damage
    all.each do |name, damage|
      path = written(damage.text)
      error = assert_raises(HeapDump::Corrupt, name) do
        HeapDump::Snapshot.open(path, strict: true)
      end
      assert_equal path, error.path
      next if damage.failed.include?(:valid_lines) # it stops at the line

      said = error.message.delete_prefix("#{path}: ")
      assert_match damage.sentences.first, said[/.*(?=; without strict)/], name
    end
  end

  def test_the_same_by_any_number_of_threads_and_through_a_pipe
    skip(CProgram.missing) if CProgram.missing
    all.each.with_index do |(name, damage), number|
      path = written(damage.text)
      alone = print_graph("-q", "-t", 1, path)
      failed = alone.out.scan(/^check_(\w+)=2$/).flatten.map(&:to_sym).sort
      assert_equal damage.failed, failed, name
      threads = number.even? ? 2 : 5
      assert_equal alone.out, print_graph("-q", "-t", threads, path).out, name
      piped = ReaderProgram.print_graph.run("-q", "-t", 3, "-", input: damage.text)
      assert_equal alone.out, piped.out, name
    end
  end

  # The first of several, whichever thread comes to its own first.
  def test_strict_tells_the_first_bad_line
    skip(CProgram.missing) if CProgram.missing
    lines = made.whole.lines
    [2_500, 4_000, 6_000, 8_000].each { |i| lines[i] = "bad\n" }
    path = written(lines.join)
    20.times do
      told = print_graph("-q", "-s", "-t", 4, path)
      assert_equal :bad_line, told.status
      assert_match(/line 2501 is no line/, told.err)
    end
  end

  def test_compressed_data_that_is_cut_off
    PACKERS.drop(1).each do |ending, packer|
      packed = packer.call(made.whole)
      [10, packed.bytesize / 3, packed.bytesize / 2, packed.bytesize - 9,
       packed.bytesize - 1].each do |size|
        path = written(packed.byteslice(0, size), ending)
        status = heapdump("verify", path)
        assert_equal 1, status.status, "#{ending} of #{size} bytes"
        assert_match(/compressed data is damaged at|cannot be decompressed/, status.err)
        refute_match(/whole/, status.out)
      end
    end
  end

  # Behind the compressed data, and a whole frame less of it.
  def test_compressed_files_that_end_elsewhere
    PACKERS.drop(1).each do |ending, packer|
      answer = heapdump("verify", written("#{packer.call(made.whole)}behind".b, ending))
      assert_equal 1, answer.status
      assert_match(/compressed data is damaged at byte/, answer.err)
    end
    frames = Damages.pieces(made.whole).map { |part| Damages.through_zstd(part) }
    answer = heapdump("verify", written(frames[0..-2].join, "json.zst"))
    assert_equal 1, answer.status
    assert_match(/cut short after/, answer.err)
  end

  def test_a_format_that_is_not_known
    path = written(made.whole.sub('"format":1', '"format":9'), "json")
    answer = heapdump("verify", path)
    assert_match(/it has format 9, and this version reads format 1: what is new in it/, answer.err)
  end

  def test_an_empty_file
    PACKERS.each do |ending, packer|
      answer = heapdump("verify", written("", ending, packer))
      assert_equal [1, ""], [answer.status, answer.out]
      assert_match(/ is empty; give a file that/, answer.err)
    end
  end

  # Its footer tells of objects and bytes alone.
  def test_dumps_of_the_first_version
    old = made.promising(lines: :none, roots: :none).gsub(/,"(lines|roots)":"none"/, "")
    snapshot = HeapDump::Snapshot.open(written(old))
    assert_equal [true, []], [snapshot.whole, snapshot.warnings]
    assert_equal [nil, nil], snapshot.tally[:checks].values_at(:promised_lines, :promised_roots)
    lost = old.lines.tap { |lines| lines.delete_at(100) }.join
    snapshot = HeapDump::Snapshot.open(written(lost))
    assert_match(/\A1 object of 9,000 missing/, snapshot.warnings.first)
  end

  def test_objects_that_could_not_be_read
    bad = made.objects[7].sub('"memsize"', '"error":"hung while reading it","memsize"')
    more = bad.bytesize - made.objects[7].bytesize
    text = made.replaced(7, bad).sub(/(?<="bytes":)\d+/) { |bytes| bytes.to_i + more }
    path = written(text)
    answer = heapdump("verify", path)
    assert_equal 0, answer.status
    assert_match(/1 object could not be read when the dump was taken/, answer.err)
    assert_match(/^whole and valid, but for 1 object that could not be read/, answer.out)
    assert_equal 1, HeapDump::Snapshot.open(path, strict: true).tally[:error_lines]
  end

  private

  # Not at load: a hundred megabytes of text would be in the heap of all other tests, and in the
  # dumps of those that dump themselves.
  def made
    @made ||= Damages.new
  end

  def all
    @all ||= made.all
  end

  def written(text, ending = "json", packer = :itself)
    path = File.join(scratch, "made.#{ending}")
    File.binwrite(path, packer == :itself ? text : packer.call(text))
    path
  end

  def print_graph(*arguments)
    ReaderProgram.print_graph.run(*arguments)
  end

  def assert_known(name, damage, path)
    snapshot = HeapDump::Snapshot.open(path)
    failed = snapshot.tally[:checks].select { |_, good| good == false }.keys.sort
    assert_equal [damage.failed, false], [failed, snapshot.whole], name
    assert_sentences name, damage, snapshot.warnings
  end

  def assert_sentences(name, damage, warnings)
    damage.sentences.zip(warnings) { |words, said| assert_match words, said.to_s, name }
    assert_equal damage.sentences.size, warnings.size, "#{name}: #{warnings.join("\n")}"
  end

  def assert_told(name, damage, path)
    answer = heapdump("verify", path, "--json")
    told = answer.json
    failed = told["checks"].select { |_, good| good == false }.keys.map(&:to_sym).sort
    assert_equal damage.failed, failed, name
    assert_equal [1, false], [answer.status, told["whole"]], name
    warnings = told["warnings"]
    assert_sentences name, damage, warnings
    said = answer.err.lines(chomp: true)
    assert_equal(warnings.map { |text| "heapdump: warning: #{path}: #{text}" }, said, name)
  end
end

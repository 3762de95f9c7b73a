# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"
require "pathname"
require "support/grown_dumps"

# What HeapDump.leaks takes, and what it says of too little.
class TestGiven < HeapDumpTest
  include GrownDumps

  def test_less_than_two_dumps
    path, = grown(1)
    [[path], [[path]], [HeapDump::Snapshot.open(path)], [scratch]].each do |given|
      error = assert_raises(ArgumentError) { HeapDump.leaks(*given) }
      assert_match(/give two dumps .* or a directory of them: #{path} is one/, error.message)
    end
    assert_match(/there is none/, assert_raises(ArgumentError) { HeapDump.leaks }.message)
  end

  def test_an_array_and_a_directory
    dumps = grown(0, 10, 20)
    [[dumps], [scratch], [[Pathname(scratch)]]].each do |given|
      assert_equal [0, 10, 20], HeapDump.leaks(*given).first.counts
    end
    error = assert_raises(HeapDump::ReadError) { HeapDump.leaks(File.join(scratch, "none")) }
    assert_match(/no such file or directory: .*none/, error.message)
  end

  # A line may contain anything.
  def test_lines_with_values_of_other_types
    paths = grown(10, 30, 60)
    texts = paths.map { |path| File.read(path) }
    [[], "x", 7, { "x" => [] }, [{}], nil].map { |value| JSON.generate(value) }.each do |value|
      [/"gc":{[^}]*}/, /"constant_locations":{[^}]*}/].each do |field|
        paths.zip(texts) do |path, text|
          changed = text.gsub(field) { |found| "#{found[/\A"\w+":/]}#{value}" }
          refute_equal text, changed
          File.write(path, changed)
        end
        assert_equal [10, 30, 60], HeapDump.leaks(*paths).first.counts, [field, value].inspect
      end
    end
  end

  def test_the_reader_alone_is_enough
    %w[heapdump/snapshot heapdump/leaks].each do |name|
      code = "require #{name.dump}; print HeapDump.leaks(*ARGV).first.class_name; " \
             "exit(!HeapDump.respond_to?(:dump))"
      answer = Child.run({}, *Child::RUBY, "-W0", "-Ilib", "-e", code, *grown(0, 10, 20),
                         chdir: Child::ROOT, timeout: 30)
      assert_equal ["Session", true], [answer.out, answer.status.success?], answer.err
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require "json"
require "timeout"
require "heapdump/snapshot"

# What an index keeps for comparisons: the verdict is the same with it, without it, and while it is
# made.
class TestKeptWays < HeapDumpTest
  PROGRAM = <<~'RUBY'
    require "heapdump"
    class Session
      def initialize(i)
        @id = "session-#{i}"
        @tags = [i, "t#{i % 7}"]
        @by_number = { i => @tags }
      end
    end
    Part = Struct.new(:of, :next)
    class Hub; LIST = []; BY = {}; @chain = nil; class << self; attr_accessor :chain; end; end
    $text = +""
    KEPT = Array.new(50) { |i| Class.new { define_method(:"m#{i}") { i } } }
    HELD = Thread.new { Thread.current[:mine] = Array.new(9) { Object.new }; sleep }
    PROCS = Array.new(30) { |i| -> { i } }
    SHARED = Array.new(40) { "x" * 50 }
    VIEWS = Array.new(20) { |i| SHARED[i..] }
    3.times do |n|
      400.times { |i| Hub::LIST << Session.new(i); Hub::BY["#{n}-#{i}"] = Hub::LIST.last }
      300.times { Hub.chain = Part.new(Object.new, Hub.chain) }
      $text << "y" * 20_000
      HeapDump.dump("#{ARGV[0]}/#{n}.json")
    end
  RUBY

  def setup
    super
    Child.ruby!(PROGRAM, scratch)
    @paths = Array.new(3) { |number| File.join(scratch, "#{number}.json") }
  end

  def verdict(*snapshots)
    JSON.pretty_generate(HeapDump.leaks(*snapshots).to_h)
  end

  def opened(index)
    @paths.map { |path| HeapDump::Snapshot.open(path, index: index) }
  end

  def index_sizes
    @paths.map { |path| File.size("#{path}.hdidx") }
  end

  def test_the_verdict_is_the_same_with_and_without
    expected = verdict(*opened(false))
    assert_match(/"class": "Session"/, expected)
    first = opened(true)
    before = index_sizes
    assert_equal expected, verdict(*first)
    after = index_sizes
    assert before.zip(after).all? { |then_, now| now > then_ }, "the indexes keep the ways now"
    assert_equal expected, verdict(*first)
    assert_equal expected, verdict(*opened(true))
    assert_equal after, index_sizes
  end

  # The list of how objects are held uses them, too.
  def test_the_list_of_ways_is_the_same
    expected = list_of_ways(false)
    assert_operator expected.size, :>, 50
    2.times { assert expected == list_of_ways(true), "another list with an index" }
  end

  def list_of_ways(index)
    HeapDump::Snapshot.open(@paths[1], index: index).ways.map do |way|
      [way.signature, way.objects, way.bytes, way.retained, way.node.address, way.told]
    end
  end

  # Some dumps have them, others have an index, and others none.
  def test_any_mixture
    expected = verdict(*opened(false))
    verdict(*opened(true).values_at(0, 2))
    File.unlink("#{@paths[2]}.hdidx")
    mixed = [HeapDump::Snapshot.open(@paths[0], index: true),
             HeapDump::Snapshot.open(@paths[1], index: true),
             HeapDump::Snapshot.open(@paths[2], index: false)]
    assert_equal expected, verdict(*mixed)
    assert_equal expected, verdict(mixed[0], HeapDump::Snapshot.open(@paths[1], index: false),
                                   HeapDump::Snapshot.open(@paths[2], index: true))
  end

  # A byte of what was added last; it is found out and made anew.
  def test_damage
    expected = verdict(*opened(true))
    sizes = index_sizes
    @paths.each do |path|
      File.open("#{path}.hdidx", "r+b") do |file|
        file.seek(-9, IO::SEEK_END)
        byte = file.getbyte
        file.seek(-1, IO::SEEK_CUR)
        file.putc(byte ^ 4)
      end
    end
    assert_equal expected, verdict(*opened(true))
    assert sizes.zip(index_sizes).all? { |then_, now| now > then_ }
  end

  def test_an_index_that_may_not_be_written_to
    expected = verdict(*opened(true))
    @paths.each { |path| File.unlink("#{path}.hdidx") }
    opened(true)
    sizes = index_sizes
    locks = @paths.map { |path| File.open("#{path}.hdidx") }
    locks.each { |file| file.flock(File::LOCK_EX) }
    read = opened(true)
    2.times { assert_equal expected, verdict(*read) }
    assert_equal sizes, index_sizes
  ensure
    locks&.each(&:close)
  end

  # What could not be kept in the file would stay in memory, for each of the dumps.
  READING = <<~'RUBY'
    require "heapdump"
    require "heapdump/snapshot"
    require "json"
    require "objspace"
    nobody = 65_534
    Process::Sys.seteuid(nobody) if Process.uid.zero?
    read = ARGV.map { |path| HeapDump::Snapshot.open(path, index: true) }
    before = read.map { |snapshot| ObjectSpace.memsize_of(snapshot.graph) }
    read.each { |snapshot| snapshot.graph.keep_ways }
    p before == read.map { |snapshot| ObjectSpace.memsize_of(snapshot.graph) }
    puts HeapDump.leaks(*read).to_h.to_json
  RUBY

  def test_an_index_that_can_only_be_read
    expected = JSON.generate(HeapDump.leaks(*opened(true)).to_h)
    [false, true].each do |kept|
      unless kept
        @paths.each { |path| File.unlink("#{path}.hdidx") }
        opened(true)
      end
      lend_to_nobody
      same, found = Child.ruby!(READING, *@paths).out.lines(chomp: true)
      assert_equal [(!kept).to_s, expected], [same, found]
      take_back
    end
  end

  def lend_to_nobody
    File.chmod(0o444, *indexes)
    File.chown(65_534, nil, *indexes, *@paths, scratch) if Process.uid.zero?
  end

  def take_back
    File.chown(0, nil, *indexes, *@paths, scratch) if Process.uid.zero?
    File.chmod(0o600, *indexes)
    verdict(*opened(true)) # now the indexes have the ways
  end

  def indexes
    @paths.map { |path| "#{path}.hdidx" }
  end

  def test_many_at_once
    expected = verdict(*opened(false))
    opened(true)
    found = Array.new(6) { Thread.new { verdict(*opened(true)) } }.map(&:value)
    assert_equal [expected], found.uniq
  end

  # An exception from outside ends what is being looked for, and leaves no thread.
  def test_it_is_interrupted
    read = opened(true)
    threads = Thread.list.size
    200.times do |i|
      Timeout.timeout(i * 0.0001) { verdict(*read) }
    rescue Timeout::Error
      next
    end
    wait_until("no thread is left") { Thread.list.size <= threads + 1 } # that of Timeout
    assert_equal verdict(*opened(false)), verdict(*read)
  end
end

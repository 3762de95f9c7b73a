# frozen_string_literal: true

require "test_helper"
require "objspace"
require "support/made_dump"

# A program that reads dump after dump and drops each of them: their memory and their descriptors
# are Ruby's to free, so Ruby has to know of them.
class TestManySnapshots < HeapDumpTest
  def dump(name = "1", objects: 10_000)
    MadeDump.write(File.join(scratch, "#{name}.json"), name.to_i) do |made|
      made.constant("LIST", made.array(Array.new(objects) { made.object("Thing") }))
    end
  end

  def test_the_gc_knows_what_a_snapshot_needs
    path = dump
    known = told { HeapDump::Snapshot.open(path, index: false).histogram }
    assert_operator known, :>, 10_000 * 50
  end

  def test_the_gc_knows_what_a_comparison_needs
    graphs = [1, 2].map { |name| HeapDump::Snapshot.open(dump(name)).graph }
    graphs.each(&:totals)
    rules = HeapDump::Leaks::Rules.for_reader
    HeapDump::Growth.of(graphs, rules)
    assert_operator told { HeapDump::Growth.of(graphs, rules) }, :>, 10_000 * 18 * 2
  end

  # When there are no more descriptors, MRI runs the GC only if it opens a file itself.
  def test_more_snapshots_than_descriptors
    path = dump(objects: 10)
    answer = Child.ruby!(<<~'RUBY', path, bare: true)
      require "heapdump"
      Process.setrlimit(Process::RLIMIT_NOFILE, 40)
      100.times { HeapDump::Snapshot.open(ARGV[0], index: false) }
      kept = []
      begin
        loop { kept << HeapDump::Snapshot.open(ARGV[0], index: false) }
      rescue HeapDump::ReadError => e
        puts kept.size > 10, e.message
      end
    RUBY
    assert_match(/\Atrue\n.*Too many open files/m, answer.out)
  end

  private

  # How many bytes more the GC knows of after the block.
  def told
    GC.start
    GC.disable
    before = GC.stat(:malloc_increase_bytes)
    yield
    GC.stat(:malloc_increase_bytes) - before
  ensure
    GC.enable
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/grown_dumps"

# Which new objects of one leak another leak holds as well.
class TestRelated < HeapDumpTest
  include GrownDumps

  # Each job is held by two tickets, and by a note whose address lies between them.
  def test_an_object_counts_once_for_each_leak_that_holds_it
    leaks = leaks_of([10, 20, 30].each_with_index.map { |count, number| jobs(count, number) })
    classes = leaks.keys
    assert_equal %w[Job Note Ticket], classes.sort
    related = leaks["Ticket"][:related].to_h
    assert_equal({ classes.index("Job") => 10 }, related)
    assert_equal({ classes.index("Job") => 10 }, leaks["Note"][:related].to_h)
    assert_empty leaks["Job"][:related]
  end

  # More than stand in the list at once.
  def test_many_objects
    leaks = leaks_of([10, 20, 30_020].each_with_index.map { |count, number| jobs(count, number) })
    job = leaks.keys.index("Job")
    assert_equal({ job => 30_000 }, leaks["Ticket"][:related].to_h)
    assert_equal({ job => 30_000 }, leaks["Note"][:related].to_h)
  end

  private

  def jobs(count, number)
    dump(number) do |made|
      jobs = objects(made, "Job", count, 0x1000_0000)
      tickets = jobs.each_with_index.flat_map do |job, i|
        [0, 128].map do |offset|
          made.object("Ticket", address: 0x2000_0000 + (i * 192) + offset, ivars: { "@job" => job })
        end
      end
      notes = jobs.each_with_index.map do |job, i|
        made.object("Note", address: 0x2000_0040 + (i * 192), ivars: { "@about" => job })
      end
      { "JOBS" => jobs, "TICKETS" => tickets, "NOTES" => notes }.each do |name, list|
        made.constant(name, made.array(list))
      end
    end
  end

  # What the reader says of each leak, by the class of its objects.
  def leaks_of(paths)
    snapshots = paths.map { |path| HeapDump::Snapshot.open(path, index: false) }
    growth = HeapDump::Growth.of(snapshots.map(&:graph), HeapDump::Leaks::Rules.for_reader)
    growth.leaks.to_h do |raw|
      [snapshots.last.node(raw[:parts].first[:example]).class_name, raw]
    end
  end
end

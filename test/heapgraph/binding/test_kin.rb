# frozen_string_literal: true

require "test_helper"
require "support/made_dump"
require "heapdump/cli"
require "heapdump/snapshot"

# What is of the program and what is not, and that nothing of the program gets lost behind the rest.
class TestKin < HeapDumpTest
  def snapshot(&)
    HeapDump::Snapshot.open(MadeDump.write(File.join(scratch, "heap.json"), 0, &))
  end

  def test_kinds
    made = {}
    snapshot = snapshot do |dump|
      made = {
        code: dump.internal("iseq"), vm: dump.internal("env"), stack: dump.thread([]),
        program: dump.object("Session")
      }
      dump.constant("ALL", dump.array(made.values))
    end
    made.each { |kin, address| assert_equal kin, snapshot.object(address).kin }
    assert_equal :code, snapshot.modules_named("Session").first.kin
    assert_equal :vm, snapshot.node(snapshot.graph.nodes - 1).kin
    assert_equal :program, snapshot.find(type: "ARRAY").first.kin
  end

  TABLE = "ObjectTracing/allocation_info_tracer"

  # Ruby makes it an object of class Object, and it may be the largest of all.
  def test_the_table_of_traced_allocations_is_no_object_of_the_program
    table = object = nil
    snapshot = snapshot do |dump|
      table = dump.data("Object", TABLE, memsize: 8_000_000)
      dump.root(table)
      dump.constant("OBJECT", object = dump.object("Object"))
      dump.constant("ALMOST", dump.object("ObjectTracing/allocation_info_tracer"))
    end
    node = snapshot.object(table)
    assert_equal [:tracing, nil, "table of traced allocations"],
                 [node.kin, node.class_name, node.words]
    assert_equal [object], snapshot.find(class: "Object").map(&:to_s)
    assert_equal 40, snapshot.histogram["Object"].bytes
    row = snapshot.histogram.rows.first
    assert_equal ["(DATA #{TABLE}: table of traced allocations)", 8_000_000], [row.label, row.bytes]
    refute_includes snapshot.top(program: true).map(&:to_s), table
    aside = HeapDump::Snapshot::Aside.of(snapshot)
    assert aside.to_s.end_with?("stacks 0 B, table of traced allocations 7.6 MiB"), aside
    assert_equal({ objects: 1, bytes: 8_000_000 }, aside.to_h[:tracing])
  end

  def test_without_traced_allocations_there_is_no_table
    snapshot = snapshot { |dump| dump.constant("OBJECT", dump.object("Object")) }
    refute_match(/traced/, HeapDump::Snapshot::Aside.of(snapshot).to_s)
  end

  # A leak in a variable of a thread, or of a class, is kept alive by what is no program's.
  def test_what_others_keep_alive_stands_for_itself
    session = report = nil
    snapshot = snapshot do |dump|
      session = dump.object("Session", memsize: 5_000_000)
      report = dump.object("Report", memsize: 4_000_000)
      method = dump.internal("ment", references: [report])
      dump.constant("CODE", dump.internal("iseq", references: [method]))
      dump.constant("THREAD", dump.thread([], fiber_locals: { cache: session }, references: []))
    end
    top = snapshot.top(limit: 2, program: true)
    assert_equal [session, report], top.map(&:to_s)
    assert_equal %w[thread code], snapshot.top(limit: 2).map { |node| node.words[/\w+/] }
    assert_equal snapshot.graph.totals[1],
                 snapshot.top(limit: 99, program: true).sum(&:retained_size) +
                 snapshot.graph.program_top(0, 0).last.each_slice(2).sum(&:last)
  end
end

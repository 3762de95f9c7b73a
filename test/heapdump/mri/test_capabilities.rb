# frozen_string_literal: true

require "test_helper"

# What this Ruby gives, and that the laws hold without it.
class TestCapabilities < HeapDumpTest
  NAMES = Schema::CAPABILITIES
  # What goes with a capability, because it is read through it.
  DEPENDENTS = { "gc_flags" => %w[remembered], "iseq" => %w[env frames operands stacks],
                 "frames" => %w[stacks], "storage" => %w[finalizers pinned],
                 "hash_entries" => %w[fiber_storage], "trap_handlers" => %w[addresses] }.freeze

  def expected
    Schema.capabilities_here
  end

  def test_all_are_there_by_default
    assert_equal expected.sort, HeapDump.capabilities.sort
    assert_equal HeapDump.capabilities.sort, Dumps.nasty.dump.header["capabilities"].sort
    assert(HeapDump.capabilities.all?(String))
  end

  # One at a time in the long form; in the quick one some together, which are read by code of
  # different kinds because they stand far from each other in the list.
  TOGETHER = LongForm.or_quick(1, 3)

  NAMES.each_slice((NAMES.size / TOGETHER.to_f).ceil).to_a.then do |first, *others|
    first.zip(*others).each do |names|
      names = names.compact
      define_method("test_the_laws_without_#{names.join("_and_")}") do
        dumped = without(names.join(","))
        assert_laws dumped
        assert_left names, dumped.check.reader.header.fetch("capabilities")
      end
    end
  end

  NAMES.each do |name|
    define_method("test_what_is_left_without_#{name}") do
      code = "require 'heapdump'; puts HeapDump.capabilities"
      out = Child.ruby!(code, env: { "HEAPDUMP_WITHOUT" => name }).out
      assert_left [name], out.lines(chomp: true)
    end
  end

  def test_without_any
    dumped = without("all")
    assert_laws dumped
    assert_empty dumped.check.reader.header.fetch("capabilities")
  end

  def test_without_several
    names = %w[env hash_entries constants]
    dumped = without(names.join(","))
    assert_laws dumped
    assert_left names, dumped.check.reader.header.fetch("capabilities")
  end

  def test_what_is_lacking_without_it
    assert_empty fields(without("hash_entries"), "HASH") & %w[entries]
    assert_empty fields(without("constants"), "CLASS") & %w[constants constant_locations]
    assert_empty fields(without("gc_flags"), "STRING") & %w[old pinned unprotected]
    assert_empty fields(without("proc"), "DATA", struct: "proc") & %w[iseq env self lambda]
    assert_empty fields(without("env"), "IMEMO", imemo_type: "env") & %w[locals]
    assert_empty fields(without("method_entry"), "IMEMO", imemo_type: "ment") & %w[method owner]
    assert_empty fields(without("iseq"), "IMEMO", imemo_type: "iseq") & %w[label file line]
    assert_empty fields(without("frames"), "DATA", struct: "VM/thread") & %w[frames]
    assert_empty fields(without("fiber"), "DATA", struct: "fiber") & %w[frames]
    assert_empty fields(without("weak"), "DATA", struct: "weakmap") & %w[weak]
  end

  def test_an_unknown_name_does_no_harm
    dumped = without("nothing_of_that_name")
    assert_equal expected.sort, dumped.check.reader.header.fetch("capabilities").sort
  end

  def test_an_unknown_name_is_told
    { "env,fraims,frames" => ["fraims"], "env, all" => [" all"], "x,y" => %w[x y] }
      .each do |names, unknown|
      err = Child.ruby!("require 'heapdump'", env: { "HEAPDUMP_WITHOUT" => names }).err
      told = err.scan(/^heapdump: HEAPDUMP_WITHOUT names "(.*?)", which is no capability/)
      assert_equal unknown, told.flatten
    end
    [NAMES.join(","), "all", "env,", ""].each do |names|
      assert_empty Child.ruby!("require 'heapdump'", env: { "HEAPDUMP_WITHOUT" => names }).err
    end
  end

  private

  def without(name)
    Dumps.small(env: { "HEAPDUMP_WITHOUT" => name })
  end

  def assert_left(names, left)
    assert_equal((expected - names - DEPENDENTS.values_at(*names).flatten).sort, left.sort)
  end

  def assert_laws(dumped)
    check = dumped.check
    assert_predicate check.references, :clean?, check.references.to_s
    assert_none check.reader.complaints, "bad lines"
    assert_predicate check.reader, :complete?
    footer = check.reader.footer
    assert_equal [0, 0], footer.values_at("allocated_objects", "gc_runs")
    assert_none check.flags, "flags were changed"
  end

  def fields(dumped, type, **which)
    dumped.dump.select(type, **which).flat_map(&:keys).uniq
  end
end

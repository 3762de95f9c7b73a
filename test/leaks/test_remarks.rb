# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/grown_dumps"

# What the objects of a leak have in common and no number shows.
class TestRemarks < HeapDumpTest
  include CommandLine
  include GrownDumps

  def test_slices_of_strings
    dumps = slices { |made| made.string("x", memsize: 1_000_040).then { |one| sized(one, made) } }
    suspect = HeapDump.leaks(*dumps).first
    assert_includes suspect.remarks, "each of 60 B shares the buffer of a String of 976.6 KiB"
    address = suspect.path.target.to_s
    assert_match(/^its 60 B share the buffer of a String of 976\.6 KiB 0x\h+, all of which /,
                 heapdump!("why", dumps.last, address).out)
    assert_match(/^shares +the buffer of a String of 976\.6 KiB 0x\h+, 60 B of it$/,
                 heapdump!("show", dumps.last, address).out)
    %w[why show].each do |command|
      shares = heapdump!(command, "--json", dumps.last, address).json["object"]["shares"]
      assert_equal({ "used" => 60, "of" => 1_000_000, "unit" => "bytes", "bytes" => 1_000_040 },
                   shares.except("address"))
    end
  end

  def test_many_slices_of_one_string
    root = nil
    dumps = slices do |made, i|
      i.zero? ? root = sized(made.string("x", memsize: 1_000_040), made) : root
    end
    assert_includes HeapDump.leaks(*dumps).first.remarks,
                    "they share the buffer of a String of 976.6 KiB, each of 60 B"
  end

  def test_slices_of_arrays
    dumps = [10, 20, 30].map do |count|
      dump(count) do |made|
        made.constant("LAST", made.array(Array.new(count) do |i|
          root = made.hidden_array([1] * 20_000, memsize: 160_000)
          made.array_slice(40, root, address: 0x50_0000 + (i * 64))
        end))
      end
    end
    suspect = HeapDump.leaks(*dumps).first
    assert_includes suspect.remarks, "each of 40 elements shares the buffer of an Array of 20,000"
    assert_match(/^its 40 elements share the buffer of an Array of 20,000 0x\h+, all of which/,
                 heapdump!("why", dumps.last, suspect.path.target.to_s).out)
  end

  # To free the slices does not free the buffer then: an Array has the string itself, or another
  # string is as long as the buffer.
  def test_somebody_else_holds_the_buffer
    holders = { ->(made, root) { made.array([root]) } => /Array of 1 0x\h+/,
                ->(made, root) { made.slice(1_000_000, root) } => /String of 976\.6 KiB 0x\h+/ }
    holders.each do |hold, words|
      root = nil
      dumps = slices do |made, i|
        next root unless i.zero?

        root = sized(made.string("x", memsize: 1_000_040), made)
        made.constant("PAGE", hold.call(made, root))
        root
      end
      suspect = HeapDump.leaks(*dumps).first
      assert_match(/\Athey share .*, each of 60 B; #{words} holds that buffer \(0x\h+\), too\z/,
                   suspect.remarks.join)
      out = heapdump!("leaks", *dumps).out
      assert_match(/^   note       they share .*, too\n   confidence high: grew in every/, out)
    end
  end

  # Garbage holds nothing.
  def test_a_buffer_that_only_garbage_holds_besides
    root = nil
    dumps = slices do |made, i|
      next root unless i.zero?

      root = sized(made.string("x", memsize: 1_000_040), made)
      made.array([root])
      root
    end
    refute_match(/too/, HeapDump.leaks(*dumps).first.remarks.join)
  end

  # A copy of a text shares the buffer, too, and uses all of it.
  def test_what_uses_its_buffer_is_no_slice
    dumps = slices(1_000_000) { |made| sized(made.string("x", memsize: 1_000_040), made) }
    suspect = HeapDump.leaks(*dumps).first
    assert_empty suspect.remarks
    refute_match(/share/, heapdump!("why", dumps.last, suspect.path.target.to_s).out)
  end

  def test_room_that_strings_do_not_use
    assert_includes HeapDump.leaks(*strings_with_room(10, 20, 30, memsize: 65_576)).first.remarks,
                    "each has room for 64.0 KiB and uses 100 B of it"
    assert_empty HeapDump.leaks(*strings_with_room(10, 20, 30, memsize: 141)).first.remarks
  end

  def test_classes_that_were_loaded_again
    suspect = HeapDump.leaks(*reloaded(%w[Widget])).first
    assert_equal "Widget (class, no longer the constant Widget)", suspect.class_name
    several = HeapDump.leaks(*reloaded(%w[Widget Gadget])).first
    assert_equal "Class", several.class_name
    assert_includes several.remarks, "classes that are no longer the constants of their names: " \
                                     "Gadget (5 of 10), Widget (5 of 10)"
  end

  # Nothing has the name any more.
  def test_classes_that_were_removed
    suspect = HeapDump.leaks(*reloaded(%w[Widget], now: false)).first
    assert_equal "Widget (class, no longer the constant Widget)", suspect.class_name
  end

  def test_why_tells_old_classes_from_the_present_one
    last = reloaded(%w[Widget]).last
    out = heapdump!("why", last, "Widget").out
    assert_match(/^Widget \(class\)  1 class, which retains 100 B, with 1 object, /, out)
    former = "Widget (class, no longer the constant Widget)  30 classes, which retain 1.0 MiB, " \
             "with 0 objects, 0 B"
    assert_match(/^#{Regexp.escape(former)}
  30 held by Store \(module\)
  Store \(module\)  0x2000
  → constant REGISTRY → Array of 30 /, out)
    classes = heapdump!("why", "--json", last, "Widget").json["classes"]
    assert_equal [[false, 1, 100], [true, 30, 1_053_000]],
                 classes.map { |one| [one["former"], one["classes"].size, one["retained"]] }
    assert_empty heapdump!("why", "--json", last, "Array").json["classes"]
  end

  # The classes may retain much without having objects.
  def test_find_points_to_classes_without_objects
    last = reloaded(%w[Widget Gadget], now: false).last
    assert_equal "0 found\n15 classes Widget have no objects; `heapdump why #{last} Widget` " \
                 "shows more.\n", heapdump!("find", last, "--class", "Widget").out
    refute_match(/It has no objects/, heapdump!("why", last, "Widget").out)
    out = heapdump!("find", last, "--class", "Store").out
    assert_match(/^Store has no objects; `heapdump why \S+ Store` shows more\.$/, out)
    assert_match(/^It has no objects/, heapdump!("why", last, "Store").out)
    refute_match(/has no objects/, heapdump!("find", last, "--class", "Array").out)
    refute_match(/no objects/, heapdump!("find", last, "--class", "Array", "--min-size", "1g").out)
  end

  private

  # Says in the line of a string that it has a million bytes.
  def sized(string, made)
    made.change(string, bytesize: 1_000_000)
    string
  end

  # Dumps of slices; the block makes the string of which each is one.
  def slices(used = 60)
    [10, 20, 30].map do |count|
      dump(count) do |made|
        made.constant("TOKENS", made.array(Array.new(count) do |i|
          made.slice(used, yield(made, i), address: 0x50_0000 + (i * 64))
        end))
      end
    end
  end

  # Dumps with so many classes of these names in a registry; `now` are there as constants as well.
  def reloaded(names, now: true)
    [10, 20, 30].map do |count|
      dump(count) do |made|
        names.each { |name| made.constant("A_#{name.upcase}", made.object(name)) } if now
        classes = Array.new(count) do |i|
          table = made.string("table", memsize: 35_000)
          made.former_class(names[i % names.size], address: 0x50_0000 + (i * 64),
                                                   constants: { "TABLE" => table })
        end
        made.constant("REGISTRY", made.array(classes))
      end
    end
  end
end

# frozen_string_literal: true

require "test_helper"
require_relative "../../rakelib/lint/rooms"

# What rake lint says of includes, in trees that are made for it and in the project's own.
class TestRooms < HeapDumpTest
  ORDER = %w[low high].freeze
  TREE = {
    "low/list.h" => "#include <stdint.h>\n",
    "low/list.c" => "#include \"low/list.h\"\n",
    "high/graph.h" => "#include \"low/list.h\"\n",
    "high/graph.c" => "#include \"high/graph.h\"\n\n#include \"low/list.h\"\n"
  }.freeze

  # The faults of TREE with these files more, or instead.
  def faults(files = {}, order: ORDER)
    Dir.mktmpdir do |directory|
      TREE.merge(files).each do |path, text|
        FileUtils.mkdir_p(File.dirname(File.join(directory, path)))
        File.write(File.join(directory, path), text)
      end
      return Rooms.faults({ directory => order }).map { |one| one.delete_prefix("#{directory}/") }
    end
  end

  # One of a room, as an include names it.
  def a_header(directory, room)
    Dir.glob(room == "." ? "*.h" : "#{room}/*.h", base: directory).min
  end

  def test_the_project_has_none
    Dir.chdir(Child::ROOT) { assert_empty Rooms.faults }
  end

  def test_each_room_of_the_project_has_a_short_readme
    Rooms::ORDER.each do |extension, order|
      (order - ["."]).each do |room|
        readme = File.join(Child::ROOT, extension, room, "README.md")
        assert_includes 3..10, File.readlines(readme).size, readme
      end
    end
  end

  # Planted into a copy of the project's own sources.
  def test_it_finds_a_wrong_include_in_each_extension
    Rooms::ORDER.reject { |_, order| order.one? }.each do |extension, order|
      Dir.mktmpdir do |directory|
        FileUtils.cp_r(File.join(Child::ROOT, extension, "."), directory)
        first, last = [order.first, order.last].map { |room| a_header(directory, room) }
        path = File.join(directory, first)
        File.write(path, "#include \"#{last}\"\n#{File.read(path)}")
        assert_equal ["#{path}:1: includes \"#{last}\", " \
                      "but #{order.last} comes after #{order.first}"],
                     Rooms.faults({ directory => order })
      end
    end
  end

  def test_a_tree_in_order_has_none
    assert_empty faults
  end

  def test_an_include_from_a_later_room
    found = faults({ "low/list.c" => "// one\n  #  include \"high/graph.h\"\n" })
    assert_equal ["low/list.c:2: includes \"high/graph.h\", but high comes after low"], found
  end

  def test_an_include_that_names_no_room
    assert_equal ["high/graph.c:1: includes \"graph.h\", which names no room",
                  "high/graph.c:2: includes \"../low/list.h\", which names no room"],
                 faults({ "high/graph.c" => "#include \"graph.h\"\n#include \"../low/list.h\"\n" })
  end

  def test_an_include_of_a_file_that_is_not_there
    assert_equal ["low/list.h:1: includes \"low/none.h\", which is no file"],
                 faults({ "low/list.h" => "#include \"low/none.h\"\n" })
  end

  def test_folders_and_rooms_that_do_not_match
    assert_equal ["attic: is none of the rooms"], faults({ "attic/old.c" => "" })
    assert_equal ["cellar: is a room without files"], faults(order: %w[cellar low high])
  end

  def test_files_beside_the_rooms
    beside = { "main.h" => "", "main.c" => "#include \"main.h\"\n#include \"high/graph.h\"\n" }
    assert_empty faults(beside, order: %w[low high .])
    assert_equal 2, faults(beside).size
    wrong = faults({ **beside, "low/list.c" => "#include \"main.h\"\n" }, order: %w[low high .])
    assert_equal ["low/list.c:1: includes \"main.h\", but . comes after low"], wrong
  end
end

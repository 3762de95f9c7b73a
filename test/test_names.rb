# frozen_string_literal: true

require "test_helper"
require "support/nasty_heap"
require "support/nasty_heap/names"

# Names that break careless writers, wherever a name can stand.
class TestNames < HeapDumpTest
  include Planted

  def test_names_are_as_planted
    assert_family "Names"
  end

  def test_methods_are_found_by_their_odd_names
    methods = Dumps.nasty.planted(:odd_methods).fetch("methods")
    by_name = methods.transform_keys { |name| Text.normalize(name) }
    NastyHeap::Names::METHODS.each do |name|
      entry = Dumps.nasty.dump[by_name.fetch(Text.name(name))]
      assert_equal Text.name(name), Text.normalize(entry.fetch("method"))
      assert_equal "bmethod", entry.fetch("definition")
    end
  end

  def test_an_alias_knows_its_origin
    methods = Dumps.nasty.planted(:odd_methods).fetch("methods")
    entry = Dumps.nasty.dump[methods.fetch("alias_0")]
    entry = Dumps.nasty.dump[entry["alias_of"]] if entry["alias_of"]
    assert_equal Text.name(NastyHeap::Names::METHODS.first),
                 entry["original_method"] || entry["method"]
  end

  def test_globals_of_odd_names
    variables = Dumps.nasty.dump.roots.filter_map { |root| root["variables"] }.reduce(:merge)
    assert_equal 5, variables.fetch("$größe")
    assert_equal Dumps.nasty.planted(:odd_ivars)["address"], variables.fetch("$日本")
  end

  def test_three_hundred_locals
    env = Dumps.nasty.dump[Dumps.nasty.planted(:many_locals).fetch("env")]
    expected = (0...300).to_h { |i| ["local_#{i}", 1] }.merge("über" => 2)
    assert_equal expected, env.fetch("locals").slice(*expected.keys)
  end
end

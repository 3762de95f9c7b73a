# frozen_string_literal: true

require "test_helper"

# CLASS, MODULE and ICLASS lines.
class TestModules < HeapDumpTest
  include Planted

  def test_modules_are_as_planted
    assert_family "Modules"
  end

  def test_an_iclass_says_what_is_included_where
    base, plugin, before = %i[class_base module_plugin module_before].map { |key| planted(key) }
    chain = ancestors(base)
    assert_equal before["address"], chain[1]["module"], "the prepended module comes first"
    [before, plugin].each do |mod|
      iclass = chain.find { |line| line["module"] == mod["address"] }
      assert iclass, "no ICLASS for #{mod["name"]}"
      next unless dump.references_of(iclass).include?(base["address"]) # not every Ruby marks it

      assert_equal base["address"], iclass["includer"]
    end
  end

  def test_the_ancestors_can_be_followed
    names = ancestors(planted(:class_derived)).map do |line|
      (line["module"] ? dump[line["module"]] : line)["name"]
    end
    wanted = %w[Derived Base Plugin].map { |name| "NastyHeap::Modules::#{name}" }
    wanted += %w[Object Kernel BasicObject]
    assert_equal wanted, names & wanted
  end

  def test_constants_of_odd_names
    holder = planted(:odd_constants)
    assert_equal 4, holder.fetch("constants").size
    holder.fetch("constants").each do |name, address|
      assert_equal "NastyHeap::OddConstants::#{name}", dump[address]["name"]
    end
  end

  def test_a_refinement_is_there
    refined = planted(:module_refined)
    held = dump.references_of(refined).map { |address| dump[address] }
    assert(held.any?, "the refining module holds nothing")
    assert_operator dump.instances_of(defined?(Refinement) ? "Refinement" : "Module").size, :>, 1
  end

  def test_five_thousand_methods
    methods = Dumps.nasty.planted(:giant_class).fetch("methods")
    assert_equal (0...5000).map { |i| "method_number_#{i}" }.sort, methods.keys.sort
    entry = dump[methods.fetch("method_number_4321")]
    code = dump[entry.fetch("iseq")]
    assert_equal ["five_thousand.rb", 4322], code.values_at("file", "line")
  end

  def test_names_are_unique_or_absent
    named = dump.select("CLASS").select { |line| line["name"] }
    twice = named.group_by { |line| line["name"] }.select { |_, lines| lines.size > 1 }
    assert_empty twice.keys
    assert_none named.select { |line| line["singleton"] }, "singleton classes have a name"
  end

  private

  def ancestors(line)
    chain = [line]
    chain << dump[chain.last["superclass"]] while chain.last["superclass"]
    chain
  end
end

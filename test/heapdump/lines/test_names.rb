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

  # Since 3.3 MRI does not export what reads a variable whose name is no ASCII. There it is left
  # out, and what it holds is held by a root without a name.
  def test_globals_of_odd_names
    variables = Dumps.nasty.dump.roots.filter_map { |root| root["variables"] }.reduce(:merge)
    held = Dumps.nasty.planted(:odd_ivars)["address"]
    if RUBY_VERSION < "3.2" || variables.key?("$größe")
      assert_equal [5, held], variables.fetch_values("$größe", "$日本")
    else
      refute variables.key?("$日本")
      anonymous = Dumps.nasty.dump.roots.flat_map { |root| root["references"].to_a }
      assert_includes anonymous, held
    end
  end

  # Any text at all can be the name of a variable; it is never read as code.
  def test_names_of_globals_that_are_code
    out = Child.ruby!(<<~'RUBY', scratch).out
      require "heapdump"
      names = ["$é; File.write('ran', '1'); $é", "$x; File.write('ran', '2')", "$(File.write('ran', '3'))é",
               "$é\nFile.write('ran', '4')", "é", "$é\#{File.write('ran', '5')}"].map(&:to_sym)
      Dir.chdir(ARGV[0])
      ruled_out = names.reject { |name| trace_var(name) {} || true rescue false }
      [true, false].each { |fork| HeapDump.dump("heap.json", fork: fork) }
      HeapDump.dump("heap.json", format: :objspace)
      puts ruled_out.size, Dir.children(".").inspect
    RUBY
    assert_equal "0\n[\"heap.json\"]\n", out
  end

  def test_three_hundred_locals
    env = Dumps.nasty.dump[Dumps.nasty.planted(:many_locals).fetch("env")]
    expected = (0...300).to_h { |i| ["local_#{i}", 1] }.merge("über" => 2)
    assert_equal expected, env.fetch("locals").slice(*expected.keys)
  end
end

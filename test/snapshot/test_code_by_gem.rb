# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/accounts"
require "support/made_dump"

# In which file, and so in which gem, a class is defined.
class TestCodeByGem < HeapDumpTest
  APP = "/srv/app/plugin.rb"
  GEM = "/srv/gems/fine-1.2/lib/fine.rb"

  def rows
    path = MadeDump.write(File.join(scratch, "heap.json"), 0) do |made|
      made.value("LIMIT", 1)
      yield made
    end
    HeapDump::Snapshot.open(path, index: false).code_by_gem
  end

  # The number of classes and modules of each gem.
  def classes(&)
    rows(&).to_h { |row| [row.gem, row.class_count] }
  end

  # Object, which is no constant in these dumps, and Store are always there.
  def classes_besides(&)
    found = classes(&)
    found["(unknown)"] -= 1
    found["app"] -= 1
    found.reject { |_, number| number.zero? }
  end

  def written(made, file, definition: "iseq")
    made.internal("ment", method: "go", definition: definition,
                          iseq: made.internal("iseq", file: file, line: 3, memsize: 0))
  end

  def test_classes_that_no_file_defines
    found = classes_besides { |made| made.defined_class("String", methods: {}) }
    assert_equal({ "Ruby itself (C)" => 1 }, found)
    found = classes_besides do |made|
      made.defined_class("String", methods: { "blank?" => written(made, GEM),
                                              "size" => written(made, nil, definition: "cfunc") })
    end
    assert_equal({ "Ruby itself (C)" => 1 }, found, "a gem adds a method to it")
  end

  # Ruby names the program and line 0 for what it defines before the program runs.
  def test_places_without_a_line
    { "<main>:0" => "Ruby itself (C)", "/usr/bin/ruby:0" => "Ruby itself (C)",
      "/a/extensions/x86_64-linux/3.1.0/fine-1.2/fine/fine.so:0" => "fine-1.2",
      "/usr/lib/x86_64-linux-gnu/ruby/3.1.0/etc.so:0" => "ruby",
      "/srv/app/ext/mine.so:0" => "app", "#{GEM}:7" => "fine-1.2", "Gone" => "Ruby itself (C)",
      "" => "Ruby itself (C)", 5 => "Ruby itself (C)" }.each do |place, gem|
      found = classes_besides { |made| made.defined_class("Thing", place: place) }
      assert_equal({ gem => 1 }, found, place.inspect)
    end
  end

  # Another name of a class says nothing about where it is defined.
  def test_a_second_constant
    found = classes_besides do |made|
      made.constant("Text", made.defined_class("String"))
    end
    assert_equal({ "Ruby itself (C)" => 1 }, found)
    assert_equal({ "fine-1.2" => 1 }, classes_besides do |made|
      made.constant("Text", made.defined_class("Thing", place: "#{GEM}:7"))
    end)
  end

  def test_classes_that_were_loaded_again
    found = classes_besides do |made|
      made.root(made.former_class("Plugin", constant_locations: { "TABLE" => "#{APP}:2" }))
      made.root(made.former_class("Plugin", methods: { "go" => written(made, GEM),
                                                       "run" => written(made, APP),
                                                       "end" => written(made, APP) }))
      made.root(made.former_class("Plugin"))
      made.root(made.former_class(nil, methods: { "go" => written(made, GEM) }))
      made.constant("LATEST", made.former_class("Plugin"))
    end
    assert_equal({ "app" => 3, "fine-1.2" => 1, "(unknown)" => 1 }, found)
  end

  def test_singleton_classes
    found = classes_besides do |made|
      thing = made.defined_class("Thing", place: "#{GEM}:7")
      meta = made.singleton(thing)
      made.singleton(made.singleton(meta))
      made.singleton(made.object("Thing"))
      made.singleton(made.object("Thing"), methods: { "go" => written(made, APP) })
      made.singleton(made.defined_class("String"))
      made.singleton("0x9999")
    end
    assert_equal({ "fine-1.2" => 5, "app" => 1, "Ruby itself (C)" => 2, "(unknown)" => 1 }, found)
  end

  # A line may contain anything.
  def test_singleton_classes_in_a_circle
    found = classes_besides do |made|
      one = made.singleton("0x9999")
      made.change(one, attached: one)
    end
    assert_equal({ "(unknown)" => 1 }, found)
  end

  # A clone of this library is no part of the application.
  def test_this_library
    directory = "/home/me/heapdump/lib"
    found = classes_besides do |made|
      made.defined_class("HeapDump", place: "#{directory}/heapdump/version.rb:3")
      made.defined_class("Plugin", place: "#{directory}/puma/plugin/heapdump.rb:9")
      made.defined_class("Entry", place: "#{directory}/heapdump.rb:9")
      made.defined_class("Other", place: "#{directory}/heapdumper.rb:9")
      made.defined_class("Third", place: "/srv/app/lib/heapdump/helper.rb:9")
    end
    assert_equal({ "heapdump" => 3, "app" => 2 }, found)
    found = classes_besides do |made|
      made.defined_class("HeapDump", place: "/a/gems/heapdump-0.1.0/lib/heapdump/version.rb:3")
    end
    assert_equal({ "heapdump-0.1.0" => 1 }, found)
  end

  # The same in a process.
  CODE = <<~'RUBY'
    FORMER = Array.new(20) do
      Object.send(:remove_const, :Plugin) if defined?(Plugin)
      load "%s"
      Plugin
    end
  RUBY

  def test_a_process
    File.write("#{scratch}/plugin.rb", <<~RUBY)
      class Plugin
        TABLE = [1].freeze
        def go = 1
        def self.run = 2
      end
    RUBY
    snapshot = Accounts.snapshot(scratch, format(CODE, "#{scratch}/plugin.rb"))
    rows = snapshot.code_by_gem
    assert_includes 40..80, rows["app"].class_count
    assert_operator rows["Ruby itself (C)"].class_count, :>, 300
    assert_operator rows["heapdump"].method_count, :>, 20
    assert_operator rows["heapdump"].class_count, :>, 10
    assert_operator rows["(unknown)"]&.class_count.to_i, :<, 40
    modules = snapshot.each.count(&:module?)
    assert_equal modules, rows.sum(&:class_count)
  end
end

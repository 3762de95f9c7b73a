# frozen_string_literal: true

require "test_helper"

# What code holds: literals, inline caches, and what classes hold of them.
class TestOperands < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    require "json"
    Dir.chdir(File.dirname(ARGV[0]))
    File.write("planted.rb", <<~PLANTED)
      module Planted
        LIMIT = Object.new
        class Base; def go = 1; def over = 1; attr_reader :read; end
        class Thing < Base
          def over = super
        end
        class First; prepend Comparable; def own = 1; end
        class Counter
          @@count = [1]
          def self.count = @@count
        end
        def self.literals(value, size: 3.25e200, pattern: /keyword/)
          "a string"
          value = ["an", :array].frozen?
          value = { "a" => :hash }
          value = /regexp/
          value = 3r
          value = ("a".."b")
          value = 1 << 100
          value = 123456789012345678901234567890
          case value when "one", "two" then 1 end
          value = [1, 2, 3].include?(value)
          value
        rescue ArgumentError
          nil
        end
        def self.call(thing)
          thing.over; thing.go
          thing.read
          [1].each { |one| thing.go }
          LIMIT
        end
        def self.once(value) = /once \#{value}/o
      end
    PLANTED
    BODY = RubyVM::InstructionSequence.compile_file("planted.rb").tap(&:eval)
    ONCE = Planted.once("upon")
    3.times do
      Planted.literals(1)
      Planted.call(Planted::Thing.new)
      Planted::Counter.count
    end
    HeapDump.dump(ARGV[0], gc: false)
  RUBY

  def self.path
    @path ||= File.join(Dir.mktmpdir, "heap.json").tap { |path| Child.ruby!(CODE, path) }
  end

  Minitest.after_run { FileUtils.rm_rf(File.dirname(path)) if @path }

  def self.dump
    @dump ||= Dump.load(path)
  end

  def dump
    self.class.dump
  end

  # The only code with that label (without the class that newer Rubies put before it).
  def code_of(name)
    found = dump.select("IMEMO", imemo_type: "iseq").select do |line|
      line["file"] == "planted.rb" && line["label"].split(/[#.]/).last == name
    end
    assert_equal 1, found.size, name
    found.first
  end

  def words(line)
    case line["type"]
    when "STRING", "REGEXP", "SYMBOL" then line["value"]
    else line["imemo_type"] == "cdhash" ? "cdhash" : line["type"]
    end
  end

  def targets(line, field)
    line.fetch(field, []).grep(String).map { |address| dump[address] }
  end

  def test_literals_are_named
    line = code_of("literals")
    literals = targets(line, "literals").map { |target| words(target) }
    %w[regexp RATIONAL BIGNUM HASH an].each { |word| assert_includes literals, word }
    refute_includes literals, "IMEMO"
    assert_includes literals, "cdhash" if RUBY_VERSION >= "4.1" # before, it is a hash
  end

  def test_texts_are_named
    line = code_of("literals")
    texts = targets(line, "texts")
    assert_includes texts.map { |target| target["value"] }, "literals"
    path = texts.find { |target| target["type"] == "ARRAY" } || texts.last
    path = dump[path["elements"].first] if path["type"] == "ARRAY"
    assert_equal "planted.rb", path["value"]
  end

  def test_methods_are_children_of_the_code_that_defines_them
    children = targets(code_of("<module:Planted>"), "children")
    labels = children.map { |child| child["label"].split(/[#.]/).last }
    assert_includes labels, "literals"
    assert_includes labels, "<class:Thing>"
  end

  # The calls by line: each cache stands behind the number of the line of its call.
  def calls(line)
    number = nil
    line.fetch("call_caches", []).each_with_object({}) do |item, found|
      if item.is_a?(Integer) then number = item
      else (found[number] ||= []) << dump[item]["method"]
      end
    end
  end

  def line_of(text)
    source = File.join(File.dirname(self.class.path), "planted.rb")
    File.readlines(source).index { |line| line.include?(text) } + 1
  end

  # MRI marks no call caches of code since Ruby 3.4: it empties them instead.
  def test_call_caches_tell_line_and_method
    if RUBY_VERSION >= "3.4"
      codes = dump.select("IMEMO", imemo_type: "iseq")
      return assert_none(codes.select { |line| line.key?("call_caches") }, "code holds call caches")
    end
    found = calls(code_of("call"))
    assert_equal %w[over go], found.fetch(line_of("thing.over; thing.go"))
    assert_includes found.fetch(line_of("thing.read")), "read"
    block = dump[code_of("call").fetch("children").first]
    assert_equal({ line_of("[1].each") => %w[go] }, calls(block))
  end

  def test_a_constant_cache_holds_the_constant
    caches = targets(code_of("call"), "constant_caches")
    limit = dump.mod("Planted").fetch("constants").fetch("LIMIT")
    assert_includes caches.map { |cache| cache["value"] }, limit
  end

  # Since Ruby 4.0 the class has a table for them.
  def test_call_caches_of_a_class
    thing = dump.mod("Planted::Thing")
    table = thing.key?("method_cache") ? dump[thing["method_cache"]] : thing
    assert_equal RUBY_VERSION >= "4.0", table["struct"] == "VM/cc_table"
    caches, methods = table.values_at("call_caches", "cached_methods")
    assert_includes caches.map { |cache| dump[cache]["method"] }, "go"
    assert_includes methods.map { |entry| dump[entry]["method"] }, "go"
  end

  def test_files_of_constants
    files = dump.mod("Planted").fetch("constant_files").map { |address| dump[address]["value"] }
    assert_equal ["planted.rb"], files.uniq
    assert_equal dump.mod("Planted").fetch("constant_locations").size, files.size
  end

  def test_the_name_of_a_class
    counter = dump.mod("Planted::Counter")
    path = counter["classpath"] || counter.fetch("ivars").fetch("__classpath__")
    assert_equal "Planted::Counter", dump[path]["value"]
  end

  def test_methods_of_a_class_with_prepended_modules
    first = dump.mod("Planted::First")
    origin = dump.select("ICLASS").find do |line|
      line["module"] == first["address"] && line.key?("methods")
    end
    entry = dump[origin.fetch("methods").fetch("own")]
    assert_equal ["own", first["address"]], entry.values_at("method", "owner")
  end

  def test_where_an_attribute_is_defined
    entry = dump[dump.mod("Planted::Base").fetch("methods").fetch("read")]
    file, line = dump[entry.fetch("location")].fetch("elements")
    assert_equal line_of("attr_reader"), line
    assert_equal "planted.rb", dump[file]["value"]
  end

  def test_an_env_names_itself
    envs = dump.select("IMEMO", imemo_type: "env").select { |line| line.key?("env") }
    refute_empty envs
    assert_none envs.reject { |line| line["env"] == line["address"] }, "envs name another"
  end

  # What has no kind of its own is not taken for a literal. A cdhash is the table of literals of a
  # case.
  def test_no_literal_is_a_cache
    bad = dump.select("IMEMO", imemo_type: "iseq").flat_map do |line|
      internal = targets(line, "literals").select { |target| target["type"] == "IMEMO" }
      internal.reject { |target| target["imemo_type"] == "cdhash" }
    end
    assert_none bad, "literals are internal objects"
  end
end

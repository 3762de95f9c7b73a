# frozen_string_literal: true

require "test_helper"
require "package/documented"
require "package/signatures"

# The public API is one and the same in the code, in its documentation and in sig/. Types are what
# `rake sig` checks.
class TestSig < HeapDumpTest
  FILES = %w[snapshot leaks block_report sampling convert cli web ship minitest rspec
             integrations/unicorn integrations/pitchfork].freeze

  # What every object has needs no signature of its own.
  GIVEN = Object.public_instance_methods.map { |name| "##{name}" }.freeze

  # Read once, in the process that runs these tests.
  class << self
    def documented
      @documented ||= Documented.new(Child::ROOT)
    end

    def declared
      @declared ||= Signatures.new(Dir["#{Child::ROOT}/sig/*.rbs"]).modules
    end
  end

  def setup
    super
    FILES.each { |file| require "heapdump/#{file}" }
  end

  def documented
    TestSig.documented
  end

  def declared
    TestSig.declared
  end

  # Module => what sig/ declares of it, but for interfaces.
  def code
    declared.reject { |name, _| name.split("::").last.start_with?("_") }
            .transform_keys { |name| Object.const_get(name) }
  end

  # Guards the others against an API that is read as empty.
  def test_the_api_is_found
    assert_operator documented.methods.size, :>, 100
    names = documented.methods.map { |item| "#{item.owner}#{item.name}" }
    assert_empty %w[HeapDump.dump HeapDump.on_signal HeapDump.capabilities HeapDump::Result#pause
                    HeapDump::Snapshot#paths HeapDump::Leaks#suspects] - names
  end

  def test_all_of_the_api_is_documented
    items = [*documented.modules, *documented.constants, *documented.methods]
    missing = items.reject(&:documented).map { |item| "#{item.owner}#{item.name}" }
    assert_empty missing
  end

  def test_what_is_documented_is_declared
    missing = documented.modules.map(&:owner).reject { |name| declared.key?(name) }
    missing += documented.constants
                         .reject { |item| declared[item.owner].constants.include?(item.name) }
                         .map { |item| "#{item.owner}::#{item.name}" }
    missing += undeclared_methods
    assert_empty missing
  end

  def test_what_is_declared_is_in_the_code
    missing = code.flat_map do |owner, here|
      here.constants.reject { |name| owner.const_defined?(name, false) }
          .map { |name| "#{owner}::#{name}" } +
        here.methods.keys.reject { |name| method_of(owner, name) }
            .map { |name| "#{owner}#{name}" }
    end
    assert_empty missing
  end

  def test_keywords_are_those_of_the_code
    wrong = code.flat_map do |owner, here|
      here.methods.filter_map do |name, keywords|
        parameters = method_of(owner, name)&.parameters
        next if parameters.nil? || keywords_fit?(parameters, keywords)

        "#{owner}#{name}: #{keywords} in sig/, #{parameters} in the code"
      end
    end
    assert_empty wrong
  end

  # They are handed on to the extension, which refuses all that it does not know.
  def test_the_options_of_a_dump_are_those_of_the_extension
    taken = File.read("#{Child::ROOT}/ext/heapdump/request/options.c").scan(/rb_intern\("(\w+)"\)/).flatten
    refute_empty taken
    methods = declared["HeapDump"].methods
    assert_equal taken.sort, methods[".dump"].sort
    assert_equal (taken - ["fork"]).sort, methods[".dump_async"].sort
    assert_equal [*taken, "path"].sort, methods[".on_signal"].sort
  end

  private

  def undeclared_methods
    documented.methods.filter_map do |item|
      name = item.name == ".new" ? "#initialize" : item.name
      known = declared[item.owner].methods.key?(name) || GIVEN.include?(name)
      "#{item.owner}#{item.name}" unless known
    end
  end

  def method_of(owner, name)
    plain = name[1..].to_sym
    return owner.instance_method(:initialize) if name == "#initialize"
    return owner.singleton_class.public_instance_method(plain) if name.start_with?(".")

    owner.public_instance_method(plain)
  rescue NameError
    nil
  end

  # What takes any keyword hands them on. Structs and methods in C do not tell theirs.
  def keywords_fit?(parameters, keywords)
    return true if parameters.any? { |kind, _| %i[keyrest rest].include?(kind) }

    parameters.filter_map { |kind, name| name.to_s if %i[key keyreq].include?(kind) }.sort ==
      keywords.sort
  end
end

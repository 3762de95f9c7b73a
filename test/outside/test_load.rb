# frozen_string_literal: true

require "test_helper"
require "fileutils"

# The extension loaded by a C function's call, as a debugger does it, in processes that know nothing
# of heapdump. An exception would go through the program that happens to run.
class TestOutsideLoad < HeapDumpTest
  LIBRARY = File.expand_path("../../lib", __dir__)
  EXTENSION = "#{LIBRARY}/heapdump/heapdump.so".freeze

  # rb_require as a debugger calls it; `inert` tells whether HeapDump has got methods.
  PRELUDE = <<~'RUBY'
    verbose, $VERBOSE = $VERBOSE, nil # some versions warn of fiddle
    require "fiddle"
    $VERBOSE = verbose
    REQUIRE = Fiddle::Function.new(Fiddle::Handle::DEFAULT["rb_require"], [Fiddle::TYPE_VOIDP],
                                   Fiddle::TYPE_INTPTR_T, need_gvl: true)
    SO, LIB, SCRATCH = ARGV
    RB = "#{LIB}/heapdump.rb"
    def load(file) = REQUIRE.call(file)
    def inert? = !HeapDump.singleton_class.private_method_defined?(:start)
    def dump
      HeapDump.dump("#{SCRATCH}/heap.json").objects > 1000 or raise
      HeapDump.dump("/nowhere/heap.json")
    rescue HeapDump::WriteError => e
      p [e.class, e.errno, e.path]
    end
  RUBY
  DUMPED = %([HeapDump::WriteError, 2, "/nowhere/heap.json"]\n)

  # With and without RubyGems, with every warning. Nothing of the library is in the load path.
  def assert_loads(code, expected = DUMPED, err: /\A\z/)
    skip "SKIPPED: no fiddle here" unless Child.ruby("require 'fiddle'").success?
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
    [[], ["--disable-gems"]].each do |flags|
      outcome = Child.run(environment, *Child::RUBY, "-w", *flags, "-e", "#{PRELUDE}\n#{code}",
                          EXTENSION, LIBRARY, scratch, timeout: 60)
      assert_predicate outcome, :success?, outcome.to_s
      assert_equal expected, outcome.out, outcome.err
      assert_match err, outcome.err
    end
  end

  def test_alone
    assert_loads("load SO; p inert?, HeapDump::WriteError.superclass, HeapDump::Error.superclass",
                 "false\nHeapDump::Error\nStandardError\n")
  end

  def test_alone_and_the_library_later
    assert_loads("load SO; load RB; dump")
    assert_loads("load SO; $:.unshift(LIB); require 'heapdump'; dump")
    assert_loads("load SO; require \"\#{LIB}/heapdump.rb\"; dump")
  end

  def test_the_library
    assert_loads("load RB; dump")
    assert_loads("load RB; load SO; dump")
    assert_loads("$:.unshift(LIB); require 'heapdump'; load SO; load RB; dump")
  end

  def test_all_of_the_library_without_a_load_path
    assert_loads("load RB; p [HeapDump::Leaks, HeapDump::Snapshot]",
                 "[HeapDump::Leaks, HeapDump::Snapshot]\n")
  end

  def test_twice_by_several_paths
    File.symlink(LIBRARY, "#{scratch}/lib")
    assert_loads('2.times { load SO; load "#{SCRATCH}/lib/heapdump/heapdump.so" }; load RB; dump')
    assert_loads('load "#{SCRATCH}/lib/heapdump/heapdump.so"; load RB; load SO; dump')
  end

  # As RubyGems installs it: beside the library, and among its extensions.
  def test_two_copies
    FileUtils.cp(EXTENSION, scratch)
    assert_loads('load "#{SCRATCH}/heapdump.so"; load SO; load RB; dump')
    assert_loads('load RB; load "#{SCRATCH}/heapdump.so"; dump')
    assert_loads('$VERBOSE = true; load "#{SCRATCH}/heapdump.so"; load RB; dump')
  end

  # A program that has something to say when the extension defines its first method.
  def hook(code)
    "module HeapDump; def self.singleton_method_added(name) = name == :capabilities && #{code}; end"
  end

  # Names of the program's own are in the way.
  def test_what_fails_is_told_and_raises_nothing
    {
      "class HeapDump; end" => /TypeError: HeapDump is not a module/,
      "module HeapDump; freeze; end" => /FrozenError: can't modify frozen Module: HeapDump/,
      "module HeapDump; Error = 3; end" => /TypeError: HeapDump::Error is not a class/,
      "module HeapDump; class Error < ArgumentError; end; end" => /TypeError: superclass mismatch/,
      hook("throw(:up)") => /UncaughtThrowError: uncaught throw :up/,
      hook("raise(Exception, name.to_s)") => /Exception: capabilities/,
      hook("exit(3)") => /SystemExit: exit/
    }.each do |code, message|
      one_line = /\Aheapdump: not loaded into this process: [^\n]*\n\z/
      assert_loads("#{code}; load SO; p inert?, $!", "true\nnil\n", err: one_line)
      assert_loads("#{code}; load SO; p inert?", "true\n", err: message)
    end
  end

  # A throw to a place of the program's own, and what it is rescuing just then.
  def test_what_the_program_does_goes_on
    assert_loads("#{hook("throw(:up)")}; catch(:up) { load SO; p 1 }; p 2", "1\n2\n",
                 err: /not loaded/)
    assert_loads("class HeapDump; end; begin; raise 'x'; rescue; load SO; p $!; end",
                 "#<RuntimeError: x>\n", err: /not loaded/)
  end

  def test_again_where_it_failed
    code = "module HeapDump; Error = 3; end; load SO; HeapDump.send(:remove_const, :Error); "
    assert_loads("#{code}; load RB; dump", err: /is not a class/)
  end

  # Who asks Ruby for the library wants to know.
  def test_the_library_raises_what_fails
    assert_loads("$:.unshift(LIB); module HeapDump; Error = 3; end; " \
                 "begin; require 'heapdump'; rescue TypeError => e; puts e.message.lines[0]; end",
                 "Error is not a class\n")
    assert_loads("#{hook("raise(name.to_s)")}; load SO; begin; load RB; rescue => e; p e; end",
                 "#<RuntimeError: capabilities>\n", err: /not loaded/)
  end
end

# frozen_string_literal: true

require "test_helper"
require "heapdump/outside/by_gdb"
require "heapdump/outside/target"
require "support/outside"

# What people do in gdb: heapdump.gdb, and calls by hand.
class TestByHand < HeapDumpTest
  COMMANDS = File.join(Child::ROOT, "heapdump.gdb")
  CODE = "module Space; class A; end; end; KEPT = Array.new(3) { Space::A.new }; " \
         "loop { sleep 0.001; 'x' * 10 }"

  def setup
    super
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
  end

  # Output of gdb that is attached to a process and has loaded the commands.
  def in_gdb(pid, *commands, env: {})
    exe = File.join(Child::ROOT, "exe/heapdump")
    heapdump = "#{RbConfig.ruby} -I#{Child::LOAD_PATHS.first} #{exe}"
    arguments = ["source #{COMMANDS}", *commands].flat_map { |command| ["-ex", command] }
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
    environment.merge!("HEAPDUMP" => heapdump, "DEBUGINFOD_URLS" => "", **env)
    outcome = Child.run(environment, "gdb", "-nx", "-batch", *(["-p", pid.to_s] if pid), *arguments,
                        timeout: 120, chdir: scratch)
    "#{outcome.out}#{outcome.err}"
  end

  def test_a_dump
    Outside.with_process(CODE) do |pid|
      out = in_gdb(pid, "heapdump-dump heap.json", "heapdump-dump 'a name.json.gz' none",
                   "info inferiors")
      assert_match(/^heap\.json: [\d,]+ objects/, out)
      kept = ["a name.json.gz", "heap.json"].map { |name| kept_of_strings(name) }
      assert_equal %w[none full], kept
      assert_match(/^\* 1 +process #{pid} +.*native/, out)
      assert Outside.runs?(pid)
      assert_equal ["a name.json.gz", "heap.json"], Dir.children(scratch).sort
      assert_equal 3, assert_whole(Dump.load(File.join(scratch, "heap.json")))
        .instances_of("Space::A").size
    end
  end

  # What a dump has of the contents of strings, as its header says.
  def kept_of_strings(name)
    Dump.load(File.join(scratch, name)).header["strings"]
  end

  def test_counts
    Outside.with_process(CODE) do |pid|
      out = in_gdb(pid, "heapdump-count Space", "heapdump-count")
      assert_equal 1, out.scan(/^ +3  Space::A$/).size, out
      assert_equal 2, out.scan(/^ +\d{4,}  T_STRING$/).size, out
      assert Outside.runs?(pid)
    end
  end

  def test_what_is_wrong_is_told
    Outside.with_process("sleep") do |pid|
      out = in_gdb(pid, "heapdump-dump", "heapdump-count A B", "heapdump-dump /nowhere/heap.json")
      assert_match(/^heapdump: give the file for the dump: heapdump-dump FILE \[STRINGS\]$/, out)
      assert_match(/^heapdump: give one namespace at most/, out)
      assert_match(%r{^heapdump: there is no directory /nowhere$}, out)
      assert_match(/frob: not found|frob: command not found/,
                   in_gdb(pid, "heapdump-count", env: { "HEAPDUMP" => "frob" }))
      assert Outside.runs?(pid)
    end
    assert_match(/^heapdump: gdb is attached to no process of this machine; attach to one first$/,
                 in_gdb(nil, "heapdump-count"))
  end

  def test_the_command
    Outside.with_process(CODE) do |pid|
      status, out, = Outside.heapdump("count", pid, "Space", "--json", "--gc")
      fields = JSON.parse(out)
      assert_equal [0, pid, { "Space::A" => 3 }],
                   [status, fields["pid"], fields["counts"]["user_types"]]
      assert_operator fields["held"], :>, 0
      assert_empty Dir.glob("/{var/,}tmp/.heapdump-#{pid}-*")
      assert_empty fields["missing"]
      assert_equal 64, Outside.heapdump("count").first
    end
  end

  # A name that the process does not have; one without objects is no such name.
  def test_names_that_are_not_there
    code = "module Typ; class Unused; end; end; module Empty; end; #{CODE}"
    Outside.with_process(code) do |pid|
      status, out, err = Outside.heapdump("count", pid, "Space", "Typ", "Empty", "Typo", "Typ::Un")
      assert_equal 1, status
      assert_match(/^ +3  Space::A$/, out)
      assert_equal "heapdump: process #{pid} has no class or module named Typo or Typ::Un\n", err
      status, out, = Outside.heapdump("count", pid, "Space", "Typo", "--json")
      assert_equal [1, ["Typo"]], [status, JSON.parse(out)["missing"]]
      assert_match(/named \\xFFé$/, Outside.heapdump("count", pid, "\xFFé")[2])
      status, _, err = Outside.heapdump("count", pid, "Typ", "Empty", "Typ::Unused", "Kernel")
      assert_equal [0, ""], [status, err]
    end
  end

  # What the program has made of the methods of its classes is not called.
  def test_classes_that_hide_their_names
    code = "class Space; def self.name = raise; def self.hash = raise; end; sleep"
    Outside.with_process(code) do |pid|
      assert_equal [0, ""], Outside.heapdump("count", pid, "Space").values_at(0, 2)
    end
  end

  def test_names_of_classes_that_need_care
    code = "module Space; end; Space.const_set('Ü'.encode('ISO-8859-1'), Class.new); " \
           "A = Space.constants.map { |name| Space.const_get(name).new }; sleep"
    Outside.with_process(code) do |pid|
      _, out, = Outside.heapdump("count", pid, "Space", "--json")
      assert_equal({ "Space::Ü" => 1 }, JSON.parse(out)["counts"]["user_types"])
    end
  end

  # A process that has put something else in the place of its counts.
  def test_counts_that_are_none
    by_gdb = HeapDump::Outside::ByGdb.new(HeapDump::Outside::Target.new(4711))
    ["", "{", "[]", "3", "\"x\"", '{"counts":{"a":"b"},"missing":[]}',
     '{"counts":{"a":{"b":[]}},"missing":[]}', "\xFF",
     '{"counts":{},"missing":[1]}', '{"counts":{},"missing":["A"]}'].each do |text|
      error = assert_raises(HeapDump::Error, text) { by_gdb.send(:counts_of, text, ["A"]) }
      assert_match(/process 4711 has put something else in place of its counts/, error.message)
    end
    assert_equal [{ "a" => { "b" => 1 } }, ["A"]],
                 by_gdb.send(:counts_of, '{"counts":{"a":{"b":1}},"missing":[0]}', ["A"])
  end

  # A short form of `rake test:by_hand`.
  def test_random_moments
    rounds = File.join(Child::ROOT, "test", "rounds", "by_hand.rb")
    outcome = Child.run({ "ROUNDS" => "1", "ONLY" => "GC|IO|C code" }, RbConfig.ruby, rounds,
                        timeout: 400)
    assert_predicate outcome, :success?, outcome.to_s
    assert_equal 15, outcome.out.scan("0 died   0 hung").size, outcome.to_s
  end
end

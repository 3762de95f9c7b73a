# frozen_string_literal: true

require "test_helper"
require "support/outside"
require "heapdump/outside/contents"

# What dumps through gdb have of the contents of strings.
class TestContents < HeapDumpTest
  AUTO = "-r#{Child::ROOT}/lib/heapdump/auto".freeze
  READY = "ready" # the file that the program writes when it has done what is before its CODE
  CODE = "SECRET = 'the secret ' * 3; File.write('#{READY}', ''); sleep".freeze

  def setup
    super
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
  end

  # What is dumped of the secret (nil if it is left out), what `take` prints, and its fields.
  def take(code, *options, flags: [], env: {})
    path = File.join(scratch, "heap.json")
    ready = File.join(scratch, READY)
    FileUtils.rm_f(ready)
    Outside.with_process(code, *flags, env: env, chdir: scratch) do |pid|
      wait_until("the program waits") { File.exist?(ready) }
      fields, out = [["--json"], []].map do |json|
        status, out, err = Outside.heapdump("take", pid, "-o", path, "--via", "gdb", *options,
                                            *json)
        assert_equal [0, ""], [status, err]
        out
      end
      yield secret(path), out, JSON.parse(fields).values_at("strings", "strings_from")
    end
  end

  def secret(path)
    values = Dump.load(path).select("STRING", bytesize: 33).map { |line| line["value"].to_s }
    value = values.find { |one| one.start_with?("the se") }
    refute_match(/the se/, File.read(path)) unless value
    value
  end

  def test_plain_text_is_told
    take(CODE) do |value, out, fields|
      assert_equal "the secret " * 3, value
      assert_equal "The contents of strings are in the dump; --strings none leaves them out.\n",
                   out.lines.last
      assert_equal %w[full nothing], fields
    end
  end

  def test_what_is_asked_for
    { "none" => nil, "hash" => nil, "full" => "the secret " * 3,
      "8" => "the secr" }.each do |how, expected|
      take(CODE, "--strings", how) do |value, out, fields|
        expected ? assert_equal(expected, value) : assert_nil(value)
        assert_equal 1, out.lines.size
        assert_equal [how, "option"], fields
      end
    end
  end

  def test_wrong_values
    ["some", "-1", "4k", "", "none\nfull"].each do |how|
      status, out, err = Outside.heapdump("take", "1", "--strings=#{how}")
      assert_equal [64, ""], [status, out]
      assert_match(/--strings takes: .*full, none, hash or a number/, err)
    end
  end

  def test_a_process_with_auto
    env = { "RUBYOPT" => AUTO, "HEAPDUMP_SIGNAL" => "USR2", "HEAPDUMP_DIR" => scratch }
    { { "HEAPDUMP_STRINGS" => nil } => nil, { "HEAPDUMP_STRINGS" => "6" } => "the se",
      { "HEAPDUMP_SIGNAL" => nil } => nil }.each do |more, expected|
      # the title of a process overwrites what /proc says of its environment
      take("$0 = 'puma: cluster worker 0' * 9; #{CODE}", env: env.merge(more)) do |value, out,|
        expected ? assert_equal(expected, value) : assert_nil(value)
        assert_match(/^(The contents .* left out|Only the first 6 bytes .*) \(decided by /, out)
        assert_match(/; --strings full writes them whole\.$/, out)
      end
    end
  end

  def test_the_environment_alone
    take(CODE, env: { "HEAPDUMP_STRINGS" => "nome" }) do |value, out, fields|
      assert_nil value
      assert_match(/left out \(decided by HEAPDUMP_STRINGS of the process\)/, out)
      assert_equal %w[none environment], fields
    end
    take(CODE, "--strings", "full", env: { "HEAPDUMP_STRINGS" => "none" }) do |value,|
      assert_equal "the secret " * 3, value
    end
  end

  def test_a_handler_of_the_program
    code = "require 'heapdump'; HeapDump.on_signal('USR2', path: '/x', strings: :hash); #{CODE}"
    take(code, flags: ["-I", Child::LOAD_PATHS.first]) do |value, out, fields|
      assert_nil value
      assert_match(/are replaced by hashes \(decided by the process's own handler\)/, out)
      assert_equal %w[hash handler], fields
    end
  end

  # It shows no more of them than its own dumps do; a handler decides for it, too, and so does who
  # asks for more.
  def test_a_process_that_only_watches
    code = "require 'heapdump'; HeapDump.watch(to: '#{scratch}/heaps', strings: %s); #{CODE}"
    flags = ["-I", Child::LOAD_PATHS.first]
    take(format(code, ":hash"), flags: flags) do |value, out, fields|
      assert_nil value
      assert_match(/are replaced by hashes \(decided by the process's HeapDump\.watch\)/, out)
      assert_equal %w[hash watch], fields
    end
    take(format(code, "6"), flags: flags, env: { "HEAPDUMP_STRINGS" => "none" }) do |value,|
      assert_equal "the se", value
    end
    take(format(code, ":hash"), "--strings", "full", flags: flags) do |value,|
      assert_equal "the secret " * 3, value
    end
  end

  # A watch that was ended decides nothing, and none is loaded to ask it.
  def test_a_process_that_has_watched
    code = "require 'heapdump'; HeapDump.watch(to: '#{scratch}/heaps').stop; #{CODE}"
    take(code, flags: ["-I", Child::LOAD_PATHS.first]) do |_, _, fields|
      assert_equal %w[full nothing], fields
    end
    loaded = Child.ruby!("require 'heapdump'; HeapDump.send(:own_strings)\n" \
                         "p HeapDump.autoload?(:Watch).nil?").out
    assert_equal "false\n", loaded
  end

  # A process may report anything.
  def test_reports_that_are_none
    [[nil, nil], ["full", nil], %w[some nothing], %w[full x], %W[none\n default]].each do |one|
      assert_empty HeapDump::Outside::Contents.of(*one), one.inspect
    end
  end
end

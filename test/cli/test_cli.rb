# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "stringio"

# The frame around the commands; each of them is tested in a file of its own.
class TestCLI < HeapDumpTest
  # A command as they are written.
  class Sample < HeapDump::CLI::Command
    usage "FILE [OTHER]"
    limit 20
    details "More of it."

    def self.command_name = "sample"

    def options(parser)
      parser.on("--raise CLASS", "raise an error") { |name| @raise = Object.const_get(name) }
      parser.on("--gate", "fail a gate") { @gate = true }
    end

    def call(file, other = nil)
      raise @raise, "two\n  lines" if @raise
      return HeapDump::CLI::GATE_FAILED if @gate

      json? ? print_json(file: file, limit: limit) : out.puts([file, other, limit].inspect)
      HeapDump::CLI::OK
    end
  end

  def run_cli(*argv)
    out = StringIO.new
    err = StringIO.new
    status = with_sample { HeapDump::CLI.run(argv, out: out, err: err) }
    [status, out.string, err.string]
  end

  def with_sample
    commands = HeapDump::CLI::COMMANDS
    replace_commands(commands.merge("sample" => "a sample"))
    HeapDump::CLI.const_set(:Sample, Sample)
    yield
  ensure
    HeapDump::CLI.send(:remove_const, :Sample)
    replace_commands(commands)
  end

  def replace_commands(commands)
    HeapDump::CLI.send(:remove_const, :COMMANDS)
    HeapDump::CLI.const_set(:COMMANDS, commands)
  end

  def test_runs_a_command
    assert_equal [0, %(["a", nil, 20]\n), ""], run_cli("sample", "a")
    assert_equal [0, %(["a", "b", 3]\n), ""], run_cli("sample", "a", "--limit", "3", "b")
    assert_equal 2, run_cli("sample", "--gate", "a").first
  end

  def test_json
    status, out, = run_cli("sample", "a", "--json")
    assert_equal 0, status
    assert_equal({ "schema_version" => 1, "file" => "a", "limit" => 20 }, JSON.parse(out))
  end

  def test_version_and_help
    assert_equal [0, "heapdump #{HeapDump::VERSION}\n", ""], run_cli("--version")
    [["--help"], ["help"]].each do |argv|
      status, out, err = run_cli(*argv)
      assert_equal [0, ""], [status, err]
      assert_match(/^  sample\s+a sample$/, out)
    end
    [%w[help sample], %w[sample --help], %w[sample a b c -h]].each do |argv|
      status, out, err = run_cli(*argv)
      assert_equal [0, ""], [status, err]
      assert_match(/\AUsage: heapdump sample FILE \[OTHER\] \[options\]\n/, out)
      assert_match(/^a sample$/, out)
      assert_match(/--limit N/, out)
      assert_match(/More of it\.\Z/, out)
    end
  end

  def test_wrong_usage
    {
      [] => /give a command.*--help/,
      ["samlpe"] => /no command "samlpe" \(did you mean sample\?\)/,
      %w[help nothing] => /no command "nothing"/,
      ["sample"] => /wrong number of arguments; usage: heapdump sample FILE \[OTHER\]/,
      %w[sample a b c] => /wrong number of arguments/,
      %w[sample a --what] => /invalid option: --what; usage/,
      %w[sample a --limit many] => /invalid argument: --limit many/,
      %w[sample a --limit -1] => /invalid argument: --limit -1/
    }.each do |argv, expected|
      status, out, err = run_cli(*argv)
      assert_equal [64, ""], [status, out], argv.inspect
      assert_match(/\Aheapdump: [^\n]*\n\z/, err)
      assert_match expected, err
    end
  end

  def test_errors_are_one_line
    { "HeapDump::Error" => /two\\n  lines/, # of a path, most likely
      "Errno::ENOENT" => /two; lines: there is no such file or directory/,
      "IOError" => /two; lines/ }.each do |name, words|
      status, out, err = run_cli("sample", "a", "--raise", name)
      assert_equal [1, ""], [status, out]
      assert_match(/\Aheapdump: .*#{words}\n\z/, err)
    end
  end

  def test_quiet_ends
    assert_equal [130, "", ""], run_cli("sample", "a", "--raise", "Interrupt")
    assert_equal [141, "", ""], run_cli("sample", "a", "--raise", "Errno::EPIPE")
  end

  def test_as_a_process
    exe = File.expand_path("../../exe/heapdump", __dir__)
    outcome = Child.run({}, *Child::RUBY, "-I", Child::LOAD_PATHS.first, exe, "--version",
                        timeout: 20)
    assert_equal ["heapdump #{HeapDump::VERSION}\n", "", 0],
                 [outcome.out, outcome.err, outcome.status.exitstatus]
    reader, writer = IO.pipe
    reader.close
    pid = Process.spawn(*Child::RUBY, "-I", Child::LOAD_PATHS.first, exe, "--help",
                        out: writer, err: File::NULL)
    writer.close
    assert_equal 141, Process.wait2(pid).last.exitstatus
  end

  def test_does_not_load_the_dumper
    code = 'require "heapdump/cli"; puts $LOADED_FEATURES.grep(/heapdump\.so/)'
    assert_equal "", Child.ruby!(code).out
  end
end

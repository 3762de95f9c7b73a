# frozen_string_literal: true

require "heapdump/cli"
require "json"
require "stringio"

# Runs `heapdump` as a user would, in this process.
module CommandLine
  Answer = Struct.new(:status, :out, :err) do
    def json
      JSON.parse(out)
    end

    def lines
      out.lines(chomp: true)
    end
  end

  def heapdump(*argv)
    out = StringIO.new
    err = StringIO.new
    Answer.new(HeapDump::CLI.run(argv, out: out, err: err), out.string, err.string)
  end

  # The same for what has to go well.
  def heapdump!(*argv)
    answer = heapdump(*argv)
    assert_equal [0, ""], [answer.status, answer.err], argv.inspect
    answer
  end

  # A difference between dumps of different processes, which is told.
  def diff!(*argv)
    answer = heapdump("diff", *argv)
    assert_equal 0, answer.status, answer.err
    assert_match(/\Aheapdump: warning: the dumps .*: what differs between them need not have/,
                 answer.err)
    assert_equal 1, answer.err.lines.size
    answer
  end

  # As a process of its own: [status, out, err].
  def heapdump_process(*argv, input: "", env: {})
    Child.run(Child::BUNDLER.to_h { |name| [name, nil] }.merge(env), *command(*argv),
              timeout: 60, input: input)
  end

  def command(*argv)
    [*Child::RUBY, "-W0", "--disable-gems", "-I", File.join(Child::ROOT, "lib"),
     File.join(Child::ROOT, "exe", "heapdump"), *argv]
  end
end

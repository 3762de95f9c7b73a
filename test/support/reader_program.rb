# frozen_string_literal: true

require_relative "c_program"

# The C programs of test/heapgraph that load dumps, each compiled once.
class ReaderProgram
  Outcome = Struct.new(:status, :out, :err) do
    # "lines=3" … as a Hash of Integers.
    def figures
      @figures ||= out.scan(/^(\w+)=(\d+)$/).to_h { |name, value| [name.to_sym, value.to_i] }
    end

    # Lines of nodes, by what they begin with.
    def nodes
      @nodes ||= out.lines(chomp: true).grep(/\t/).to_h { |line| [line[/\A[^\t]*/], line] }
    end
  end

  # What hg_load answers, as print_graph's exit status.
  STATUS = { ok: 0, stopped: 1, no_memory: 2, io: 3, not_a_dump: 4, bad_line: 5, too_large: 6,
             corrupt: 7 }.freeze

  class << self
    def print_graph
      @print_graph ||= new("print_graph")
    end

    def compare_parsers
      @compare_parsers ||= new("compare_parsers")
    end

    def fuzz(target)
      new("fuzz_#{target}", ["test/heapgraph/fuzz/#{target}.c", "test/heapgraph/fuzz/mutate.c"])
    end
  end

  attr_reader :binary

  def initialize(name, sources = ["test/heapgraph/#{name}.c"])
    @binary = File.join(Dir.mktmpdir(nil, Dumps.root), name)
    CProgram.compile(*sources, "-o", @binary, *CProgram.reader)
  end

  # An Outcome. A sanitizer's report is an error.
  def run(*arguments, input: "", timeout: 120, **options)
    child = Child.run(environment, @binary, *arguments.map(&:to_s), timeout: timeout, input: input,
                                                                    **options)
    raise "#{child.status} #{child.err}" if child.status.signaled? || child.status.exitstatus >= 99

    Outcome.new(STATUS.key(child.status.exitstatus), child.out.force_encoding("UTF-8"), child.err)
  end

  private

  # Whatever is preloaded into this process would come before the sanitizers' own library.
  def environment
    { "LD_PRELOAD" => nil, "ASAN_OPTIONS" => "exitcode=99:quarantine_size_mb=4",
      "UBSAN_OPTIONS" => "exitcode=99:print_stacktrace=1" }
  end
end

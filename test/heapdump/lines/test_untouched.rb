# frozen_string_literal: true

require "test_helper"
require "open3"

# Law 4 by hardware: while the dump walks, every page of the heap is read-only
# (support/trap/trap.c). What a forked dump would write there, the system would have to copy.
class TestUntouched < HeapDumpTest
  SOURCE = File.expand_path("../../support/trap/trap.c", __dir__)
  FLAGS = %w[-std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -shared -fPIC].freeze

  CODE = <<~'RUBY'
    require "heapdump"
    require "objspace"
    require "support/nasty_heap"
    Oracle.require_extension
    ObjectSpace.trace_object_allocations_start
    NastyHeap.build(giants: false)
    Marshal.load(ARGV.shift.unpack1("m")).each_with_index do |options, i|
      HeapDump.dump("#{ARGV[0]}/#{i}.json", fork: false, **options)
    end
    exit!(0)
  RUBY

  # All ways of a walk that run different code.
  RUNS = [{}, { gc: false }, { strings: :none }, { strings: :hash }, { strings: 3 },
          { format: :objspace }, { compress: :gzip }].freeze

  def setup
    super
    skip "no fork in process under the sanitizers" if ENV["LD_PRELOAD"]
    @trap = File.join(scratch, "trap.so")
    compiler = RbConfig::CONFIG.fetch("CC")[/\S+/]
    output, status = Open3.capture2e(compiler, *FLAGS, SOURCE, "-o", @trap, "-ldl", "-lpthread")
    assert_predicate status, :success?, output
  end

  # The lines of the report.
  def report(runs, **env)
    path = File.join(scratch, "report")
    env = { "LD_PRELOAD" => @trap, "HEAPDUMP_TRAP" => path }.merge(env.transform_keys(&:to_s))
    Child.ruby!(CODE, [Marshal.dump(runs)].pack("m"), scratch, env: env, timeout: 120)
    File.readlines(path, chomp: true)
  end

  def test_the_walk_writes_to_no_page_of_the_heap
    lines = report(RUNS)
    assert_empty lines.grep_v(/\Apages|\Awrites 0\z/)
    pages = lines.grep(/\Apages/).map { |line| line[/\d+/].to_i }
    assert_equal RUNS.size, pages.size
    assert_operator pages.min, :>, 20
    RUNS.each_index { |i| assert_operator File.size(File.join(scratch, "#{i}.json")), :>, 100_000 }
  end

  # Even what changes nothing.
  def test_a_write_would_be_seen
    lines = report([{}], HEAPDUMP_TRAP_POKE: "1")
    assert_equal 1, lines.grep(/\Awrite 0x/).size
    assert_includes lines, "writes 1"
    assert_match(/trap\.so/, lines.join)
  end

  # What a closure holds is no page of the heap. When MRI marks it, it sets a flag there, which the
  # next assignment to a variable clears.
  def test_the_walk_writes_to_no_env
    skip "MRI writes only where the flag is not set" if RUBY_VERSION >= "3.4"
    out = Child.ruby!(<<~'RUBY', scratch).out
      require "heapdump"
      require "json"
      GC.disable
      kept = Array.new(3) { |number| marker = nil; lambda { marker = "marker#{number}" } }
      kept.each(&:call)
      HeapDump.dump("#{ARGV[0]}/heap.json", gc: false, fork: false)
      lines = File.readlines("#{ARGV[0]}/heap.json").grep(/"imemo_type":"env"/)
      envs = lines.map { |line| JSON.parse(line) }.select { |env| env.to_s.include?("marker") }
      memory = File.open("/proc/self/mem", "rb")
      word = ->(address) { memory.pread(8, address).unpack1("J") }
      flags = envs.map { |env| word[word[Integer(env["address"], 16) + 16]] }
      p kept.size, envs.size, flags.count { |one| one.anybits?(8) }
    RUBY
    assert_equal "3\n3\n0\n", out
  end
end

# frozen_string_literal: true

require "test_helper"

# What is wrong is said when the watch is started, and how to do it right.
class TestWatchOptions < HeapDumpTest
  WRONG = {
    { frob: 1 } => /unknown option frob:; HeapDump.watch takes to, name/,
    { to: nil } => /to: must be a directory or an address, not nil/,
    { to: "" } => /to: must name a directory/,
    { to: [1] } => /to: must be a directory/,
    { to: [] } => /to: must be a directory, an address, or \[directory, address\]/,
    { to: ["/a", "/b", "/c"] } => /to: must be/,
    { to: ["/a", 1] } => /to: must be/,
    { to: ["s3://bucket/x", "/a"] } => /to: must name a directory before/,
    { name: "a/b" } => %r{name: must be the name of a file, without its directory, not "a/b"},
    { name: "" } => /name: must be/,
    { name: ".hidden" } => /name: must be/,
    { name: "a\0" } => /name: must be/,
    { name: :a } => /name: must be/,
    { name: "%{x}.json" } => /name: has an unknown pattern %\{x\}; there are %\{app\} %\{host\}/,
    { name: "heap-%{pid}.json" } =>
      /name: must have one of %\{count\} %\{time\} %\{unixtime\}, or a dump replaces the one/,
    { strings: :some } => /strings/,
    { every: 0 } => /every: must be a number of seconds, 1 or more, as 900 or "15m", not 0/,
    { every: "10 minutes" } => /every: must be a number of seconds/,
    { every: nil } => /every:/,
    { every: Float::INFINITY } => /every:/,
    { settle: -1 } => /settle:/,
    { cooldown: "x" } => /cooldown:/,
    { at_most: 0 } => /at_most: must be a whole number, 1 or more, not 0/,
    { at_most: 1.5 } => /at_most:/,
    { keep: 12 } => /keep: must be a Hash with files:, bytes: and for:, not 12/,
    { keep: { days: 3 } } => /keep: takes files:, bytes: and for:, not days:/,
    { keep: { files: 0 } } => /keep: files: must be/,
    { keep: { bytes: "much" } } => /keep: bytes: must be a number of bytes, as 943718400 or/,
    { keep: { for: "1x" } } => /keep: for: must be/,
    { only: true } => /only: must have a method call/,
    { limit: "0" } => /limit: must be a number of bytes/,
    { limit: -5 } => /limit:/,
    { limit: "#{"9" * 400} GiB" } => /limit: must be a number of bytes, as 943718400 or/,
    { limit: "\xff" } => /limit: must be a number of bytes, .* not "\\xFF"/,
    { limit: "900 MiB".encode(Encoding::UTF_16LE) } => /limit: must be a number of bytes/,
    { keep: { bytes: "9" * 400 } } => /keep: bytes: must be a number of bytes/,
    { settle: "\xff" } => /settle: must be a number of seconds, .* not "\\xFF"/,
    { logger: 1 } => /logger: must have a method warn/
  }.freeze

  WRONG.each_with_index do |(options, words), number|
    define_method("test_wrong_option_#{number}") do
      error = assert_raises(ArgumentError, options.inspect) { HeapDump.watch(**options) }
      assert_match words, error.message
      assert_nil HeapDump::Watch.current
    end
  end

  RULES = {
    ->(on) { on.memory at: [] } => /on.memory at: names no mark/,
    ->(on) { on.memory at: 1.5 } => /on.memory at: must be shares of the limit, as 0.7 or "70%",/,
    ->(on) { on.memory at: [0.0] } => /on.memory at:/,
    ->(on) { on.memory at: ["0.5"] } => /on.memory at: must be shares/,
    ->(on) { on.memory at: 50 } => /shares of the limit, .* not 50\z/,
    ->(on) { on.memory at: "#{"9" * 400} GiB" } => /on.memory at: must be/,
    ->(on) { on.memory at: "\xff" } => /on.memory at: must be .* not "\\xFF"/,
    ->(on) { on.memory at: "150%" } => /shares of the limit, .* not "150%"/,
    ->(on) { on.memory at: "0%" } => /shares of the limit/,
    ->(on) { on.memory from: 3 } => /on.memory takes at:, for:, of:, events:, not from:/,
    ->(on) { on.growth times: 3 } => /on.growth takes by:, not times:/,
    ->(on) { on.memory at: [nil] } => /on.memory at:/,
    ->(on) { on.memory of: :worker } => /on.memory of: must be :container or :process/,
    ->(on) { on.memory for: "x" } => /on.memory for:/,
    ->(on) { on.growth by: 1 } => /on.growth by: must be a number above 1, not 1/,
    ->(on) { on.growth by: Float::NAN } => /on.growth by:/,
    ->(on) { on.growth by: "2" } => /on.growth by:/,
    lambda(&:every) => /on.every takes one of jobs:, requests:, seconds: and cron:/,
    ->(on) { on.every jobs: 1, seconds: 2 } => /on.every takes one of/,
    ->(on) { on.every days: 1 } => /on.every takes one of/,
    ->(on) { on.every jobs: 0 } => /on.every jobs: must be a whole number/,
    ->(on) { on.every seconds: 0 } => /on.every seconds:/,
    ->(on) { on.every cron: "0 3 * *" } => /on.every cron: "0 3 \* \*" has 4 fields instead of 5/,
    ->(on) { on.every cron: "60 3 * * *" } => /has a wrong minute: "60"/,
    ->(on) { on.every cron: "0 5-3 * * *" } => /has a wrong hour: "5-3"/,
    ->(on) { on.every cron: "*/0 3 * * *" } => /has a wrong minute/,
    ->(on) { on.every cron: "0 3 * JAN *" } => /has a wrong month/,
    ->(on) { on.every cron: "0 3 0 * *" } => /has a wrong day/,
    ->(on) { on.every cron: ", 3 1 * *" } => /has a wrong minute/,
    ->(on) { on.every cron: 5 } => /has 0 fields/,
    ->(on) { on.exit grace: -1 } => /on.exit grace:/,
    lambda(&:ask) => /on.ask needs file: true, the address of a bus, or an object .* not nil/,
    ->(on) { on.ask "ftp://x" } => %r{on.ask must be file:/DIRECTORY, .*, not "ftp"},
    ->(on) { on.rule(:x) } => /on.rule needs a block/,
    ->(on) { on.rule(nil) { 1 } } => /on.rule needs a name/,
    lambda(&:dump) => /on.dump needs a block/
  }.freeze

  RULES.each_with_index do |(block, words), number|
    define_method("test_wrong_rule_#{number}") do
      error = assert_raises(ArgumentError) { HeapDump.watch(to: scratch, &block) }
      assert_match words, error.message
      assert_nil HeapDump::Watch.current
    end
  end

  # What people write first.
  def test_arguments_without_a_name
    error = assert_raises(ArgumentError) { HeapDump.watch("/var/tmp/heapdump") }
    assert_match(/a directory or address is to:/, error.message)
    error = assert_raises(ArgumentError) { HeapDump.watch { |on| on.every "10m" } }
    assert_match(/one of jobs:.*, as on.every seconds: "10m"/, error.message)
    assert_nil HeapDump::Watch.current
  end

  def test_marks
    marks = ["50%", " 12.5 % ", 0.7, 1 << 20, "900 KiB"].map do |mark|
      HeapDump::Watch::Quantity.mark("at:", mark)
    end
    assert_equal [0.5, 0.125, 0.7, 1 << 20, 900 << 10], marks
  end

  def options(**given)
    HeapDump::Watch::Options.new(given)
  end

  def test_defaults
    read = options
    assert_equal ["/var/tmp/heapdump", :hash, 10, 300, 900, 9],
                 [read.directory, read.strings, read.every, read.settle, read.cooldown,
                  read.at_most]
    assert_equal({ files: 12, bytes: 4 << 30, for: 1_209_600 }, read.keep)
    assert_match(/\.json\.zst\z/, read.name)
  end

  def test_quantities
    read = options(every: "1m", settle: "1.5h", cooldown: 2.5, limit: "1.5 GiB",
                   keep: { bytes: "900MB", for: "2 d" }, to: Pathname.new("x"))
    assert_equal [60, 5400, 2.5, 3 << 29, 900 << 20, 172_800],
                 [read.every, read.settle, read.cooldown, read.limit, read.keep[:bytes],
                  read.keep[:for]]
    assert_equal File.expand_path("x"), read.directory
  end

  def test_the_limit_of_the_environment
    ENV["HEAPDUMP_LIMIT"] = "1 GiB"
    assert_equal [1 << 30, 5], [options.limit, options(limit: 5).limit]
    ENV["HEAPDUMP_LIMIT"] = "1 GiBx"
    assert_match(/HEAPDUMP_LIMIT must be/, assert_raises(ArgumentError) { options }.message)
  ensure
    ENV.delete("HEAPDUMP_LIMIT")
  end

  # A slim image may lack zstd. That is no reason to dump nothing at night.
  def test_without_zstd
    names = Child.ruby!(<<~RUBY).out.split
      require "heapdump"
      lacking = [".zst"]
      real = HeapDump.method(:check_options)
      HeapDump.define_singleton_method(:check_options) do |path, options|
        raise HeapDump::WriteError, "no library" if path.end_with?(*lacking)
        real.call(path, options)
      end
      puts HeapDump::Watch::Names.default
      lacking << ".gz"
      puts HeapDump::Watch::Names.default
    RUBY
    assert_equal %w[.json.gz .json],
                 names.map { |name| name[/\.json.*/] || name }
  end
end

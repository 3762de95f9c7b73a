# frozen_string_literal: true

require "test_helper"
require "support/child"
require "support/missing_libraries"
require "support/watch_program"

# A machine without libzstd, or without zlib as well: what is due at night is written all the same.
class TestMissingCodecs < HeapDumpTest
  def test_the_name_says_what_it_is
    loader = MissingLibraries.loader(scratch) or skip "only Linux preloads libraries so"
    MissingLibraries::MACHINES.each do |lacking, (zst, gz)|
      outcome = names_on(loader, lacking)
      expected = ["a.json#{zst}", "b.json#{gz}", "c.json", "s.json#{zst}", ".json#{zst}",
                  "d-%{count}.json#{zst}", "e.json#{zst}"]
      assert_equal expected, outcome.out.lines(chomp: true), lacking
      found = { "a" => zst, "b" => gz, "c" => "", "e" => zst }
      found.each do |name, ending|
        path = File.join(scratch, "#{name}.json#{ending}")
        assert_equal ending, MissingLibraries.kind(path), lacking
      end
      warnings(outcome.err, lacking, zst, gz)
      FileUtils.rm_f(Dir["#{scratch}/*.json*"])
    end
  end

  # What a signal asks for, and what a watch writes by itself.
  def test_dumps_that_nobody_waits_for
    loader = MissingLibraries.loader(scratch) or skip "only Linux preloads libraries so"
    MissingLibraries::MACHINES.each do |lacking, (zst, _)|
      env = MissingLibraries.environment(loader, lacking)
      paths = Child.ruby!(UNATTENDED, scratch, env: env).out.lines(chomp: true)
      assert_equal [".json#{zst}"], paths.map { |path| path[/\.json.*/] }.uniq, lacking
      assert_equal [zst], paths.map { |path| MissingLibraries.kind(path) }.uniq, lacking
      assert_equal 2, paths.size, lacking
      FileUtils.rm_rf(Dir["#{scratch}/{heaps,*.json*}"])
    end
  end

  UNATTENDED = WatchProgram::PRELUDE + <<~'RUBY'
    require "heapdump/snapshot"
    HeapDump.on_signal("USR2", path: "#{DIR}/signal.json.zst")
    Process.kill("USR2", Process.pid)
    wait_until("a dump") { Dir["#{DIR}/signal.json*"].grep_v(/partial/).any? }
    wait_until("the end") { HeapDump::Trigger.dumping.nil? }
    watch(at_most: 1) { |on| on.rule(:now) { true } }
    wait_until("a dump of the watch") { HeapDump::Watch.current.stats[:dumps] == 1 }
    HeapDump::Watch.current.stop
    paths = Dir["#{DIR}/{signal,heaps/*/*}.json*"].grep_v(/manifest/)
    puts(paths.select { |path| HeapDump::Snapshot.open(path, index: false).warnings.empty? })
  RUBY
  private_constant :UNATTENDED

  # Who asks for a compression by name gets that or nothing.
  def test_a_compression_that_is_named
    loader = MissingLibraries.loader(scratch) or skip "only Linux preloads libraries so"
    env = MissingLibraries.environment(loader, "libzstd.so.1")
    outcome = Child.ruby!(<<~RUBY, scratch, env: env)
      require "heapdump"
      [-> { HeapDump.dump("\#{ARGV[0]}/a.json.zst", compress: :zstd) },
       -> { HeapDump.on_signal("USR2", path: "\#{ARGV[0]}/a.json", compress: :zstd) }].each do |code|
        code.call
      rescue HeapDump::WriteError => e
        puts e.message
      end
    RUBY
    assert_equal 2, outcome.out.lines.size
    outcome.out.each_line { |line| assert_match(/the compression library .*cannot be/, line) }
    assert_empty Dir["#{scratch}/*.json*"]
  end

  private

  def names_on(loader, lacking)
    env = MissingLibraries.environment(loader, lacking)
    Child.ruby!(<<~RUBY, scratch, env: env, flags: %w[-W1])
      require "heapdump"
      require "heapdump/integrations/environment"
      Dir.chdir(ARGV[0])
      puts File.basename(HeapDump.dump("a.json.zst").path)
      puts File.basename(HeapDump.dump(File.join(ARGV[0], "b.json.gz"), fork: false).path)
      puts File.basename(HeapDump.dump("c.json").path)
      puts File.basename(HeapDump.on_signal("USR2", path: "s.json.zst").path)
      puts HeapDump::Integrations.trigger.path[/\\.json.*/]
      puts HeapDump::Watch::Options.new(name: "d-%{count}.json.zst").name
      puts File.basename(HeapDump.dump_async("e.json.zst").result.path)
    RUBY
  end

  def warnings(text, lacking, zst, gz)
    missing = text.lines.grep(/cannot be loaded, so a dump is written to/)
    expected = ([".zst"] * 4).reject { zst == ".zst" } + [".gz"].reject { gz == ".gz" }
    assert_equal expected.size, missing.size, "#{lacking}: #{text}"
  end
end

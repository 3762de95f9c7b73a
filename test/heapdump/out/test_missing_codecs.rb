# frozen_string_literal: true

require "test_helper"
require "support/accounts"
require "support/child"

# A machine without libzstd, or without zlib as well: what is due at night is written all the same.
class TestMissingCodecs < HeapDumpTest
  # The dynamic loader does not find the libraries that are named in LACKING.
  LOADER = <<~C
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <string.h>
    void *dlopen(const char *name, int flags) {
        static void *(*real)(const char *, int);
        const char *lacking = getenv("LACKING");
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
        if (name && lacking && strstr(lacking, name)) return NULL;
        return real(name, flags);
    }
  C

  # Each lacks other libraries; the ending of a dump that is to be .zst, and of one to be .gz.
  MACHINES = { "none" => [".zst", ".gz"], "libzstd.so.1" => [".gz", ".gz"],
               "libz.so.1" => [".zst", ""], "libzstd.so.1 libz.so.1" => ["", ""] }.freeze

  def test_the_name_says_what_it_is
    skip "only Linux preloads libraries so" unless RUBY_PLATFORM.include?("linux")
    loader = Accounts.compile(scratch, LOADER)
    MACHINES.each do |lacking, (zst, gz)|
      outcome = names_on(loader, lacking)
      expected = ["a.json#{zst}", "b.json#{gz}", "c.json", "s.json#{zst}", ".json#{zst}",
                  "d-%{count}.json#{zst}", "e.json#{zst}"]
      assert_equal expected, outcome.out.lines(chomp: true), lacking
      found = { "a" => zst, "b" => gz, "c" => "", "e" => zst }
      found.each { |name, ending| assert_equal ending, kind("#{name}.json#{ending}"), lacking }
      warnings(outcome.err, lacking, zst, gz)
      FileUtils.rm_f(Dir["#{scratch}/*.json*"])
    end
  end

  # Who asks for a compression by name gets that or nothing.
  def test_a_compression_that_is_named
    skip "only Linux preloads libraries so" unless RUBY_PLATFORM.include?("linux")
    env = lacking(Accounts.compile(scratch, LOADER), "libzstd.so.1")
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
    Child.ruby!(<<~RUBY, scratch, env: lacking(loader, lacking), flags: %w[-W1])
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

  def lacking(loader, names)
    { "LD_PRELOAD" => loader, "LACKING" => names, "HEAPDUMP_COMPRESS" => nil }
  end

  # The compression of a file by its first bytes.
  def kind(name)
    case File.binread(File.join(scratch, name), 4)
    when "\x28\xB5\x2F\xFD".b then ".zst"
    when /\A\x1F\x8B/n then ".gz"
    when /\A\{/ then ""
    end
  end

  def warnings(text, lacking, zst, gz)
    missing = text.lines.grep(/cannot be loaded, so a dump is written to/)
    expected = ([".zst"] * 4).reject { zst == ".zst" } + [".gz"].reject { gz == ".gz" }
    assert_equal expected.size, missing.size, "#{lacking}: #{text}"
  end
end

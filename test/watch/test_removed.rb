# frozen_string_literal: true

require "test_helper"
require "support/watch_program"

# A deploy removes the directory of the release, and the gem with it, while processes of that
# release go on. Their watch must do all that it does at night.
class TestWatchRemoved < HeapDumpTest
  include WatchProgram

  # The gem is a copy, which is removed when the watch has been started, before its first look.
  REMOVE = <<~'RUBY'
    require "fileutils"
    FileUtils.cp_r("#{HOME}/lib", DIR)
    $LOAD_PATH.unshift("#{DIR}/lib")
    require "heapdump"
    raise "another one" unless HeapDump.method(:watch).source_location.first.start_with?(DIR)
    def remove
      FileUtils.rm_r("#{DIR}/lib")
      $loaded = $LOADED_FEATURES.dup
    end

    def dumps(rule)
      files = Dir.glob("#{DIR}/heaps/series-*/*.manifest.json")
      files.count { |file| File.read(file).include?("\"#{rule}\"") }
    end
  RUBY

  def run_removed(code)
    copied = "HOME = #{Child::ROOT.dump}\nDIR = ARGV[0]\n#{REMOVE}"
    Child.ruby!(copied + PRELUDE.sub("DIR = ARGV[0]\n", "") + code, scratch, bare: true)
  end

  def test_rules_and_who_asks
    outcome = run_removed(<<~'RUBY')
      watch = watch(cooldown: 0) do |on|
        on.memory at: ["1 MiB"], for: 0, of: :process
        on.rule(:own) { dumps("memory") == 1 }
        on.ask file: true
        on.exit
      end
      remove
      wait_until("a dump for the memory") { dumps("memory") == 1 }
      wait_until("one for the rule of the application") { dumps("own") == 1 }
      File.write("#{DIR}/heaps/ask", "")
      wait_until("one for who asks") { dumps("ask") == 1 }
      watch.close
      p dumps("exit"), watch.stats[:off], $LOADED_FEATURES - $loaded
    RUBY
    assert_equal "1\n[]\n[]\n", outcome.out, outcome.to_s
  end

  def test_a_forked_process
    outcome = run_removed(<<~'RUBY')
      $PROGRAM_NAME = "unicorn master -c unicorn.rb"
      watch(ask: "socket:#{DIR}") { |on| on.memory at: ["1 MiB"], for: 0, of: :process }
      remove
      pid = fork do
        $PROGRAM_NAME = "unicorn worker[0] -c unicorn.rb"
        wait_until("a dump") { dumps("memory") == 1 }
        p stats[:off], ($LOADED_FEATURES - $loaded).grep(/heapdump/)
      end
      Process.wait(pid)
    RUBY
    assert_equal "[]\n[]\n", outcome.out, outcome.to_s
    refute_match(/cannot load|is off/, outcome.err)
  end

  # Over a bus, with all that a request may want.
  def test_a_request
    %w[file socket].each do |kind|
      FileUtils.rm_rf(Dir.children(scratch).map { |name| File.join(scratch, name) })
      outcome = run_removed(<<~RUBY)
        FileUtils.mkdir("\#{DIR}/bus")
        watch = watch(cooldown: 0, ask: "#{kind}:\#{DIR}/bus") do |on|
          on.memory at: ["1 TiB"], of: :process
        end
        remove
        command = [RbConfig.ruby, "-I\#{HOME}/lib", "\#{HOME}/exe/heapdump", "ask", "--store",
                   "#{kind}:\#{DIR}/bus", "--trace", "1s", "--strings", "none", "--payload", "{}"]
        raise "the request fails" unless system(*command, out: File::NULL)
        watch.close
        p Dir.glob("\#{DIR}/heaps/series-*/*.manifest.json").size, watch.stats[:off]
        puts ($LOADED_FEATURES - $loaded).grep_v(/objspace/)
      RUBY
      assert_equal "1\n[]\n", outcome.out, outcome.to_s
      refute_match(/cannot load|is off/, outcome.err)
    end
  end
end

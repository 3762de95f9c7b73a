# frozen_string_literal: true

require "test_helper"
require "support/served_dumps"

# RUBYOPT=-rheapdump/auto: programs that know nothing of us.
class TestAuto < HeapDumpTest
  include ServedDumps

  AUTO = "-r#{File.expand_path("../../lib/heapdump/auto", __dir__)}".freeze

  # The second variable is what Puma gives to itself at a restart.
  def auto(signal)
    { "RUBYOPT" => "#{ENV.fetch("RUBYOPT", "")} #{AUTO}", "BUNDLER_ORIG_RUBYOPT" => AUTO,
      "HEAPDUMP_SIGNAL" => signal }
  end

  def test_workers_of_puma
    serve("puma", PUMA.sub(/^plugin.*/, ""), auto("USR2")) do |server|
      before = server.workers(2)
      assert_workers_dump(server, before)
      Process.kill(:USR2, server.pid) # it is still the master's
      server.wait_for("a restart") { !server.workers(2).intersect?(before) }
    end
  end

  def test_workers_of_unicorn
    skip_without_unicorn
    serve("unicorn", UNICORN.lines.grep(/listen|processes/).join, auto("USR2")) do |server|
      workers = server.workers(2)
      2.times { |i| server.logged(/worker=#{i} ready/) } # until then Unicorn changes its handlers
      assert_workers_dump(server, workers)
    end
  end

  # The mold, a third child, has a trigger too.
  def test_workers_of_pitchfork
    serve("pitchfork", PITCHFORK.lines.grep(/listen|processes/).join, auto("USR2")) do |server|
      children = server.workers(3)
      ready = Array.new(2) { |i| server.logged(/worker=#{i} .*pid=(\d+) ready/)[1].to_i }
      assert_empty ready - children
      assert_workers_dump(server, ready)
    end
  end

  def assert_workers_dump(server, workers)
    workers.each { |pid| assert_dumps(server, pid) }
    assert_nil Processes.marker(server.pid)
    assert_includes workers, server.answers.to_i
  end

  def run_with(code, env)
    env = { "RUBYOPT" => AUTO, "HEAPDUMP_DIR" => scratch, "HEAPDUMP_STRINGS" => nil,
            "HEAPDUMP_COMPRESS" => nil }.merge(env)
    Child.ruby!(code, env: env, flags: [], bare: true, rubygems: true) # as most programs are
  end

  def test_any_program
    code = <<~'RUBY'
      Process.kill(:URG, $$)
      sleep 0.01 until Dir.glob("#{ENV["HEAPDUMP_DIR"]}/*.json.zst").any?
    RUBY
    run_with(code, "HEAPDUMP_SIGNAL" => "URG")
    assert_equal 1, Dir.children(scratch).size
  end

  # Dumps at a signal; returns the file.
  def dumped_with(env)
    code = <<~'RUBY'
      SECRET = "pass-" + "word" * 9
      Process.kill(:URG, $$)
      sleep 0.01 until Dir.glob("#{ENV["HEAPDUMP_DIR"]}/*").any? { |file| file !~ /partial/ }
    RUBY
    run_with(code, "HEAPDUMP_SIGNAL" => "URG", **env)
    file = Dir.glob("#{scratch}/*").first
    yield Dump.skim(file), File.basename(file)[/\.json.*/]
    File.unlink(file)
  end

  def secret?(dump)
    dump.each_object.any? { |line| line["value"].to_s.include?("wordword") }
  end

  def test_nobody_has_asked_for_contents
    dumped_with({}) do |dump, ending|
      assert_equal ["none", ".json.zst"], [dump.header["strings"], ending]
      refute secret?(dump)
    end
  end

  def test_what_the_environment_asks_for
    dumped_with("HEAPDUMP_STRINGS" => "full", "HEAPDUMP_COMPRESS" => "gzip") do |dump, ending|
      assert_equal ["full", ".json.gz"], [dump.header["strings"], ending]
      assert secret?(dump)
    end
    dumped_with("HEAPDUMP_STRINGS" => "hash", "HEAPDUMP_COMPRESS" => "none") do |dump, ending|
      assert_equal ["hash", ".json"], [dump.header["strings"], ending]
    end
    dumped_with("HEAPDUMP_STRINGS" => "4", "HEAPDUMP_COMPRESS" => "zstd") do |dump, ending|
      assert_equal [4, ".json.zst"], [dump.header["strings"], ending]
      assert(dump.each_object.any? { |line| line["value"] == "pass" })
    end
  end

  # A dump that is not what was asked for might have secrets.
  def test_what_the_environment_says_wrong
    { "HEAPDUMP_STRINGS" => %w[secret -1 FULL 4k], "HEAPDUMP_COMPRESS" => %w[xz .zst false] }
      .each do |name, values|
      values.each do |value|
        err = run_with("puts 1", "HEAPDUMP_SIGNAL" => "URG", name => value).err
        assert_match(/has no effect in process \d+: #{name} must be .*, not #{value.inspect}$/, err)
      end
    end
  end

  # A worker would act for its master, on pipes that they share.
  def test_children_do_not_call_the_handler_of_their_parent
    code = <<~'RUBY'
      $stdout.sync = true
      called = false
      trap("URG") { called = puts("parent").nil? }
      child = fork do
        Process.kill(:URG, $$)
        sleep 0.01 until Dir.glob("#{ENV["HEAPDUMP_DIR"]}/heap-#{$$}-*.json.zst").any?
        puts "child"
      end
      Process.wait(child)
      Process.kill(:URG, $$)
      sleep 0.01 until called
    RUBY
    assert_equal "child\nparent\n", run_with(code, "HEAPDUMP_SIGNAL" => "URG").out
  end

  def test_nothing_is_loaded_where_no_signal_is_named
    code = "p defined?(HeapDump.dump), $LOADED_FEATURES.grep(%r{heapdump/(heapdump|integ)}).size"
    assert_equal "nil\n0\n", run_with(code, "HEAPDUMP_SIGNAL" => nil).out
    assert_equal "nil\n0\n", run_with(code, "HEAPDUMP_SIGNAL" => "").out
  end

  def test_no_program_fails_for_it
    { "NOPE" => /NOPE/, "TERM" => /SIGTERM/, "SEGV" => /SEGV/ }.each do |signal, complaint|
      outcome = run_with("puts 1; p trap(:TERM) {}", "HEAPDUMP_SIGNAL" => signal)
      assert_equal "1\n\"DEFAULT\"\n", outcome.out
      assert_match(/\Aheapdump: HEAPDUMP_SIGNAL has no effect in process \d+: .*\n\z/, outcome.err)
      assert_match(complaint, outcome.err)
    end
  end

  def test_what_a_program_has_chosen_itself_stays
    code = <<~'RUBY'
      HeapDump.on_signal("URG", path: "/own/%{pid}")
      fork { puts File.read("/proc/self/maps")[/heapdump:\S+/] }
      Process.wait
    RUBY
    assert_equal "heapdump:URG:/own/%{pid}\n", run_with(code, "HEAPDUMP_SIGNAL" => "URG").out
  end
end

# frozen_string_literal: true

require "test_helper"
require "support/served_dumps"

# Servers whose workers watch: by the plugin, by hooks, by the environment alone. Nothing is done in
# a master.
class TestWatchServers < HeapDumpTest
  include ServedDumps

  AUTO = "-r#{File.expand_path("../../lib/heapdump/auto", __dir__)}".freeze
  # Whatever else fills the disk of this machine; and looks come often, so that no test waits long.
  ROOM = <<~RUBY
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    HeapDump::Watch::Options.define_method(:every) { 0.1 }
    HeapDump::Watch::Engine.define_method(:pause) { 0.1 }
  RUBY
  WATCH = "settle: 0"

  # Process ids of those that have written notes, when there are so many.
  def watching(server, count)
    server.wait_for("notes of #{count} processes") do
      found = noted
      found if found.size >= count
    end
  end

  def noted
    Dir.children(dumps).filter_map { |name| name[/\Anotes-.*-(\d+)-\w+\.jsonl\z/, 1]&.to_i }.sort
  end

  def assert_workers_watch(server, workers)
    assert_equal workers, watching(server, workers.size)
    File.write(File.join(dumps, "ask"), workers.last.to_s)
    path = server.logged(/^heapdump: watch: dumped (\S+):/)[1]
    dump = assert_whole Dump.skim(path)
    assert_equal [workers.last, "hash"], dump.header.values_at("pid", "strings")
    assert_includes workers, server.answers.to_i
    assert_equal workers, noted
    refute_match(/heapdump: watch: the process before/, server.log)
  end

  def test_workers_of_puma
    serve("puma", "#{PUMA}#{ROOM}heapdump_watch(#{WATCH})\n") do |server|
      workers = server.workers(2)
      assert_workers_watch(server, workers)
      server.stop
      ends = noted.map { |pid| File.read(Dir.glob("#{dumps}/notes-*-#{pid}-*").first) }
      assert(ends.all?(/^\{"end"/), "workers that are told to end say so")
    end
  end

  # Also what ships is none of their children, and has none of their sockets.
  def test_workers_of_puma_ship
    to = Dir.mkdir(File.join(scratch, "to")) && File.join(scratch, "to")
    sink = "exec:ls -l /proc/$PPID/fd >#{to}/fds"
    config = "#{PUMA}#{ROOM}heapdump_watch(to: #{[dumps, sink].inspect}, #{WATCH})\n"
    serve("puma", config) do |server|
      assert_workers_watch(server, server.workers(2))
      server.logged(/^heapdump: watch: shipped series-\S+\.json\S*/)
      refute_match(/socket:/, File.read("#{to}/fds"))
    end
  end

  # A worker that is killed is replaced; the new one tells of it.
  def test_a_worker_of_puma_that_is_killed
    serve("puma", "#{PUMA}#{ROOM}heapdump_watch(#{WATCH})\n") do |server|
      workers = server.workers(2)
      watching(server, 2)
      Process.kill(:KILL, workers.first)
      told = server.logged(/^heapdump: watch: the process before this one \(pid (\d+), puma\) /)
      assert_equal workers.first, told[1].to_i
    end
  end

  def test_puma_without_workers
    config = "#{PUMA.sub(/^workers.*/, "workers 0")}#{ROOM}heapdump_watch(#{WATCH})\n"
    serve("puma", config) do |server|
      assert_workers_watch(server, [server.pid])
    end
  end

  # An initializer of an application that the master loads.
  def test_a_master_of_puma_that_has_loaded_the_application
    app = "require 'heapdump'; #{ROOM}HeapDump.watch(to: '#{dumps}', #{WATCH})\n#{Server::APP}"
    # also where workers get another title before the first look
    config = PUMA.sub('plugin "heapdump"', "preload_app!\nbefore_worker_boot { $0 = 'my shop' }")
    server = Server.new(scratch, "puma", config, env: environment, app: app)
    found = watching(server, 2)
    refute_includes found, server.pid
    assert_equal found, Processes.children(server.pid).sort
    assert_workers_watch(server, found)
    refute_match(/Thread\(s\) started in app boot/, server.log)
  rescue StandardError
    warn server.log
    raise
  ensure
    server&.stop
  end

  TITLES = {
    "puma: cluster worker 0: 40 [shop]" => :worker, "unicorn worker[1] -c unicorn.rb" => :worker,
    "pitchfork (gen:2) worker[0] - ready" => :worker, "solid-queue-worker(1.2): waits" => :worker,
    "unicorn master -c unicorn.rb" => :master, "pitchfork monitor" => :master,
    "pitchfork (gen:1) mold" => :master, "sidekiq 8.1.7 shop [0 of 5 busy]" => nil, "\xFF" => nil
  }.freeze

  def test_titles
    servers = HeapDump::Watch::Servers
    before = $PROGRAM_NAME
    TITLES.each do |title, what|
      $PROGRAM_NAME = title
      assert_equal [what == :worker, what == :master], [servers.worker?, servers.master?], title
    end
  ensure
    $PROGRAM_NAME = before
  end

  # Who wants the master to be watched, too, is not warned of the thread.
  def test_a_master_of_puma_that_is_watched
    app = "require 'heapdump'; #{ROOM}HeapDump.watch(to: '#{dumps}', master: true, #{WATCH})\n" \
          "#{Server::APP}"
    server = Server.new(scratch, "puma", PUMA.sub('plugin "heapdump"', "preload_app!"),
                        env: environment, app: app)
    assert_includes watching(server, 3), server.pid
    refute_match(/Thread\(s\) started in app boot/, server.log)
  ensure
    server&.stop
  end

  def test_workers_of_unicorn
    skip_without_unicorn
    config = UNICORN.sub("after_fork)", "after_fork(watch: { #{WATCH} }))")
    serve("unicorn", config + ROOM) do |server|
      assert_workers_watch(server, server.workers(2))
      # They end by exit!, so that they cannot write that they end.
      assert_includes File.read(Dir.glob("#{dumps}/notes-*").first), "\"silent\":true"
    end
  end

  def test_workers_of_pitchfork
    config = PITCHFORK.sub("after_worker_fork)", "after_worker_fork(watch: { #{WATCH} }))")
    serve("pitchfork", config + ROOM) do |server|
      assert_workers_watch(server, server.workers(2))
      # They end by exit!, so that they cannot write that they end.
      assert_includes File.read(Dir.glob("#{dumps}/notes-*").first), "\"silent\":true"
    end
  end

  # It takes ten seconds until the first look, also in workers; here, three, in which the master has
  # learned that it is one.
  SOON = <<~RUBY.freeze
    require "#{Child::ROOT}/lib/heapdump/integrations/watching"
    HeapDump::Integrations::Watching.singleton_class.prepend(Module.new do
      def start(wait:)
        HeapDump::Watch::Options.define_method(:every) { 1 }
        super(wait: wait == 10 ? 3 : raise("\#{wait} seconds"))
      end
    end)
  RUBY

  def test_from_the_environment_alone
    soon = File.join(scratch, "soon.rb")
    File.write(soon, SOON)
    flags = "-r#{soon} #{AUTO}"
    env = { "RUBYOPT" => "#{ENV.fetch("RUBYOPT", "")} #{flags}", "BUNDLER_ORIG_RUBYOPT" => flags,
            "HEAPDUMP_WATCH" => "1", "HEAPDUMP_MEMORY" => "0.6, 900 MiB", "HEAPDUMP_KEEP" => "3" }
    serve("puma", PUMA.sub(/^plugin.*/, ""), env) do |server|
      found = watching(server, 2)
      assert_equal Processes.children(server.pid).sort, found
      refute_match(/heapdump: (?!watch: watching)/, server.log)
    end
  end

  def test_wrong_options_are_told_by_the_configuration
    [["puma", "#{PUMA}heapdump_watch(every: 0)\n"],
     ["unicorn", UNICORN.sub("after_fork)", "after_fork(watch: { every: 0 }))")],
     ["pitchfork", PITCHFORK.sub("after_worker_fork)", "after_worker_fork(watch: { every: 0 }))")]]
      .each do |name, config|
      next if name == "unicorn" && RUBY_VERSION >= "4"

      server = Server.new(scratch, name, config, env: environment)
      error = assert_raises(Server::Failed) { server.wait_for("its end") { false } }
      assert_match(/every: must be a number of seconds, 1 or more/, error.message)
    ensure
      server&.stop
    end
  end

  def run_auto(env, code = "sleep 0.01 until HeapDump.watch.running?; p HeapDump.watch.inspect")
    env = { "RUBYOPT" => AUTO, "HEAPDUMP_DIR" => scratch, "HEAPDUMP_STRINGS" => nil,
            "HEAPDUMP_SIGNAL" => nil }.merge(env)
    Child.ruby!(code, env: env, flags: [], bare: true, rubygems: true) # as most programs are
  end

  def test_the_environment_of_any_program
    assert_equal "\"#<HeapDump::Watch #{scratch}: running>\"\n",
                 run_auto("HEAPDUMP_WATCH" => "1").out
    code = "p defined?(HeapDump::VERSION)"
    assert_equal "nil\n", run_auto({ "HEAPDUMP_WATCH" => "0" }, code).out
    ["", "no", "off", "False"].each do |off|
      assert_equal "nil\n", run_auto({ "HEAPDUMP_WATCH" => off }, code).out
    end
  end

  def test_names_of_the_environment
    code = "options = HeapDump.watch.instance_variable_get(:@options); " \
           "p options.dry, options.at_most, options.keep[:files], options.settle"
    outcome = run_auto({ "HEAPDUMP_WATCH" => "1", "HEAPDUMP_DRY" => "1", "HEAPDUMP_AT_MOST" => "2",
                         "HEAPDUMP_KEPE" => "3", "HEAPDUMP_SETTLE" => "2m" }, code)
    assert_equal "true\n2\n12\n120.0\n", outcome.out
    assert_equal "heapdump: watch: HEAPDUMP_KEPE is not known; did you mean HEAPDUMP_KEEP?\n",
                 outcome.err
    assert_equal "false\n9\n12\n300.0\n",
                 run_auto({ "HEAPDUMP_WATCH" => "1", "HEAPDUMP_DRY" => "off" }, code).out
  end

  # It is loaded into every Ruby: nothing that is wrong may end one.
  def test_a_wrong_environment
    { "HEAPDUMP_KEEP" => "many", "HEAPDUMP_MEMORY" => "0.5,x", "HEAPDUMP_LIMIT" => "?",
      "HEAPDUMP_SETTLE" => "soon",
      "HEAPDUMP_STRINGS" => "nome", "HEAPDUMP_DIR" => "s3://b" }.each do |name, value|
      outcome = run_auto({ "HEAPDUMP_WATCH" => "1", name => value }, "puts 1")
      assert_equal "1\n", outcome.out
      assert_match(/\Aheapdump: HEAPDUMP_WATCH has no effect in process \d+: .*\n\z/, outcome.err,
                   name)
    end
  end
end

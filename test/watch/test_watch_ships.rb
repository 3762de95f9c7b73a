# frozen_string_literal: true

require "test_helper"
require "support/shippable"
require "support/watching"
require "heapdump/watch/shipping"

# Dumps of a watch that leave the machine: by a process of its own, whatever becomes of this one.
class TestWatchShips < HeapDumpTest
  include Watching
  include Shippable

  # What Shippable calls so is not wanted here.
  def log
    @log ||= Log.new
  end

  PRELUDE = <<~'RUBY'
    require "heapdump"
    DIR, TO = ARGV
    HeapDump::Watch::Options.define_method(:every) { 0.05 }
    HeapDump::Watch::Engine.define_method(:pause) { 0.05 }
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }

    def wait_until(what)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60
      until yield
        raise "never: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

        sleep 0.01
      end
    end

    def watch(to: TO, **options, &block)
      block ||= proc { |on| on.ask(file: true) }
      HeapDump.watch(to: [DIR, to], every: 1, settle: 0, cooldown: 0, **options, &block)
    end

    def stats = HeapDump::Watch.current.stats
  RUBY

  def run_child(code, to = self.to, **options)
    Child.ruby!(PRELUDE + code, heaps, to, **options)
  end

  def shipped(pattern = "series-*/*.zst")
    Dir.glob(pattern, base: to).sort
  end

  # A dump that a process has left which is gone.
  def left(name = "1.json")
    FileUtils.mkdir_p(File.join(heaps, "series-web-7-a"), mode: 0o700)
    path = File.join(heaps, "series-web-7-a", name)
    File.write(path, [HEADER, FOOTER].map { |line| "#{JSON.generate(line)}\n" }.join)
    rest(path)
  end

  # The process has ended when the last of them arrives, and has not had time to end well.
  def test_three_dumps_of_a_leaking_process
    outcome = run_child(<<~'RUBY')
      LEAK = []
      watch { |on| on.every(seconds: 1) }
      wait_until("three dumps") { LEAK << "x" * 1000; stats[:dumps] >= 3 }
      begin
        Process.wait
      rescue Errno::ECHILD
        $stdout.syswrite("no child")
      end
      exit!(0)
    RUBY
    assert_equal "no child", outcome.out
    wait_until("all of them arrive") { shipped("series-*/*.manifest.json").size == 3 }
    assert_equal 3, shipped.size
    shipped.each { |name| assert_whole Dump.skim(File.join(to, name)) }
    wait_until("they are marked") { Dir.glob("#{heaps}/series-*/*.shipped").size == 3 }
  end

  # It is told by the watch, and counted.
  def test_what_another_process_has_left
    HeapDump::Ship::Marks.write(left("2.json"), ".failed", File.lstat(left("2.json")), {})
    left
    outcome = run_child(<<~'RUBY')
      watch
      wait_until("both") { stats[:shipped] >= 2 }
    RUBY
    assert_equal %w[1.json 2.json], shipped("*/*.json").map { |name|
      File.basename(name)
    }.grep_v(/manifest/)
    assert_match(%r{^heapdump: watch: shipped series-web-7-a/1.json to #{to}/series}, outcome.err)
    refute_path_exists "#{left("2.json")}.failed"
  end

  # Dumps stay, it is told once, and the next start ships them. The place is gone before there is
  # anything to ship.
  def test_a_sink_that_fails
    outcome = run_child(<<~'RUBY')
      %i[AGAIN PATIENCE].each do |name|
        HeapDump::Watch::Shipping.send(:remove_const, name)
        HeapDump::Watch::Shipping.const_set(name, 0)
      end
      watch
      wait_until("a look") { stats[:looks].positive? }
      Dir.rmdir(TO)
      wait_until("two dumps") { File.write("#{DIR}/ask", ""); stats[:dumps] >= 2 }
      wait_until("it was tried again") { File.read("#{DIR}/ship.log").lines.size > 2 }
    RUBY
    assert_equal 1, outcome.err.scan(/dumps are not shipped: .*no directory/).size, outcome.err
    dumps = Dir.glob("#{heaps}/series-*/*.zst")
    assert_operator dumps.size, :>=, 2
    Dir.mkdir(to)
    run_child("watch; wait_until('all') { Dir.glob(DIR + '/*/*.shipped').size >= #{dumps.size} }")
  end

  # It has none of the sockets of the application, and nobody sees the address.
  def test_what_the_process_gets
    left
    sink = "exec:tr '\\0' ' ' </proc/$PPID/cmdline >#{to}/arguments; : secret; " \
           "ls -l /proc/$PPID/fd >#{to}/fds"
    run_child(<<~'RUBY', sink)
      require "socket"
      server = TCPServer.new("127.0.0.1", 0)
      server.close_on_exec = false
      watch
      wait_until("it is shipped") { stats[:shipped] >= 1 }
    RUBY
    refute_match(/socket:/, File.read("#{to}/fds"))
    arguments = File.read("#{to}/arguments")
    assert_includes arguments, "--to env:HEAPDUMP_TO"
    refute_includes arguments, "secret"
  end

  # Workers that start at the same time do not start as many processes that ship.
  def test_one_at_a_time
    left
    run_child(<<~'RUBY', "exec:echo $PPID >>#{to}/calls")
      pids = Array.new(6) { fork { watch; wait_until("looks") { stats[:looks] > 20 } } }
      pids.each { |pid| Process.wait(pid); raise unless $?.success? }
    RUBY
    wait_until("it is shipped") { File.exist?("#{left_path}.shipped") }
    wait_until("its process has ended") { !File.exist?("#{heaps}/ship.lock") }
    assert_equal 1, File.readlines("#{to}/calls").uniq.size
  end

  def left_path
    File.join(heaps, "series-web-7-a", "1.json")
  end

  # Who is process 1 gets all orphans as its children, so it must wait for this one.
  def test_the_first_process
    left
    outcome = run_child(<<~'RUBY')
      HeapDump::Watch::Machine.define_method(:pid) { 1 }
      watch
      wait_until("it is shipped") { stats[:shipped] >= 1 }
      wait_until("no child is left") do
        Process.wait(-1, Process::WNOHANG)
        false
      rescue Errno::ECHILD
        $stdout.syswrite("no child")
        true
      end
    RUBY
    assert_equal "no child", outcome.out
  end

  def test_a_dry_run_ships_nothing
    left
    look(engine(to: [heaps, to], dry: true), 100)
    refute_path_exists File.join(heaps, "ship.log")
  end

  # A process that ships must not be the one that takes the last memory.
  def test_no_room_for_a_process
    left
    use(950)
    watch = engine(to: [heaps, to]) { |on| on.ask(file: true) } # there is room for a dump
    look(watch, 60)
    told = said.grep(/no process that ships/)
    use(100)
    HeapDump::Ship::Marks.write(left_path, ".failed", File.lstat(left_path), {})
    machine.pass(20)
    wait_until("it is tried when there is room") { watch.look || watch.stats[:shipped] >= 1 }
    assert_equal ["no process that ships the dumps was started: 50.0 MiB of memory are left, and " \
                  "it may take 64.0 MiB; they stay"], told
  end

  # With an SDK it takes more, by how large the largest dump is.
  def test_room_for_a_process_with_an_sdk
    path = left
    { 1 << 20 => "68.0 MiB", 5 << 20 => "84.0 MiB", 50 << 20 => "128.0 MiB" }.each do |bytes, room|
      File.truncate(path, bytes)
      @log = nil
      use(940)
      look(engine(to: [heaps, "s3://bucket/x"]) { |on| on.ask(file: true) })
      assert_match(/and it may take #{room}; they stay/, said.last)
    end
  end

  # Processes that have the locks as one that ships has them: MiB of it.
  def shipping(mib)
    tree.process(Process.pid, private: mib, shared: 0)
    FileUtils.mkdir_p(heaps, mode: 0o700)
    locks = %w[ship.watch ship.lock].map { |name| File.open("#{heaps}/#{name}", "w") }
    locks.each { |file| file.flock(File::LOCK_EX) }
    locks.last.syswrite("#{Process.pid}\n")
    yield
  ensure
    locks.each(&:close)
  end

  # Where the kernel kills all together, both must have room: 148 MiB for a dump here, and 64 for
  # the process.
  def test_a_dump_beside_a_process_that_ships
    use(830, oom_group: 1)
    watch = engine(to: [heaps, to]) { |on| on.rule(:always) { true } }
    shipping(30) { look(watch) }
    assert_match(/: 170\.0 MiB of memory are left .*; a dump may take 148\.0 MiB, /, said.last)
    assert_match(/ and the process that ships dumps 34\.0 MiB more\z/, said.last)
    machine.pass(10)
    shipping(50) { look(watch) }
    assert_equal 1, begun.size
  end

  def test_a_dump_beside_a_process_that_is_killed_alone
    use(930)
    watch = engine(to: [heaps, to]) { |on| on.rule(:always) { true } }
    shipping(1) { look(watch) }
    assert_equal 1, begun.size
  end

  # Neither beside one of this process, nor of another one.
  def test_no_process_is_started_beside_a_dump
    left
    tree
    shipping = engine(to: [heaps, to]).instance_variable_get(:@shipping)
    shipping.look(busy: true)
    File.open("#{File.dirname(left)}/2.json.partial-30", "w") do |file|
      file.flock(File::LOCK_EX)
      shipping.look
      machine.pass(20)
      refute_path_exists "#{heaps}/ship.log"
    end
    shipping.look
    assert_path_exists "#{heaps}/ship.log"
    wait_until("it is shipped") { File.exist?("#{left_path}.shipped") }
  end

  # Nothing of this is loaded into an application that ships nothing, and before the first look
  # nothing is that Bundler decides about.
  def test_what_is_loaded
    out = Child.ruby!(<<~'RUBY', heaps, to, bare: true).out.lines(chomp: true)
      require "heapdump"
      DIR, TO = ARGV
      before = $LOADED_FEATURES.dup
      ["s3://bucket/x", "https://x/y/", "exec:true", "rails:x", TO].each do |address|
        HeapDump::Watch.new({ to: [DIR, address] }, nil)
      end
      puts ($LOADED_FEATURES - before).grep_v(%r{heapdump/|io/wait|/etc\.so}).inspect
      HeapDump.watch(to: DIR)
      puts $LOADED_FEATURES.grep(%r{heapdump/ship}).map { |path| File.basename(path) }.sort.inspect
    RUBY
    ours = %w[address.rb command.rb folder.rb lock.rb marks.rb plain_http.rb s3_address.rb ship.rb
              sink.rb]
    assert_equal ["[]", ours.inspect], out
  end

  # Without Ruby's libraries, as if Bundler had not found a gem.
  def test_the_process_says_something_else
    one = ship_log
    [false, true, true].each do |stay|
      one.start
      File.write("#{scratch}/ship.log", "\nbundler: no gem x\n\tfrom y\n", mode: "a")
      one.tell
      assert_empty said unless stay
      one.close(stay: stay)
    end
    assert_equal ["dumps are not shipped: bundler: no gem x"], said
  end

  def ship_log
    HeapDump::Watch::ShipLog.new(scratch, HeapDump::Watch::Stats.new,
                                 HeapDump::Watch::Voice.new(log))
  end

  # Five tries of three dumps have the same reason.
  def test_a_reason_is_told_once
    one = ship_log
    one.start
    text = [["a", 1], ["b", 1], ["a", nil]].map do |name, again|
      "#{JSON.generate(event: "failed", file: name, error: "no \u00fc", again_in: again)}\n"
    end.join
    text.b.chars.each_slice(50) do |part|
      File.write("#{scratch}/ship.log", part.join, mode: "ab")
      one.tell
    end
    one.close(stay: true)
    assert_equal ["dumps are not shipped: no \u00fc (a; it stays, and is tried again)"], said
  end

  WRONG = {
    "s4://x" => /there is no sink for s4:; give one of/, "gs://x" => /no sink for gs:; use rails:/,
    "s3://" => %r{s3: needs the form s3://bucket/prefix}, "s3://k@b/" => /s3: has an "@" in it/,
    "s3://bkt#x" => /s3: needs the form/, "s3://bkt?endpont=https://x" => /s3: has an unknown/,
    "s3://bkt?region=%x" => /parameters of s3: are damaged/,
    "s3://bkt?region=eu_1" => /region that is none/,
    "s3://bkt?endpoint=minio:9000" => /endpoint= needs a host/,
    "s3://bkt?endpoint=https://u:secret@x" => /endpoint= has a user or password/,
    "s3://bkt?endpoint=http://minio:9000" => /endpoint= with http:.* a watch never does/,
    "s3://bkt?endpoint=http%3A%2F%2Fminio" => /endpoint= with http:/,
    "s3://bkt?endpoint=https%3A%2F%2Fa%20b" => /endpoint= is no valid address/,
    "s3://bkt?sse=kms" => /sse= is one of AES256, /,
    "s3://bkt?kms_key=1" => /kms_key= needs sse=aws:kms/,
    "https://x/y" => %r{https: needs the form https://host/dir/}, "exec: " => /exec: needs/,
    "https://x/a b/" => /the address is no valid address/, "https://x:y/" => /is no valid address/,
    "https:///x/" => /the address needs a host/, "https://x/?sig=%z" => /is no valid address/,
    "exec:cat 'secret" => /the shell does not understand/,
    "http://example.com/secret/" => /a watch never does/,
    "http://127.0.0.1.example.com/" => /a watch never does/,
    "http://u:secret@x/" => /user or password/, "rails:/x" => /rails: needs the name of a service/,
    "env:HEAPDUMP_NONE" => /HEAPDUMP_NONE is not set/,
    "/nowhere" => /there is no directory .nowhere; make it/,
    "file:x" => /file: needs a path/, "" => /the address is empty/, "x" => /has no kind/
  }.freeze

  def test_a_wrong_address_raises_at_once
    WRONG.each do |address, words|
      error = assert_raises(HeapDump::Error, address) { HeapDump.watch(to: [heaps, address]) }
      assert_match words, error.message
      refute_includes error.message, "secret"
    end
    ENV["HEAPDUMP_AUTHORIZATION"] = "Bearer a\nb"
    error = assert_raises(HeapDump::Error) { HeapDump.watch(to: [heaps, "https://x/"]) }
    assert_match(/HEAPDUMP_AUTHORIZATION has a line break/, error.message)
    Dir.mkdir(heaps, 0o700)
    error = assert_raises(HeapDump::Error) { HeapDump.watch(to: [heaps, heaps]) }
    assert_match(/is the directory itself/, error.message)
  ensure
    ENV.delete("HEAPDUMP_AUTHORIZATION")
  end

  # What is wrong for a watch is wrong for `heapdump ship` in the same words.
  def test_an_address_is_wrong_for_all_in_the_same_words
    WRONG.each_key do |address|
      next if address.match?(%r{\Ahttps://x/y|http:|http%3A}) # an object alone, and --plain-http

      words = [-> { HeapDump.watch(to: [heaps, address]) }, -> { HeapDump::Ship.sink(address) }]
              .map { |wrong| assert_raises(HeapDump::Error, address, &wrong).message }
      assert_equal(*words)
    end
  end

  RIGHT = ["s3://bucket", "s3://b.c/x?region=y", "https://x/", "https://x/y/?z=/a", "exec:cat",
           "https://x/y?name=%{name}", "http://127.0.0.1:80/", "http://localhost/x/",
           "http://[::1]:9000/", "rails:amazon"].freeze

  def test_addresses
    read = ->(given) { HeapDump::Watch::Options.new(to: given) }
    RIGHT.each { |address| assert_equal address, read.call([heaps, address]).address }
    assert_equal ["/var/tmp/heapdump", "exec:cat"],
                 [read.call("exec:cat").directory, read.call("exec:cat").address]
    assert_equal [heaps, nil], [read.call([heaps]).directory, read.call([heaps]).address]
    with_env("HEAPDUMP_TO" => "file:#{to}") do
      assert_equal to, read.call([heaps, "env:HEAPDUMP_TO"]).address
      assert_nil read.call(heaps).address
    end
  end

  # From the environment alone, where it is the only thing that asks for it.
  def test_the_environment
    left
    env = { "HEAPDUMP_DIR" => heaps, "HEAPDUMP_TO" => to, "HEAPDUMP_WATCH" => "1" }
    Child.ruby!(<<~'RUBY', env: env)
      require "heapdump/integrations/watching"
      HeapDump::Integrations::Watching.start
      sleep 0.05 until HeapDump::Watch.current.stats[:looks].positive?
    RUBY
    wait_until("it arrives") { File.exist?("#{left_path}.shipped") }
    assert_equal %w[1.json], shipped("series-*/*.json").map { |name| File.basename(name) }.first(1)
  end
end

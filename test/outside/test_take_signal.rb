# frozen_string_literal: true

require "test_helper"
require "support/outside"

# Dumps of processes that have a handler for it.
class TestTakeSignal < HeapDumpTest
  def handler(options = "", name = "heap-%{pid}-%{time}-%{host}-%{count}.json")
    path = File.join(scratch, name).dump
    "require 'heapdump'; HeapDump.on_signal('USR2', path: #{path}#{options})"
  end

  def setup
    super
    skip "SKIPPED: no /proc here" unless File.exist?("/proc/self/maps")
  end

  def with_process(code = handler)
    Outside.with_process("#{code}; sleep", "-I", Child::LOAD_PATHS.first) do |pid|
      wait_until("the handler is there") { HeapDump::Outside::Target.new(pid).handlers.any? }
      yield pid
    end
  end

  def test_where_the_handler_puts_it
    with_process do |pid|
      3.times do |i|
        status, out, err = Outside.heapdump("take", pid, "--json")
        assert_equal [0, ""], [status, err]
        fields = JSON.parse(out)
        assert_equal ["signal", "USR2", pid], fields.values_at("via", "signal", "pid")
        assert_equal scratch, File.dirname(fields["path"])
        dump = assert_whole(Dump.load(fields["path"]))
        assert_equal [pid, fields["objects"]], [dump.header["pid"], dump.size]
        assert_equal i + 1, Dir.children(scratch).size
      end
    end
  end

  def test_moved_to_a_file
    with_process do |pid|
      path = File.join(scratch, "mine.json")
      status, out, err = Outside.heapdump("take", pid, "-o", path)
      assert_equal [0, ""], [status, err]
      assert_match(/\A#{path}: [\d,]+ objects, [\d.]+ MiB, written in [\d.]+ s.*, by signal$/, out)
      assert_equal ["mine.json"], Dir.children(scratch)
    end
  end

  # Nothing is sent where the name would tell something else than what is in the file.
  def test_a_name_that_tells_something_else
    { "h.json" => { "a.zst" => "a", "a.json.gz" => "a.json" },
      "h.json.gz" => { "a.json" => "a.json.gz", "a.json.zst" => "a.json.gz" } }.each do |own, names|
      with_process(handler("", own)) do |pid|
        names.each do |wrong, right|
          status, out, err = Outside.heapdump("take", pid, "-o", File.join(scratch, wrong))
          assert_equal [1, ""], [status, out]
          assert_match(%r{/#{wrong} would be misnamed: at SIGUSR2 process #{pid} writes }, err)
          assert_match(%r{; give -o #{scratch}/#{right}, or add --via ptrace, which}, err)
        end
        sleep 0.2
        assert_empty Dir.children(scratch)
        assert_equal 0, Outside.heapdump("take", pid, "-o", "#{scratch}/#{names.values[0]}").first
        FileUtils.rm_f(Dir.glob("#{scratch}/*"))
      end
    end
  end

  def test_a_gc_that_the_handler_decides_about
    with_process do |pid|
      [[], ["--via", "signal"]].each do |way|
        status, out, err = Outside.heapdump("take", pid, "--gc", *way)
        assert_equal [1, ""], [status, out]
        assert_match(/--gc cannot be asked for by a signal: .* process #{pid} .*add --via ptr/, err)
      end
      sleep 0.2
      assert_empty Dir.children(scratch)
    end
  end

  def test_contents_that_the_handler_decides_about
    with_process do |pid|
      [[], ["--via", "signal"]].each do |way|
        status, out, err = Outside.heapdump("take", pid, "--strings", "none", *way)
        assert_equal [1, ""], [status, out]
        assert_match(/--strings cannot be asked for by a signal: .* strings: :none\); .*ptr/, err)
      end
      sleep 0.2
      assert_empty Dir.children(scratch)
    end
  end

  # Its partial file fits the pattern, too, and is there for a while.
  def test_a_dump_that_takes_its_time
    heap = "KEPT = Array.new(400_000) { |i| i.to_s * 3 }\n"
    with_process(heap + handler(", processes: 1", "heap-%{pid}-%{time}")) do |pid|
      path = File.join(scratch, "mine.json")
      status, _out, err = Outside.heapdump("take", pid, "-o", path)
      assert_equal [0, ""], [status, err]
      assert_whole Dump.skim(path)
    end
  end

  def test_always_the_same_name
    with_process(handler("", "heap.json")) do |pid|
      2.times do
        assert_equal 0, Outside.heapdump("take", pid).first
        assert_whole Dump.load(File.join(scratch, "heap.json"))
      end
    end
  end

  def test_compressed
    with_process(handler("", "heap.json.gz")) do |pid|
      status, out, err = Outside.heapdump("take", pid)
      assert_equal [0, ""], [status, err]
      assert_match(/heap\.json\.gz: [\d.]+ [KM]iB, by signal/, out)
      assert_whole Dump.load(File.join(scratch, "heap.json.gz"))
    end
  end

  def test_a_dump_that_does_not_come
    with_process(handler) do |pid|
      File.chmod(0o500, scratch)
      Dir.rmdir(scratch)
      status, _, err = Outside.heapdump("take", pid, "--timeout", "1")
      assert_equal 1, status
      assert_match(/dumps to .*heap-%\{pid\}.*, but there is no such directory/, err)
      Dir.mkdir(scratch)
      Dir.mkdir("#{scratch}/x")
    end
    with_process(handler(", timeout: 1", "x")) do |pid|
      status, _, err = Outside.heapdump("take", pid, "--timeout", "1")
      assert_equal 1, status
      assert_match(/wrote no .* within 1.0 s after SIGUSR2; its stderr says why/, err)
      assert Outside.runs?(pid)
    end
  end

  def test_doctor
    with_process do |pid|
      status, out, err = Outside.heapdump("doctor", pid)
      assert_equal [0, ""], [status, err]
      assert_match(/^signal: works$/, out)
      assert_match(/ok  handler: it dumps at SIGUSR2 to #{scratch}/, out)
      assert_match(/`heapdump take #{pid}` will use signal/, out)

      fields = JSON.parse(Outside.heapdump("doctor", pid, "--json")[1])
      assert_equal [1, pid, "signal"], fields.values_at("schema_version", "pid", "way")
      assert fields["ways"]["signal"]["works"]
      assert_equal %w[permission state handler],
                   fields["ways"]["signal"]["checks"].map { |check| check["name"] }
    end
  end
end

# What doctor says of processes without a handler.
class TestDoctor < HeapDumpTest
  def test_gdb
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    Outside.with_process("sleep") do |pid|
      status, out, err = Outside.heapdump("doctor", pid)
      assert_equal [0, ""], [status, err]
      assert_match(/^signal: does not work\n(  ok .*\n)*  NO  handler: it has no handler/, out)
      assert_match(/^gdb: works$/, out)
      assert_match(/ok  ruby: it runs Ruby #{RUBY_VERSION} /, out)
      first = HeapDump::Outside::Attach.find ? "ptrace" : "gdb"
      assert_match(/`heapdump take #{pid}` will use #{first}\.$/, out)
      assert_empty Dir.glob("heap-#{pid}*")
    end
  end

  def test_nothing_works
    pid = Process.spawn("sleep", "60")
    status, out, = Outside.heapdump("doctor", pid, "--json")
    assert_equal 1, status
    fields = JSON.parse(out)
    assert_nil fields["way"]
    assert_equal({ "signal" => false, "ptrace" => false, "gdb" => false },
                 fields["ways"].transform_values { |way| way["works"] })
  ensure
    Outside.stop(pid)
  end

  def test_another_ruby
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    environment = [*Child::BUNDLER, "BUNDLER_SETUP"].to_h { |name| [name, nil] }
    other = Dir["/opt/rubies/*/bin/ruby"].find do |ruby|
      version = IO.popen([environment, ruby, "-e", "print RUBY_VERSION"], &:read)
      version[/\d+\.\d+/] != RUBY_VERSION[/\d+\.\d+/]
    end
    skip "SKIPPED: no second Ruby here" unless other
    reader, writer = IO.pipe
    pid = Process.spawn(environment, other, "-e", "puts; $stdout.flush; sleep", out: writer)
    writer.close
    assert_equal "\n", reader.gets
    status, _, err = Outside.heapdump("take", pid, "--via", "gdb")
    assert_equal 1, status
    assert_match(/it runs Ruby [\d.]+ .*, but this heapdump is built for Ruby #{RUBY_VERSION}/, err)
    assert Outside.runs?(pid)
  ensure
    Outside.stop(pid) if pid
    [reader, writer].compact.each(&:close)
  end

  def test_a_user_without_rights
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    skip "SKIPPED: needs root" unless Process.uid.zero?
    Outside.with_process("sleep") do |pid|
      code = "Process::UID.change_privilege(65_534); exit HeapDump::CLI.run(['doctor', '#{pid}'])"
      outcome = Child.ruby("require 'heapdump/cli'; HeapDump::CLI::Doctor; #{code}")
      assert_equal 1, outcome.status.exitstatus, outcome.to_s
      ways = HeapDump::Outside::Attach.find ? 3 : 2
      assert_equal ways, outcome.out.scan("permission: it belongs to user root; run this as").size
    end
  end
end

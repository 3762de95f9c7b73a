# frozen_string_literal: true

require "test_helper"
require "etc"
require "socket"
require "zlib"

# HeapDump.dump: where to, what it returns, how the file comes to be.
class TestDump < HeapDumpTest
  def test_result_is_a_path
    path = File.join(scratch, "heap.json")
    result = dump(path)
    assert_predicate result, :frozen?
    assert_equal [path, path, path], [result.path, result.to_path, result.to_s]
    assert_equal File.size(path), result.bytes
    assert_equal File.size(path), File.size(result)
    assert_operator result.seconds, :>, 0
    assert_operator result.pause, :>, 0
    assert_equal mode[:fork] == false ? 1 : Etc.nprocessors.clamp(1, 4), result.processes
    dump = assert_whole Dump.skim(result)
    assert_equal dump.size, result.objects
  end

  def test_inspect_is_for_people
    result = HeapDump::Result.new(path: "/a.json", objects: 1_142_259, bytes: 83_886_080,
                                  seconds: 1.74, pause: 0.041)
    assert_equal "#<HeapDump::Result /a.json: 1,142,259 objects, 80.0 MiB in 1.740 s>",
                 result.inspect
    result = HeapDump::Result.new(path: nil, objects: 1, bytes: 711, seconds: 0.1, pause: 0.0)
    assert_equal "#<HeapDump::Result (heap dump in an IO): 1 object, 711 B in 0.100 s>",
                 result.inspect
  end

  def test_without_arguments_it_is_dump_json
    path = File.join(scratch, "dump.json")
    assert_equal path, Dir.chdir(scratch) { HeapDump.dump.path }
    assert_whole Dump.skim(path)
  end

  def test_a_pathname_is_a_path
    require "pathname"
    path = Pathname(scratch) / "heap \"1\".json"
    assert_equal path.to_s, dump(path).path
    assert_path_exists path
  end

  def test_paths_that_are_no_ascii
    path = File.join(scratch, "grüße \xFF.json")
    assert_equal path, dump(path).path
    assert_path_exists path
  end

  def test_the_start_of_the_process
    path = File.join(scratch, "heap.json")
    expected = Integer(File.read("/proc/self/stat")[/.*\) (.*)/m, 1].split[19])
    [{}, { fork: true }].each do |options|
      assert_equal expected, Dump.skim(dump(path, **options)).header.fetch("start"), options
    end
    other = Child.ruby!(<<~'RUBY', path).out
      require "heapdump"
      Process.setproctitle("two words) 3 (")
      File.write("/proc/self/comm", "a) b 1 2")
      HeapDump.dump(ARGV[0], fork: true)
      print File.read("/proc/self/stat")[/.*\) (.*)/m, 1].split[19]
    RUBY
    assert_equal Integer(other), Dump.skim(path).header.fetch("start")
  end

  def test_gc_runs_unless_told_otherwise
    { {} => true, { gc: true } => true, { gc: false } => false }.each do |options, ran|
      before = GC.count
      header = Dump.skim(dump(File.join(scratch, "heap.json"), **options)).header
      assert_equal ran, header.fetch("gc_ran"), options
      assert_operator GC.count, :>, before, options if ran
    end
  end

  def test_the_second_argument_of_old
    { true => true, false => false }.each do |argument, ran|
      result = dump(File.join(scratch, "heap.json"), argument)
      assert_equal ran, Dump.skim(result).header.fetch("gc_ran"), argument
    end
  end

  def test_gc_is_enabled_again_and_stays_disabled
    path = File.join(scratch, "heap.json")
    dump(path)
    assert_equal false, GC.disable # it was enabled
    dump(path, gc: false)
    assert_equal true, GC.enable # it was disabled
  end

  def test_garbage_is_gone_after_gc_and_there_without
    path = File.join(scratch, "heap.json")
    code = <<~'RUBY'
      require "heapdump"
      GC.start
      GC.disable
      1000.times { |i| "garbage no. #{i}" }
      HeapDump.dump(ARGV[0], gc: false)
      GC.enable
      HeapDump.dump(ARGV[1], gc: true)
    RUBY
    Child.ruby!(code, path, "#{path}.gc", bare: true)
    garbage, left = [path, "#{path}.gc"].map do |file|
      Dump.skim(file).select("STRING").count { |line| line["value"]&.match?(/\Agarbage no. \d/) }
    end
    assert_operator garbage, :>=, 990 # a slot may be taken again
    assert_operator left, :<, 10
  end

  def test_mode_and_owner
    old = File.umask(0)
    path = dump(File.join(scratch, "heap.json")).path
    assert_equal 0o600, File.stat(path).mode & 0o7777
  ensure
    File.umask(old)
  end

  def test_an_existing_file_is_replaced_not_overwritten
    path = File.join(scratch, "heap.json")
    File.write(path, "old")
    File.chmod(0o644, path)
    kept = File.open(path)
    dump(path)
    assert_equal "old", kept.read
    assert_equal 0o600, File.stat(path).mode & 0o7777
    assert_whole Dump.skim(path)
    assert_equal ["heap.json"], Dir.children(scratch)
  ensure
    kept&.close
  end

  def test_a_partial_file_left_by_a_dead_writer_is_taken_over
    path = File.join(scratch, "heap.json")
    partial = "#{path}.partial-#{Process.pid}"
    File.write(partial, "x" * 100)
    dump(path)
    assert_whole Dump.skim(path)
    refute_path_exists partial
  end

  def test_it_is_written_under_another_name
    fifo = File.join(scratch, "wait")
    File.mkfifo(fifo)
    names = Child.ruby!(<<~'RUBY', scratch).out.split
      require "heapdump"
      class Watch
        def self.names = @names ||= []
      end
      path = File.join(ARGV[0], "heap.json")
      big = Array.new(300_000) { |i| "watched #{i}" }
      watcher = fork do
        limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
        until Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
          seen = Dir.children(ARGV[0]).grep(/heap/)
          (puts(seen); exit!(0)) if seen.any? && $stdout.sync = true
        end
      end
      HeapDump.dump(path)
      Process.wait(watcher)
      puts(Process.pid)
    RUBY
    assert_equal "heap.json.partial-#{names.last}", names.first
  end

  def test_to_a_file_that_is_open
    File.open(File.join(scratch, "heap.json"), "w+b") do |file|
      file.write("before\n")
      result = dump(file)
      assert_nil result.path
      file.write("after\n")
      file.flush
      text = File.binread(file.path)
      assert text.start_with?("before\n{") && text.end_with?("}\nafter\n")
      File.binwrite(file.path, text.delete_prefix("before\n").delete_suffix("after\n"))
      assert_equal result.objects, assert_whole(Dump.skim(file.path)).size
    end
  end

  # Dumps to it while a thread reads by the block.
  def stream_to(writer, &)
    skip "under stress each of thousands of reads is a GC" if GCRegime::NAME == "stress"
    thread = Thread.new(&)
    result = dump(writer)
    writer.close
    assert_nil result.path
    assert_streamed result, thread.value
  end

  def test_to_a_pipe_that_a_thread_reads
    reader, writer = IO.pipe
    stream_to(writer) { reader.read }
  end

  def test_to_a_socket_that_a_thread_reads
    reader, writer = UNIXSocket.pair
    stream_to(writer) { reader.read }
  end

  def test_to_a_tcp_socket
    server = TCPServer.new("127.0.0.1", 0)
    stream_to(TCPSocket.new("127.0.0.1", server.addr[1])) { server.accept.read }
  end

  def test_to_a_non_blocking_pipe_whose_reader_is_slow
    reader, writer = IO.pipe
    require "io/nonblock"
    writer.nonblock = true
    stream_to(writer) do
      text = +""
      while (part = reader.read(200_000))
        text << part
        Thread.pass
      end
      text
    end
  end

  private

  # As the application does it; once more in process below.
  def mode
    {}
  end

  def dump(target, *arguments, **options)
    HeapDump.dump(target, *arguments, **mode, **options)
  end

  def assert_streamed(result, text)
    path = File.join(scratch, "streamed.json")
    File.binwrite(path, text)
    dump = assert_whole Dump.skim(path)
    assert_equal [dump.size, text.bytesize], [result.objects, result.bytes]
  end
end

# The same without forked processes.
class TestDumpInProcess < TestDump
  def mode
    { fork: false }
  end
end

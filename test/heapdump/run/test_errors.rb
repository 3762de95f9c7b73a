# frozen_string_literal: true

require "test_helper"

# What goes wrong outside: each a HeapDump::Error that says where and why, nothing left behind,
# and the next dump works.
class TestErrors < HeapDumpTest
  def test_classes_of_errors
    assert_operator HeapDump::Error, :<, StandardError
    assert_operator HeapDump::WriteError, :<, HeapDump::Error
  end

  def test_a_directory_that_is_not_there
    path = File.join(scratch, "missing", "heap.json")
    assert_refused path, Errno::ENOENT, /does not exist/
  end

  def test_a_parent_that_is_a_file
    File.write(File.join(scratch, "file"), "")
    assert_refused File.join(scratch, "file", "heap.json"), Errno::ENOTDIR
  end

  def test_a_target_that_is_a_directory
    path = File.join(scratch, "directory")
    Dir.mkdir(path)
    assert_refused path, Errno::EISDIR, /directory/
    assert_empty Dir.children(path)
  end

  def test_a_target_that_is_a_symlink
    File.write(File.join(scratch, "elsewhere"), "untouched")
    path = File.join(scratch, "link")
    File.symlink("elsewhere", path)
    assert_refused path, Errno::ELOOP, /symbolic link/
    assert_equal "untouched", File.read(File.join(scratch, "elsewhere"))
    assert File.symlink?(path)
  end

  def test_a_partial_name_that_is_a_symlink
    path = File.join(scratch, "heap.json")
    File.write(File.join(scratch, "elsewhere"), "untouched")
    File.symlink("elsewhere", "#{path}.partial-#{Process.pid}")
    assert_refused path, Errno::ELOOP, /symbolic link/
    assert_equal "untouched", File.read(File.join(scratch, "elsewhere"))
    assert File.symlink?("#{path}.partial-#{Process.pid}")
  end

  def test_messages_are_text
    path = File.join(scratch, "größe", "heap.json")
    error = assert_refused path, Errno::ENOENT, /does not exist/
    assert_equal "größe".encoding, error.message.encoding
    assert_includes "über #{error.message}", "größe"
  end

  # What a path holds may neither begin a new line of a log nor move the cursor of a terminal.
  def test_messages_are_safe_to_show
    ["a\nb", "\e[31mred\e[0m", "a\r\u202Eb", "\xFF"].each do |name|
      path = File.join(scratch, "missing", name)
      error = assert_raises(HeapDump::WriteError) { dump(path) }
      assert_equal path, error.path
      assert_safe error.message
      assert_includes error.message, HeapDump::Terminal::Text.safe(path)
    end
    errors = [HeapDump::ChildDied.new(9, 1000, "a\e\n"), HeapDump::Busy.new("a\e\n"),
              HeapDump::ReadError.of(:io, "a\e\n", 0, 0, ""), HeapDump::NotFound.new("a\e\n")]
    errors.each { |error| assert_safe error.message }
    assert_includes errors.first.message, "killed by SIGKILL after 1,000 objects"
    assert_equal "HeapDump::Error", HeapDump::Error.new.message
  end

  def assert_safe(text)
    assert_predicate text, :valid_encoding?
    refute_match HeapDump::Terminal::Text::HARMFUL, text
  end

  # Some encodings Ruby can convert into no other.
  def test_paths_in_any_encoding
    Encoding.name_list.each do |name|
      path = File.join(scratch, "missing", "\xA4\xA4").force_encoding(name)
      next unless path.encoding.ascii_compatible?

      error = assert_raises(HeapDump::WriteError, name) { dump(path) }
      assert_safe error.message
      assert_includes error.message, "missing/\\xA4\\xA4: a directory of its path"
      assert_equal path.b, error.path.b
    end
  end

  def test_a_message_that_is_given_later_is_safe_to_show
    error = assert_raises(HeapDump::Error) { raise HeapDump::Error.new("x"), "c\e[31m\n" }
    assert_equal ['c\e[31m\n'] * 2, [error.message, error.to_s]
    [error.inspect, error.full_message(highlight: false).chomp.lines.first.chomp].each do |text|
      assert_includes text, 'c\e[31m\n'
      assert_safe text
    end
  end

  def notice(text)
    Child.ruby!("require 'heapdump'\nHeapDump.send(:notice, #{text})").err.b
  end

  # The same characters as everywhere else; and bytes that are none.
  def test_notices_are_safe_to_show
    assert_equal "a?[31m??b?\n", notice('"a\e[31m\r\nb\x7F\n"')
    told = notice(<<~'RUBY').force_encoding("UTF-8").split("|", -1)
      [*0..0xD7FF, *0xE000..0x10FFFF].map { |code| [code].pack("U") }
                                     .grep(HeapDump::Terminal::Text::HARMFUL).join("|")
    RUBY
    assert_operator told.size, :>, 200
    assert(told.all? { |shown| shown.match?(/\A\?+\z/) }, told.grep_v(/\A\?+\z/).inspect)
    harmless = "naïve 日本語 👩‍👩‍👧 שלום \u00A0\u00AD\u{10FFFF}~|"
    assert_equal harmless.b, notice(harmless.dump)
    broken = ["\xFF", "\xC3", "\x9B", "\xC1\x9B", "\xE0\x82\x9B", "\xED\xA0\x80",
              "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"]
    shown = broken.map { |bytes| "?" * bytes.bytesize }
    assert_equal shown, notice(broken.join("|").dump).split("|")
  end

  def test_a_notice_that_is_too_long_ends_with_its_newline
    assert_equal "#{"x" * 4095}\n", notice('"x" * 5000 + "\n"')
    assert_equal "x" * 4095, notice('"x" * 5000')
    assert_equal "\n", notice('"\n"')
    assert_equal "", notice('""')
  end

  def test_paths_that_name_no_file
    error = assert_raises(HeapDump::WriteError) { dump("") }
    assert_equal [Errno::ENOENT::Errno, ""], [error.errno, error.path]
    assert_includes error.message, "to \"\": the path is empty; give the name of a file"
    assert_refused File.join(scratch, "new", ""), Errno::EISDIR,
                   %r{new/: it ends with a slash, as only a directory may; give the name of a file}
    assert_refused File.join(scratch, ""), Errno::EISDIR, /ends with a slash/
    assert_refused scratch, Errno::EISDIR, /it is a directory; give the name of a file/
    assert_refused File.join(scratch, "new", "heap.json"), Errno::ENOENT,
                   /a directory of its path does not exist; make it or give another path/
  end

  def test_a_name_that_is_too_long
    assert_refused File.join(scratch, "x" * 300), Errno::ENAMETOOLONG
  end

  def test_a_directory_that_nobody_may_write_to
    skip "nothing is read-only here" unless File.directory?("/proc/self")
    error = assert_raises(HeapDump::WriteError) { dump("/proc/heap.json") }
    assert_equal [Errno::ENOENT::Errno, "/proc/heap.json"], [error.errno, error.path]
    assert_includes error.message, "/proc/heap.json: no file can be made in its directory"
    assert_works
  end

  # A device that is always full, as a disk that is.
  def test_a_full_device
    skip "no /dev/full here" unless File.chardev?("/dev/full")
    File.open("/dev/full", "w") do |full|
      error = assert_raises(HeapDump::WriteError) { dump(full) }
      assert_equal Errno::ENOSPC::Errno, error.errno
      assert_match(/No space left/, error.message)
    end
    assert_works
  end

  # Each of these dumps needs more than what there is; the next one has all it needs.
  def test_a_full_disk
    paths = %w[json json.zst json.gz].map { |ending| File.join(scratch, ending, "heap.#{ending}") }
    paths.each { |path| Dir.mkdir(File.dirname(path)) }
    out = Child.ruby!(<<~'RUBY', mode.inspect, *paths).out
      require "heapdump"
      mode = eval(ARGV.shift)
      trap("XFSZ", "IGNORE")
      ARGV.each do |path|
        Process.setrlimit(:FSIZE, 10_000, Process::RLIM_INFINITY)
        begin
          HeapDump.dump(path, **mode)
          puts "no error"
        rescue HeapDump::WriteError => e
          p([e.errno == Errno::EFBIG::Errno, e.path == path, e.message.include?(path)])
        end
        p Dir.children(File.dirname(path))
        Process.setrlimit(:FSIZE, Process::RLIM_INFINITY, Process::RLIM_INFINITY)
        HeapDump.dump(path, **mode)
      end
    RUBY
    assert_equal ["[true, true, true]", "[]"] * paths.size, out.lines(chomp: true)
    paths.each { |path| assert_whole Dump.skim(path) }
  end

  def test_a_small_tmpfs
    skip "only root can mount" unless Process.uid.zero?
    disk = File.join(scratch, "disk")
    Dir.mkdir(disk)
    mounted = system("mount", "-t", "tmpfs", "-o", "size=256k", "none", disk, err: File::NULL)
    skip "nothing can be mounted here" unless mounted

    begin
      error = assert_raises(HeapDump::WriteError) { dump(File.join(disk, "heap.json")) }
      assert_equal Errno::ENOSPC::Errno, error.errno
      assert_empty Dir.children(disk)
      assert_works
    ensure
      system("umount", disk)
    end
  end

  def test_a_reader_that_has_gone
    reader, writer = IO.pipe
    reader.close
    error = assert_raises(HeapDump::WriteError) { dump(writer) }
    assert_equal Errno::EPIPE::Errno, error.errno
    assert_works
  end

  def test_a_reader_that_goes_meanwhile
    reader, writer = IO.pipe
    thread = Thread.new do
      reader.read(10_000)
      reader.close
    end
    error = assert_raises(HeapDump::WriteError) { dump(writer) }
    assert_equal Errno::EPIPE::Errno, error.errno
    thread.join
    assert_works
  end

  def test_a_closed_io
    reader, writer = IO.pipe
    [reader, writer].each(&:close)
    error = assert_raises(HeapDump::Error) { dump(writer) }
    assert_match(/closed/, error.message)
    assert_works
  end

  def test_an_io_that_is_only_read
    File.write(File.join(scratch, "readable"), "untouched")
    File.open(File.join(scratch, "readable")) do |file|
      error = assert_raises(HeapDump::WriteError) { dump(file) }
      assert_equal Errno::EBADF::Errno, error.errno
      assert_match(/to File: Bad file descriptor - not opened for writing/, error.message)
    end
    assert_equal "untouched", File.read(File.join(scratch, "readable"))
    assert_works
  end

  private

  # As the application does it; once more in process below.
  def mode
    {}
  end

  def dump(target, *arguments, **options)
    HeapDump.dump(target, *arguments, **mode, **options)
  end

  # The dump to this path fails, leaves nothing, and the next one works.
  def assert_refused(path, reason, message = /#{reason.new.message}/)
    before = Dir.children(scratch)
    error = assert_raises(HeapDump::Error, path) { dump(path) }
    assert_includes error.message.b, path.b
    assert_match message, error.message
    if error.is_a?(HeapDump::WriteError)
      assert_equal [reason::Errno, path], [error.errno, error.path]
    end
    assert_equal before.sort, Dir.children(scratch).sort
    assert_works
    error
  end

  def assert_works
    path = File.join(scratch, "afterwards.json")
    dump(path, gc: false)
    reader = Dump.skim(path)
    assert_predicate reader, :complete?
    File.delete(path)
  end
end

# The same without forked processes.
class TestErrorsInProcess < TestErrors
  def mode
    { fork: false }
  end
end

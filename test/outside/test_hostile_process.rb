# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "heapdump/outside/by_signal"
require "heapdump/outside/footer"
require "heapdump/outside/target"
require "heapdump/outside/work_directory"

# Dumps of a process whose user is not to be trusted, taken by another (root): he owns the directory
# that his process dumps to.
class TestHostileProcess < HeapDumpTest
  OTHER = 65_534

  # A process that sees what we see, or (root) something else.
  Process_ = Struct.new(:uid, :root, :pattern) do
    def pid = 4711
    def gid = uid
    def groups = [uid]
    def user = "nobody"
    def mounts = ""
    def inner_pid = pid
    def sees?(path) = root.nil? && File.exist?(path)
    def outer_path(path) = File.join(root.to_s, path)
    def handlers = [HeapDump::Outside::Target::Handler.new("USR2", pattern)]
  end

  def setup
    super
    @uid = Process.euid.zero? ? OTHER : Process.euid
    File.chmod(0o711, scratch)
  end

  def target(**fields)
    Process_.new(@uid, *fields.values_at(:root, :pattern))
  end

  def path
    File.join(scratch, "heap.json")
  end

  # A work directory, as we see it, and the name of the dump in it.
  def with_work_directory(kind = HeapDump::Outside::WorkDirectory, beside: path)
    kind.open(target, beside) do |directory|
      yield directory, directory.inner_path, directory.inner_dumps.first
    end
  end

  def write_dump(name, text = "a dump\n")
    File.write(name, text)
    File.chmod(0o600, name)
    File.chown(@uid, @uid, name)
  end

  def precious
    @precious ||= File.join(scratch, "precious").tap do |directory|
      Dir.mkdir(directory, 0o700)
      %w[report heap.json].each { |name| File.write(File.join(directory, name), "precious") }
    end
  end

  def assert_precious
    assert_equal(%w[heap.json report], Dir.children(precious).sort)
    Dir.children(precious).each do |name|
      assert_equal "precious", File.read(File.join(precious, name))
      assert File.owned?(File.join(precious, name))
    end
    assert File.owned?(precious)
  end

  def test_what_is_as_it_should_be
    with_work_directory do |directory, inner, dump|
      assert_equal [@uid, 0o700], [File.stat(inner).uid, File.stat(inner).mode & 0o777]
      assert_nil directory.report
      File.write(File.join(inner, "report"), "done")
      write_dump(dump)
      assert_equal "done", directory.report
      directory.deliver(path)
    end
    assert_equal ["a dump\n", 0o600], [File.read(path), File.stat(path).mode & 0o777]
    assert_equal ["heap.json"], Dir.children(scratch)
  end

  def test_another_directory_in_its_place
    with_work_directory do |directory, inner|
      File.rename(inner, "#{inner}.moved")
      File.symlink(precious, inner)
      assert_nil directory.report
      assert_raises(Errno::ENOENT) { directory.deliver(path) }
    end
    refute File.exist?(path)
    assert_precious
  end

  # Between the two calls that make it and give it away.
  def test_another_directory_in_its_place_at_once
    {
      "a link" => ->(place) { File.symlink(precious, place) },
      "a file" => ->(place) { File.link(File.join(precious, "report"), place) },
      "what is full" => ->(place) { File.rename(precious, place) }
    }.each do |what, swap|
      hurried = Class.new(HeapDump::Outside::WorkDirectory) do
        define_method(:adopt) do |place|
          Dir.rmdir(place)
          swap.call(File.realdirpath(place))
          super(place)
        end
      end
      assert_raises(HeapDump::Error, what) { hurried.open(target, path) { flunk } }
      moved = Dir.glob(File.join(scratch, ".heapdump-*")).first
      File.rename(moved, precious) if File.directory?(moved) && !File.symlink?(moved)
      FileUtils.rm_f(moved)
      assert_precious
    end
  end

  def test_reports_that_are_none
    [->(name) { File.symlink(File.join(precious, "report"), name) },
     ->(name) { File.mkfifo(name) }, ->(name) { Dir.mkdir(name) }].each do |make|
      with_work_directory do |directory, inner|
        make.call(File.join(inner, "report"))
        assert_nil directory.report
        FileUtils.rm_rf(File.join(inner, "report"))
      end
    end
    assert_precious
  end

  def test_dumps_that_are_none
    makes = [->(name) { File.symlink(File.join(precious, "heap.json"), name) },
             ->(name) { File.mkfifo(name) }, ->(name) { Dir.mkdir(name) },
             ->(name) { write_dump(name) && File.link(name, "#{name}.again") }]
    # most systems do not let him link to it
    makes << ->(name) { File.link(File.join(precious, "heap.json"), name) } if Process.euid.zero?
    makes.each do |make|
      with_work_directory do |directory, inner, dump|
        make.call(dump)
        error = assert_raises(HeapDump::Error) { directory.deliver(path) }
        assert_match(/process 4711 has put something else in place of its dump/, error.message)
        FileUtils.rm_rf(Dir.glob(File.join(inner, "*")))
      end
      refute File.exist?(path)
    end
    assert_precious
  end

  def test_a_place_that_is_no_file
    [->(name) { File.symlink(File.join(precious, "heap.json"), name) },
     ->(name) { File.mkfifo(name) }, ->(name) { Dir.mkdir(name) }].each do |make|
      make.call(path)
      with_work_directory do |directory, _, dump|
        write_dump(dump)
        error = assert_raises(HeapDump::Error) { directory.deliver(path) }
        assert_match(/#{path} is no file but something else; give another name/, error.message)
      end
      refute File.file?(path) && !File.symlink?(path)
      FileUtils.rm_rf(path)
    end
    assert_precious
  end

  # Links under names that we know are removed, not what they lead to.
  def test_links_in_the_directory_are_removed
    with_work_directory do |_, inner|
      File.symlink(precious, File.join(inner, "heap.json.partial-1"))
      File.symlink(File.join(precious, "report"), File.join(inner, "report"))
    end
    assert_equal ["precious"], Dir.children(scratch)
    assert_precious
  end

  def test_across_disks
    other = "/dev/shm"
    unless File.writable?(other) && File.stat(other).dev != File.stat(scratch).dev
      skip "SKIPPED: one disk"
    end
    Dir.mktmpdir("heapdump", other) do |directory|
      place = File.join(directory, "heap.json")
      with_work_directory do |work, _, dump|
        write_dump(dump)
        work.deliver(place)
        refute File.exist?(dump)
      end
      stat = File.stat(place)
      assert_equal ["a dump\n", 0o600, @uid], [File.read(place), stat.mode & 0o777, stat.uid]
      assert_equal ["heap.json"], Dir.children(directory)
    end
  end

  # A root of its own, with links that lead from there to places of ours.
  def test_links_in_the_root_of_the_process
    root = File.join(scratch, "root")
    FileUtils.mkdir_p(["#{root}/var", "#{root}/tmp"])
    FileUtils.chmod(0o777, [root, "#{root}/var", "#{root}/tmp"])
    File.symlink(precious, "#{root}/var/tmp")
    File.chmod(0o711, precious)
    HeapDump::Outside::WorkDirectory.open(target(root: root), path) do |directory|
      assert_equal "/tmp", File.dirname(directory.inner_path)
      assert_equal 1, Dir.children("#{root}/tmp").size
    end
    assert_empty Dir.children("#{root}/tmp")
    assert_precious
  end

  # A handler says itself which files are its dumps.
  def test_a_pattern_that_fits_what_is_somebody_elses
    skip "SKIPPED: needs root" unless Process.euid.zero?
    way = HeapDump::Outside::BySignal.new(target(pattern: "#{precious}/%{time}"))
    assert_empty way.send(:files)
    write_dump(File.join(precious, "20261121T070000.123Z"))
    write_dump(File.join(precious, "heap.json")) # which does not fit it
    assert_equal ["#{precious}/20261121T070000.123Z"], way.send(:files).keys
  end

  def test_a_pipe_instead_of_a_dump
    File.mkfifo(path)
    assert_raises(Errno::ESPIPE) { HeapDump::Outside::Footer.read(path) }
  end
end

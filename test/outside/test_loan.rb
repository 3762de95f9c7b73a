# frozen_string_literal: true

require "test_helper"
require "heapdump/outside/loan"
require "heapdump/outside/ruby_image"
require "heapdump/snapshot"
require "support/outside"
require "support/server"

# A process that does not see the extension, as in a container without the gem, gets a copy of it.
class TestLoan < HeapDumpTest
  EXTENSION = HeapDump::Extension.path
  UNSHARE = %w[unshare --mount --pid --fork --mount-proc sh -c].freeze
  HIDE = "mount -t tmpfs none #{File.dirname(EXTENSION)}".freeze
  PROGRAM = <<~'RUBY'
    $stdout.sync = true
    trap("USR1") { $stdout.syswrite("here, #{$LOADED_FEATURES.grep(/heapdump/).size}\n") }
    class Session; end
    KEPT = Array.new(7) { Session.new }
    puts "up"
    loop { sleep 0.01 }
  RUBY

  def setup
    super
    reason = Outside.unable || unable
    skip "SKIPPED: #{reason}" if reason
  end

  def unable
    return "needs root" unless Process.euid.zero?

    "no mounts of its own" unless system(*UNSHARE, HIDE, %i[out err] => File::NULL)
  rescue Errno::ENOENT
    "no unshare"
  end

  # Twice: the second time it has the extension already.
  def test_a_dump
    contained do |pid, out|
      2.times do |i|
        path = File.join(scratch, "heap#{i}.json")
        status, _, err = Outside.heapdump("take", pid, "-o", path)
        assert_equal [0, ""], [status, err.lines.grep(/^heapdump: (?!wrote)/).join], err
        assert_equal 7, HeapDump::Snapshot.open(path).histogram["Session"].objects
        assert_equal "here, 1\n", answer(pid, out)
        assert_empty Dir.children(scratch).grep(/\.heapdump/)
      end
      assert_match(/it gets a copy for as long as the dump takes/,
                   Outside.heapdump("doctor", pid)[1])
    end
  end

  def test_another_user
    File.chmod(0o777, scratch)
    contained(as: %w[setpriv --reuid 65534 --regid 65534 --clear-groups]) do |pid, out|
      path = File.join(scratch, "heap.json.gz")
      status, _, err = Outside.heapdump("take", pid, "-o", path)
      assert_equal 0, status, err
      assert_equal [65_534, 0o100600], [File.stat(path).uid, File.stat(path).mode]
      assert_equal "here, 1\n", answer(pid, out)
    end
  end

  # Where code may not be loaded from beside the dump, another directory is taken.
  def test_places_without_code
    inside = "mount -t tmpfs -o noexec none #{scratch} && #{HIDE}"
    contained(inside) do |pid, out|
      path = File.join(scratch, "heap.json")
      status, _, err = Outside.heapdump("take", pid, "-o", path)
      assert_equal 0, status, err
      assert_equal "here, 1\n", answer(pid, out)
    end
    everywhere = ["/var/tmp", "/tmp"].map { |dir| "mount -t tmpfs -o noexec none #{dir}" }
    contained([inside, *everywhere].join(" && ")) do |pid,|
      status, _, err = Outside.heapdump("take", pid, "-o", File.join(scratch, "heap.json"))
      assert_equal 1, status
      assert_match(%r{no code may be loaded from /tmp}, err)
    end
  end

  # Its root is no mount, so it does not know how that is mounted.
  def test_a_changed_root
    root = File.join(scratch, "root")
    contained(changed_root(root), as: ["chroot", root]) do |pid, out|
      target = HeapDump::Outside::Target.new(pid)
      assert_nil HeapDump::Outside::Loan.executable?(target, "/tmp")
      path = File.join(scratch, "heap.json")
      status, _, err = Outside.heapdump("take", pid, "-o", path)
      assert_equal 0, status, err
      assert_equal "here, 1\n", answer(pid, out)
      assert_empty Dir.children("#{root}/tmp")
    end
  end

  # Other commands read standard input where "-" is given.
  def test_no_standard_output
    Outside.with_process("sleep") do |pid|
      Dir.chdir(scratch) do
        status, _, err = Outside.heapdump("take", pid, "-o", "-")
        assert_equal [1, []], [status, Dir.children(".")]
        assert_match(/writes a file, no stream/, err)
      end
    end
  end

  # Read-only for the process alone, as systemd or Kubernetes make it.
  def test_a_read_only_root
    inside = "mount -o remount,bind,ro / && mount -t tmpfs none /tmp"
    contained("#{inside} && #{HIDE}") do |pid, out|
      2.times do
        status, _, err = Outside.heapdump("take", pid, "-o", File.join(scratch, "heap.json"))
        assert_equal 0, status, err
        assert_equal "here, 1\n", answer(pid, out)
      end
      assert_equal 0, Outside.heapdump("count", pid).first
    end
    contained("mount -o remount,bind,ro /") do |pid,|
      status, _, err = Outside.heapdump("take", pid, "-o", File.join(scratch, "heap.json"))
      assert_equal 1, status
      assert_match(%r{/tmp is read-only for it}, err)
    end
  end

  # What it needs is asked of the libraries that the process has, before it is touched.
  def test_libraries_that_do_not_fit
    image = HeapDump::Outside::RubyImage.find(HeapDump::Outside::Target.new(Process.pid))
    assert_empty image.lacking(EXTENSION)
    assert_nil HeapDump::Outside::Loan.obstacle(image, EXTENSION)
    bytes = File.binread(EXTENSION)
    newer = File.join(scratch, "newer.so")
    File.binwrite(newer, bytes.sub("GLIBC_2.2.5\0", "GLIBC_9.2.5\0"))
    assert_equal %w[GLIBC_9.2.5], image.lacking(newer)
    other = File.join(scratch, "other.so")
    File.binwrite(other, bytes.gsub("libc.so.6\0", "libd.so.6\0"))
    assert_includes image.lacking(other), "libd.so.6"
    assert_match(/lack libd.so.6/, HeapDump::Outside::Loan.obstacle(image, other))
  end

  # readelf says the same of versions, of files and of memory.
  def test_versions
    skip "SKIPPED: no readelf" unless system("readelf --version", out: File::NULL)
    target = HeapDump::Outside::Target.new(Process.pid)
    target.images.each do |parts, image|
      path = parts.first.path
      next unless File.file?(path)

      file = HeapDump::Outside::ELF.file(path)
      told = `readelf -V #{path} 2>/dev/null`
      assert_equal told.scan(/Rev: \d+  Flags: .*Name: (\S+)/).flatten, file.versions, path
      assert_equal told.scan(/Name: (\S+)  Flags/).flatten.sort,
                   file.versions_needed.values.flatten.sort, path
      assert_equal file.versions, image.versions, path
      assert_equal file.versions_needed, image.versions_needed, path
      assert_equal [`readelf -d #{path}`[/SONAME.*\[(.*)\]/, 1]], [image.soname], path
    end
  end

  # A list that never ends, of a process that lies.
  def test_a_list_without_an_end
    elf = HeapDump::Outside::ELF.file(EXTENSION)
    elf.stub(:at, ->(*) { [1].pack("L<") * 4 }) do
      assert_raises(HeapDump::Error) { elf.send(:records, 0, 16) }
    end
    elf.stub(:at, nil) { assert_raises(HeapDump::Error) { elf.send(:records, 0, 16) } }
  end

  private

  # Yields the number of a process that has mounts of its own, and its output.
  def contained(inside = HIDE, as: [])
    out, writer = IO.pipe
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
    pid = Process.spawn(environment, *UNSHARE, "#{inside} && exec \"$@\"", "sh", *as, *Child::RUBY,
                        "-W0", "-e", PROGRAM, out: writer, err: File::NULL, pgroup: true)
    writer.close
    assert_equal "up\n", out.gets
    yield Processes.children(pid).first, out
  ensure
    out.close
    Process.kill(:KILL, -pid)
    Process.wait(pid)
  end

  # Makes a root with all that a Ruby needs; returns the command that mounts it.
  def changed_root(root)
    FileUtils.mkdir_p("#{root}/tmp")
    needed = %w[/bin /lib /lib64 /usr /etc /dev /proc] << RbConfig::CONFIG["prefix"]
    parts = needed.uniq.select { |part| File.directory?(part) }
    links, directories = parts.partition { |part| File.symlink?(part) }
    links.each { |part| File.symlink(File.readlink(part), root + part) }
    directories.each { |part| FileUtils.mkdir_p(root + part) }
    directories.map { |part| "mount --rbind #{part} #{root}#{part}" }.join(" && ")
  end

  def answer(pid, out)
    Process.kill(:USR1, pid)
    out.gets if out.wait_readable(30)
  end
end

# frozen_string_literal: true

require "test_helper"
require "socket"
require "support/faults"

# Dumps to places where somebody else may write too.
class TestHostileDirectory < HeapDumpTest
  VICTIM = 65_534
  ATTACKER = 65_533
  ROUNDS = 6

  def path
    File.join(scratch, "heap.json")
  end

  def partial
    "#{path}.partial-#{Process.pid}"
  end

  # What no dump may ever write to.
  def bait
    @bait ||= File.join(scratch, "precious").tap { |file| File.write(file, "precious") }
  end

  def mode
    {}
  end

  def dump
    HeapDump.dump(path, gc: false, **mode)
  end

  def assert_refused(reason)
    error = assert_raises(HeapDump::WriteError) { dump }
    assert_equal [reason::Errno, path], [error.errno, error.path]
    assert_includes error.message, path
  end

  def assert_dumped
    dump
    stat = File.lstat(path)
    assert_equal [true, 0o600, 1], [stat.file?, stat.mode & 0o7777, stat.nlink]
    assert Faults.whole?(path)
    assert_empty Dir.glob("#{path}.partial-*")
  end

  def test_targets_that_are_no_files
    {
      Errno::ELOOP => -> { File.symlink(bait, path) },
      Errno::EISDIR => -> { Dir.mkdir(path) },
      Errno::EEXIST => -> { File.mkfifo(path) }
    }.each do |reason, make|
      make.call
      before = File.lstat(path)
      assert_refused(reason)
      assert_equal [before.ino, before.ctime], [File.lstat(path).ino, File.lstat(path).ctime]
      FileUtils.rm_rf(path)
    end
    assert_equal "precious", File.read(bait)
  end

  def test_a_symlink_to_what_is_not_there
    File.symlink("#{bait}.new", path)
    assert_refused(Errno::ELOOP)
    refute File.exist?("#{bait}.new")
  end

  def test_a_socket
    UNIXServer.open(path) do |server|
      assert_refused(Errno::EEXIST)
      assert_predicate File.lstat(path), :socket?
      server.close
    end
  end

  def test_a_device
    skip "SKIPPED: only root can make devices" unless Process.uid.zero?
    skip "SKIPPED: no devices here" unless system("mknod", path, "c", "1", "3", err: File::NULL)
    assert_refused(Errno::EEXIST)
    assert_predicate File.lstat(path), :chardev?
  end

  # The other name keeps what it has.
  def test_a_target_with_a_second_name
    File.link(bait, path)
    assert_dumped
    assert_equal ["precious", 1], [File.read(bait), File.stat(bait).nlink]
  end

  def test_a_target_that_all_may_read
    File.write(path, "old")
    File.chmod(0o666, path)
    assert_dumped
  end

  # Nobody's leftover: it is not written to, and not taken away.
  def test_partial_names_that_are_taken
    {
      Errno::ELOOP => -> { File.symlink(bait, partial) },
      Errno::EISDIR => -> { Dir.mkdir(partial) },
      Errno::ENXIO => -> { File.mkfifo(partial) }
    }.each do |reason, make|
      make.call
      assert_refused(reason)
      assert File.symlink?(partial) || File.exist?(partial)
      FileUtils.rm_rf(partial)
    end
    assert_equal "precious", File.read(bait)
  end

  def test_a_partial_name_with_a_second_name
    File.link(bait, partial)
    assert_dumped
    assert_equal "precious", File.read(bait)
  end

  def test_a_file_of_somebody_else_under_the_partial_name
    skip "SKIPPED: needs root" unless Process.uid.zero?
    File.write(partial, "the attacker's")
    File.chown(ATTACKER, ATTACKER, partial)
    assert_refused(Errno::EEXIST)
    assert_equal "the attacker's", File.read(partial)
  end

  # The victim dumps again and again while the attacker puts things in its way. With the sticky bit
  # he cannot take away what is the victim's; without, whatever he does, nothing is read by him or
  # written where it should not be.
  { "sticky" => 0o1777, "open" => 0o777 }.each do |name, bits|
    define_method("test_an_attacker_in_a_directory_that_is_#{name}") do
      skip "SKIPPED: needs root" unless Process.uid.zero?
      directory = File.join(scratch, "shared")
      Dir.mkdir(directory)
      File.chmod(bits, directory)
      File.chmod(0o711, scratch)
      File.chown(VICTIM, VICTIM, bait)
      victim = attacked(directory)
      assert_equal ROUNDS, victim.lines.size, victim
      assert_empty victim.lines.grep_v(/\A(whole|WriteError|ChildDied)/)
      assert_equal ["precious", VICTIM], [File.read(bait), File.stat(bait).uid]
      refute File.exist?("#{bait}.new")
    end
  end

  # Returns what the victim has to say of each of its dumps.
  def attacked(directory)
    stop = File.join(scratch, "stop")
    attacker = Thread.new do
      Child.ruby!(<<~'RUBY', directory, bait, stop, ATTACKER.to_s)
        require "support/attacker"
        Process::UID.change_privilege(ARGV[3].to_i)
        guesses = [*(Process.pid..Process.pid + 40)].map { |pid| "heap.json.partial-#{pid}" }
        Attacker.new(ARGV[0], ARGV[1], /\Aheap/, ["heap.json", *guesses]).run(ARGV[2])
      RUBY
    end
    wait_until("the attacker has begun") { Dir.children(directory).any? }
    victim = Child.ruby!(VICTIMS_CODE, directory, ROUNDS.to_s, VICTIM.to_s, mode.inspect).out
    File.write(stop, "")
    tricks = attacker.value.out.lines
    assert_none tricks.grep(/\ALOOT/), "dumps that others could read"
    %w[symlink file fifo].each { |trick| assert(tricks.grep(/\A#{trick}=[1-9]/).any?, trick) }
    victim
  ensure
    File.write(stop, "")
    attacker&.join
  end

  # In the sticky directory nobody can have changed a dump that has succeeded.
  VICTIMS_CODE = <<~'RUBY'
    require "heapdump"
    require "support/faults"
    Process::UID.change_privilege(ARGV[2].to_i)
    directory, rounds, _, mode = ARGV
    sticky = File.stat(directory).sticky?
    rounds.to_i.times do |i|
      path = File.join(directory, "heap.json")
      begin
        File.unlink(path) if i.odd? && File.lstat(path).owned?
      rescue SystemCallError
        nil
      end
      begin
        HeapDump.dump(path, gc: false, **eval(mode))
        stat = File.lstat(path)
        if sticky
          good = stat.file? && stat.owned? && stat.mode & 0o777 == 0o600 && Faults.whole?(path)
          abort "not as it was written: #{stat.inspect}" unless good
        end
        puts "whole"
      rescue HeapDump::WriteError, HeapDump::ChildDied => e
        puts "#{e.class.name[/\w+\z/]} #{e.message}"
      rescue Errno::ENOENT
        raise if sticky
        puts "whole" # and gone again
      end
    end
  RUBY

  # The directory is another one when the dump is whole.
  def test_the_directory_is_replaced_meanwhile
    skip "under stress the dump is over before anybody looks" if GCRegime::NAME == "stress"
    out = Child.ruby!(<<~'RUBY', scratch, mode.inspect).out
      require "support/faults"
      inner, elsewhere, moved = %w[inner elsewhere moved].map { |name| File.join(ARGV[0], name) }
      [inner, elsewhere].each { |directory| Dir.mkdir(directory) }
      Faults.begin(File.join(inner, "heap.json"))
      pending = Faults.dump_async
      bystander = nil
      Faults.midway(pending) do
        bystander = File.join(elsewhere, File.basename(Faults.partials.first))
        File.write(bystander, "somebody else's")
        File.rename(inner, moved)
        File.symlink(elsewhere, inner)
      end
      begin
        pending.result
      rescue HeapDump::WriteError => e
        puts e.message
      end
      puts File.read(bystander), Dir.children(elsewhere).size
      puts Dir.children(moved).sum { |name| File.size(File.join(moved, name)) }
    RUBY
    lines = out.lines(chomp: true)
    assert_match(/heap.json: .*(replaced|removed)/, lines.shift)
    assert_equal ["somebody else's", "1", "0"], lines
  end
end

# The same without forked processes.
class TestHostileDirectoryInProcess < TestHostileDirectory
  # Nobody can come between there.
  undef_method :test_the_directory_is_replaced_meanwhile

  def mode
    { fork: false }
  end
end

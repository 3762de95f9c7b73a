# frozen_string_literal: true

require "test_helper"
require "heapdump/watch/engine"
require "objspace"
require "support/kernel_tree"

# Files of the kernel that a watch keeps open from look to look, in a process that may do anything
# with its descriptors.
class TestKeptFile < HeapDumpTest
  def path
    @path ||= File.join(scratch, "memory.current")
  end

  def kept(path = self.path)
    HeapDump::Watch::KeptFile.new(path)
  end

  def write(text, to = path)
    File.write(to, text)
  end

  # The numbers of descriptors of this process that are open for +path+.
  def descriptors(path = self.path)
    Dir.children("/proc/self/fd").map(&:to_i).select do |number|
      File.readlink("/proc/self/fd/#{number}") == path
    rescue SystemCallError
      false
    end
  end

  # As a program that becomes a daemon: what Ruby knows of the descriptor stays as it is.
  def close_behind(number)
    IO.for_fd(number).close
  end

  # What gets the same number: the system gives the least one that is free.
  def taken_over(number, path)
    spare = []
    spare << File.new(path) until spare.last&.fileno == number
    spare.pop.tap { spare.each(&:close) }
  end

  def test_it_is_opened_once_and_read_anew_each_time
    write("1\n")
    file = kept
    assert_empty descriptors
    assert_equal "1\n", file.read
    write("23\n")
    assert_equal "23\n", file.read
    assert_equal 1, descriptors.size
    file.close
    assert_empty descriptors
    assert_equal "23\n", file.read
    file.close
    file.close
  end

  def test_it_reads_what_the_kernel_says_now
    file = kept("/proc/self/stat")
    assert_equal Process.pid, file.read.to_i
    assert_equal Process.pid, file.read.to_i
    file.close
  end

  def test_a_file_that_comes_and_goes
    file = kept
    assert_nil file.read
    write("1\n")
    assert_equal "1\n", file.read
    File.unlink(path)
    assert_nil file.read
    assert_empty descriptors("#{path} (deleted)"), "it is not kept"
    write("2\n")
    assert_equal "2\n", file.read
    write("3\n", "#{path}.new")
    File.rename("#{path}.new", path)
    assert_equal "3\n", file.read
    file.close
  end

  def test_what_cannot_be_read
    [scratch, File.join(path, "below")].each do |name|
      file = kept(name)
      2.times { assert_nil file.read }
      file.close
    end
    write("")
    assert_nil kept.read
  end

  def test_a_program_that_closes_all_objects
    write("1\n")
    file = kept
    file.read
    ObjectSpace.each_object(File) { |one| one.close if !one.closed? && one.path == path }
    assert_empty descriptors
    assert_equal "1\n", file.read
    file.close
  end

  def test_a_descriptor_that_is_closed
    write("1\n")
    file = kept
    file.read
    close_behind(descriptors.first)
    assert_equal "1\n", file.read
    assert_equal 1, descriptors.size
    number = descriptors.first
    close_behind(number)
    file.close
    taken = taken_over(number, path)
    GC.start
    assert_equal "1\n", taken.read
    taken.close
  end

  # Its number belongs to somebody else: a number is there, too, and it is not to be closed.
  def test_a_descriptor_that_is_another_files_now
    write("1\n")
    other = File.join(scratch, "other")
    write("666\n", other)
    %i[read close].each do |what|
      file = kept
      file.read
      number = descriptors.first
      close_behind(number)
      taken = taken_over(number, other)
      file.public_send(what)
      GC.start
      assert_equal "1\n", file.read
      assert_equal "666\n", taken.read
      [taken, file].each(&:close)
    end
  end

  # What the next reading would have to copy.
  def test_numbers_that_are_found_share_no_text
    machine = HeapDump::Watch::Machine.new
    processes = machine.processes
    2.times do
      machine.memory
      processes.own
      files = [machine.instance_variable_get(:@meminfo), processes.instance_variable_get(:@own)]
      texts = files.map { |file| file.instance_variable_get(:@text) }
      refute_includes texts.map { |text| ObjectSpace.dump(text) }.join, "\"shared\":true"
    end
    [machine, processes].each(&:close)
  end

  NUMBERS = [
    ["MemTotal: 8 kB\nMemAvailable: 6 kB\n", [2 << 10, 8 << 10]],
    ["MemAvailable:6 kB\nMemTotal:#{" " * 20}8 kB", [2 << 10, 8 << 10]],
    ["MemTotal: #{"9" * 20} kB\nMemAvailable: 0 kB\n", [("9" * 20).to_i << 10] * 2],
    ["MemTotal: #{"9" * 21} kB\nMemAvailable: 0 kB\n", nil],
    ["MemTotal: 8 kB\nMemAvailable: 6", nil], # a short reading
    ["MemTotal: 8 kB\nMemAvailable: 6 k\n", nil],
    ["MemTotal: 8 kB\nMemAvailable: 6 kBytes\n", nil],
    ["MemTotal: 8 kB\nMemAvailable: -6 kB\n", nil],
    ["MemTotal: 8 kB\nMemAvailable:\n6 kB\n", nil],
    ["MemTotal: 8 kB\nNoMemAvailable: 6 kB\n", nil],
    ["MemAvailable: 6 kB\n", nil],
    ["MemTotal: 8 kB", nil],
    ["", nil],
    ["\xFF\0MemTotal: 8 kB\nMemAvailable: 6 kB\n", nil]
  ].freeze

  def test_numbers_of_a_kept_text
    tree = KernelTree.new(scratch)
    machine = HeapDump::Watch::Machine.new(root: tree.root)
    NUMBERS.each do |text, expected|
      tree.put("/proc/meminfo", text)
      expected.nil? ? assert_nil(machine.memory, text) : assert_equal(expected, machine.memory)
    end
    tree.remove("/proc/meminfo")
    assert_nil machine.memory
  end

  # Its line is kept from look to look.
  def test_a_whole_memory_that_changes
    tree = KernelTree.new(scratch)
    machine = HeapDump::Watch::Machine.new(root: tree.root)
    [8, 8, 88, 8, 80].each do |total|
      tree.put("/proc/meminfo", "MemTotal: #{total} kB\nMemAvailable: 6 kB\n")
      assert_equal [(total - 6) << 10, total << 10], machine.memory
    end
    tree.put("/proc/meminfo", "MemTotal: 80 kBytes\nMemAvailable: 6 kB\n")
    assert_nil machine.memory
  end

  PAGES = { "9 7 5 1 0\n" => 7, "9 #{"8" * 20} 1\n" => ("8" * 20).to_i,
            "9 #{"8" * 21} 1\n" => nil, "9 7" => nil, "9 7 " => nil, "9" => nil, "" => nil,
            "9\t7 7 1\n" => nil, "9 x 7\n" => nil, " 7 7 7\n" => nil }.freeze

  def test_pages_of_a_kept_text
    tree = KernelTree.new(scratch)
    page = Etc.sysconf(Etc::SC_PAGESIZE)
    own = HeapDump::Watch::Machine.new(root: tree.root).processes
    PAGES.each do |text, expected|
      tree.put("/proc/self/statm", text)
      expected ? assert_equal(expected * page, own.own) : assert_nil(own.own, text)
    end
    tree.remove("/proc/self")
    assert_nil own.own
  end

  # Of a look: the numbers of this process, and not those of its parent.
  def test_a_forked_child
    parent = HeapDump::Watch::Gauge.new(HeapDump::Watch::Machine.new)
    parent.refresh
    large = parent.resident + (64 << 20)
    reader, writer = IO.pipe
    pid = fork do
      memory = "x" * (128 << 20)
      parent.refresh
      writer.write(parent.resident > large, descriptors("/proc/#{Process.ppid}/statm").size,
                   memory.size)
      exit!(0)
    end
    Process.wait(pid)
    writer.close
    assert_equal "true0#{128 << 20}", reader.read
  ensure
    parent.close
  end

  # A watch that has ended leaves no descriptor.
  def test_an_engine_that_ends
    tree = KernelTree.new(File.join(scratch, "kernel"))
    tree.membership("0::/web\n")
    tree.process(Process.pid, as_self: true)
    tree.group_two("/web", used: 100, limit: 1000)
    options = HeapDump::Watch::Options.new({ to: File.join(scratch, "heaps"), dry: true })
    on = HeapDump::Watch::On.new(options.directory).usual
    machine = HeapDump::Watch::Machine.new(root: tree.root)
    files = %w[/proc/self/statm /proc/meminfo /sys/fs/cgroup/web/memory.current]
    %i[stop close forget].each do |ends|
      watch = HeapDump::Watch::Engine.new(options, on, machine: machine)
      2.times { watch.look }
      open = files.map { |name| descriptors(tree.path(name)).size }
      assert_equal [1, 1, 1], open
      watch.public_send(ends)
      assert_equal([0, 0, 0], files.map { |name| descriptors(tree.path(name)).size }, ends.to_s)
    end
  end
end

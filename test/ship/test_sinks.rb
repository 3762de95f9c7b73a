# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/shippable"

# Addresses, and the sinks for directories and commands.
class TestShipSinks < HeapDumpTest
  include Shippable

  def sink(address)
    HeapDump::Ship.sink(address)
  end

  def assert_refused(message, address)
    error = assert_raises(HeapDump::Error, address) { sink(address) }
    assert_match message, error.message
    refute_includes error.message, "topsecret"
  end

  def test_a_directory
    path = dump("series-h-1-x/a.json")
    [to, "file:#{to}", "file://#{to}"].each do |address|
      ship(sink(address))
      assert_equal %w[series-h-1-x/a.json series-h-1-x/a.json.manifest.json], files(to)
      assert_equal sha256(path), sha256("#{to}/series-h-1-x/a.json")
      assert_equal 0o600, File.stat("#{to}/series-h-1-x/a.json").mode & 0o777
      assert_equal "#{to}/series-h-1-x/a.json", mark(path, ".shipped")["address"]
      FileUtils.rm_rf("#{to}/series-h-1-x")
      File.unlink("#{path}.shipped")
    end
  end

  # Linux allows any bytes in a name.
  def test_names_that_are_no_text
    path = dump("b\xFF\n.json".b)
    assert_empty ship(sink(to)).failures
    assert_equal sha256(path), sha256("#{to}/b\xFF\n.json".b)
    assert_equal "#{to}/b\\xFF\n.json", mark(path, ".shipped")["address"]
  end

  # What a try that was killed has left is no dump, and does not stay.
  def test_a_directory_with_the_rest_of_a_try
    path = dump("a.json")
    File.write("#{to}/a.json.partial-0", "half")
    ship(sink(to))
    assert_equal %w[a.json a.json.manifest.json], files(to)
    File.unlink("#{path}.shipped")
    assert_equal 1, ship(sink(to)).shipped_dumps.size # it is there, and the same
    File.write("#{to}/a.json", "another")
    File.unlink("#{path}.shipped")
    assert_match(/another file/, ship(sink(to), pauses: []).failures.first[1])
    assert_equal "another", File.read("#{to}/a.json")
  end

  # A watch has written the manifest anew after it was shipped.
  def test_a_directory_with_another_manifest
    path = dump("a.json")
    ship(sink(to))
    stored = File.read("#{to}/a.json.manifest.json")
    File.unlink("#{path}.shipped")
    File.write("#{path}.manifest.json", JSON.generate(version: 1, rule: "memory"))
    told = ship(sink(to), pauses: [])
    assert_equal [[], 1], [told.failures, told.shipped_dumps.size]
    assert_equal stored, File.read("#{to}/a.json.manifest.json")
  end

  # Of another machine, whose dump has the same name.
  def test_a_directory_into_which_another_writes
    dump("a.json")
    File.open("#{to}/a.json.partial-0", "w") do |other|
      other.flock(File::LOCK_EX)
      other.write("half") && other.flush
      assert_match(/another process writes/, ship(sink(to), pauses: []).failures.first[1])
      assert_equal "half", File.read("#{to}/a.json.partial-0")
    end
    assert_equal 1, ship(sink(to), &:retry_failed).shipped_dumps.size
    assert_equal %w[a.json a.json.manifest.json], files(to)
  end

  def test_a_directory_that_cannot_be_written
    dump("a.json")
    full = ->(*) { raise Errno::ENOSPC }
    IO.stub(:copy_stream, full) do
      assert_equal "#{to}: the disk is full", ship(sink(to), pauses: []).failures.first[1]
    end
    assert_empty files(to)
    FileUtils.rm_rf(to)
    assert_match(/no such file/, ship(sink_without(to), &:retry_failed).failures.first[1])
  end

  # A sink for a directory that vanishes then.
  def sink_without(directory)
    FileUtils.mkdir_p(directory)
    sink(directory).tap { FileUtils.rm_rf(directory) }
  end

  def test_a_directory_behind_a_link
    dump("a.json")
    File.symlink("/etc/passwd", "#{to}/a.json.partial-0")
    assert_match(/symbolic link/, ship(sink(to), pauses: []).failures.first[1])
  end

  def test_a_command
    path = dump("series-web.1-7-x/a_b+c@d:e.json")
    address = "exec:: 'é'; mkdir -p #{to}/series-web.1-7-x; cat > '#{to}/'%{name} && " \
              "echo $HEAPDUMP_SHA256 >> \"#{to}/%{name}.sum\""
    assert_empty ship(sink(address)).failures
    stored = "#{to}/series-web.1-7-x/a_b+c@d:e.json"
    assert_equal sha256(path), sha256(stored)
    assert_equal "#{sha256(path)}\n", File.read("#{stored}.sum")
    assert_equal "exec::", mark(path, ".shipped")["address"]
  end

  # In a command that has such bytes itself.
  def test_names_for_a_command
    names = ["b\xFF\n';`x`.json".b, "ü.json", "it's a $(touch x) dump.json"]
    names.each { |name| dump(name) }
    assert_empty ship(sink("exec:: 'é' && cat > \"#{to}/$HEAPDUMP_NAME\"")).failures
    assert_equal names.map(&:b).sort, files(to).map(&:b).grep_v(/manifest/n).sort
  end

  # A quote, a line break or a second shell would make a command of a part of such a name.
  def test_names_that_are_commands
    names = ["a';exit 0;'.json", "a\n\nexit 0\n.json", "a;exit 0;.json", "a$(id).json",
             "a`id`.json", "-x.json", "a b.json", "~.json", "a*.json", "\xFF.json".b,
             "ü.json", "a\\.json", "a\".json"]
    names.each { |name| dump(name) }
    ["cat > '/dev/null'; : '%{name}'", "sh -c 'cat > /dev/null; : %{name}'",
     "cat > /dev/null; : \"%{name}\"", "cat > /dev/null; : %{name}"].each do |command|
      told = ship(sink("exec:#{command}"), pauses: [], &:retry_failed)
      assert_equal names.size, told.failures.size
      assert_match(/"\$HEAPDUMP_NAME", with the quotes/, told.failures[0][1])
      assert_empty told.shipped_dumps
    end
  end

  # What is a link by now is not sent.
  def test_a_link_for_a_command
    path = dump("a.json")
    File.symlink(path, "#{scratch}/link")
    error = assert_raises(HeapDump::Error) { sink("exec:cat").call("#{scratch}/link", {}) }
    assert_match(/symbolic link/, error.message)
  end

  def test_a_command_that_fails
    dump("a.json")
    { "exec:echo why >&2; exit 3" => "exec:echo: exit status 3: why",
      "exec:kill -9 $$" => "exec:kill: killed by SIGKILL",
      "exec:curl-that-is-not-there --password topsecret" => /exec:curl-that-is-not-there: exit/,
      "exec:false | cat > /dev/null" => "exec:false: exit status 1" }.each do |address, message|
      told = ship(sink(address), pauses: [], &:retry_failed)
      assert_match message, told.failures.first[1]
      assert_empty told.shipped_dumps
    end
  end

  # Only the end of what it says.
  def test_a_command_that_says_much
    dump("a.json")
    told = ship(sink("exec:yes | head -c 1000000; exit 1"), pauses: [])
    assert_operator told.failures.first[1].bytesize, :<, 1000
  end

  def test_a_command_that_never_ends
    dump("a.json")
    endless = HeapDump::Ship::Command.new("sleep 1000 & sleep 1000", longest: 0.2)
    begun = now
    told = ship(endless, pauses: [])
    assert_operator now - begun, :<, 20 * Child::PATIENCE
    assert_match(/took longer than 0.2 s/, told.failures.first[1])
  end

  # Where the shell has no pipefail, nobody would notice that age has failed.
  def test_a_pipe_that_nobody_could_trust
    Dir.mkdir("#{scratch}/bin")
    File.write("#{scratch}/bin/sh",
               "#!/bin/dash\n[ \"$1\" = -o ] && exit 2\nexec /bin/dash \"$@\"\n")
    File.chmod(0o755, "#{scratch}/bin/sh")
    with_env("PATH" => "#{scratch}/bin") do
      assert_refused(/pipefail/, "exec:age | cat")
      assert sink("exec:true || false")
    end
  end

  # As in an image that has nothing but the program.
  def test_a_command_where_there_is_no_shell
    path = ENV.fetch("PATH")
    ENV["PATH"] = scratch
    ["exec:cat", "exec:age | cat"].each do |address|
      assert_refused(/\Aexec: needs a shell, and neither bash nor sh is in PATH/, address)
    end
  ensure
    ENV["PATH"] = path
  end

  def test_addresses_of_the_environment
    with_env("HEAPDUMP_TO" => to) { assert_equal to, sink("env:HEAPDUMP_TO").to_s }
    with_env("HEAPDUMP_TO" => "env:OTHER") { assert_refused(/another variable/, "env:HEAPDUMP_TO") }
    with_env("HEAPDUMP_TO" => nil) { assert_refused(/not set/, "env:HEAPDUMP_TO") }
  end

  def test_wrong_addresses
    { "" => /empty/, "topsecret" => /no kind/, "ftp://topsecret@x" => /no sink for ftp/,
      "gs://bucket" => /rails:SERVICE/, "az://x" => /rails:SERVICE/, "exec: " => /a command/,
      "file:topsecret" => /begins with a slash/, "/missing" => /no directory/,
      "rails:" => /name of a service/, "exec:a\nb" => /line break/ }.each do |address, message|
      assert_refused(message, address)
    end
    %w[gs s3 file].each { |kind| assert_refused(//, "#{kind}:") }
  end
end

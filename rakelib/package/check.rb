# frozen_string_literal: true

# Installs a built gem where no other is, and uses it as a user would: a dump, an analysis, the
# command, the plugin of Puma. Needs Ruby, its headers and a compiler alone, and runs as anybody.
#
#   ruby rakelib/package/check.rb DIRECTORY system   with the libyajl of the system
#   ruby rakelib/package/check.rb DIRECTORY gem      with that of the gem libyajl2
#
# The directory holds the gem and all that it needs. Where Puma is among them, it is dumped by its
# plugin.

require "fileutils"
require "json"
require "open3"
require "rbconfig"
require "tmpdir"

# One installation, in a directory of its own.
class Check
  PROGRAM = <<~'RUBY'
    require "heapdump"
    class Session; def initialize(number) = @number = [number.to_s]; end
    KEPT = []
    3.times do |i|
      2000.times { |number| KEPT << Session.new(number) }
      HeapDump.dump("#{i + 1}.json")
    end
    puts HeapDump.dump("heap.json.gz", fork: false).objects
    puts HeapDump.counts(["Session"])["user_types"]
  RUBY

  def initialize(directory, yajl)
    @gems = Dir[File.expand_path("*.gem", directory)]
    @yajl = yajl
  end

  def run
    Dir.mktmpdir("heapdump-package") do |directory|
      @directory = directory
      Dir.chdir(directory) { steps }
    end
    puts "  fine"
  end

  private

  def steps
    show "Ruby #{RUBY_VERSION}, user #{Process.uid}, the libyajl of the #{@yajl}"
    @gems.partition { |file| !File.basename(file).start_with?("heapdump") }.each do |gems|
      command("gem", "install", "--local", "--no-document", *gems)
    end
    show command("gem", "list", "--local").lines.grep(/heapdump|yajl/).map(&:strip).join(", ")
    libyajl
    capabilities
    dump
    read
    outside
    puma if @gems.grep(/puma-/).any?
  end

  # Nothing of the gems that are here already, nor of bundler.
  def environment
    home = File.join(@directory, "gems")
    kept = ENV.to_h.grep(/proxy\z|\A(LANG|SSL_)/i).to_h
    kept.merge("GEM_HOME" => home, "GEM_PATH" => home, "HOME" => @directory,
               "PATH" => "#{home}/bin:#{RbConfig::CONFIG["bindir"]}:#{ENV.fetch("PATH")}")
  end

  def command(*command, expect: true)
    output, status = Open3.capture2e(environment, *command, unsetenv_others: true)
    return output if status.success? == expect

    abort "#{command.join(" ")}: #{status}\n#{output}"
  end

  def installed(pattern)
    Dir.glob("#{@directory}/gems/gems/heapdump-*/#{pattern}")
  end

  def libyajl
    reader = installed("lib/heapdump/heapgraph.so").first or abort "no heapgraph.so"
    library = command("ldd", reader)[/libyajl\S* => (\S+)/, 1] or abort "no libyajl"
    of_gem = library.start_with?(@directory)
    abort "it uses #{library}" unless of_gem == (@yajl == "gem")

    show "heapgraph.so uses #{library.delete_prefix("#{@directory}/")}"
    command("ldd", installed("lib/heapdump/heapdump.so").first).match?(/yajl/) and
      abort "the dumper needs libyajl"
  end

  # Each way to load it finds all that its document names, but what other Rubies alone can give.
  def capabilities
    section = File.read(installed("docs/format.md").first)[/^## Capabilities\n(.*?)^## /m, 1]
    wanted = section.scan(/^\| `(\w+)` \|/).flatten
    wanted -= %w[fiber_storage] if RUBY_VERSION < "3.2"
    wanted -= RUBY_VERSION < "4.0" ? %w[set remembered] : %w[vm_fields]
    ways_to_load.each do |arguments|
      found = command("ruby", *arguments).split
      lacking = wanted - found
      abort "ruby #{arguments.join(" ")}: without #{lacking.join(", ")}" if lacking.any?
    end
    show "#{wanted.size} capabilities, loaded in #{ways_to_load.size} ways"
  end

  def ways_to_load
    tell = "puts HeapDump.capabilities"
    File.write("Gemfile", "gem 'heapdump'\n")
    [["-rheapdump", "-e", tell],
     ["-e", "require 'heapdump'; #{tell}"],
     ["-e", "def r = [1].each { require 'heapdump' }; r; #{tell}"],
     ["-e", "def r; raise 'x'; rescue; require 'heapdump'; end; r; #{tell}"],
     ["-rbundler/setup", "-e", "Bundler.require; #{tell}"],
     ["-rbundler/setup", "-e", "require 'heapdump'; #{tell}"]]
  end

  def dump
    File.write("program.rb", PROGRAM)
    output = command("ruby", "-w", "program.rb")
    abort output unless output.include?('{"Session"=>6000}') || output.include?('"Session" => 6000')
    show "#{output.lines.first.strip} objects dumped"
  end

  def read
    command("heapdump", "--version")
    command("heapdump", "verify", "heap.json.gz")
    expect("summary", "1.json", /Session/)
    expect("why", "3.json", "Session", /constant KEPT/)
    expect("leaks", "1.json", "2.json", "3.json", /^1\. Session  2,000 → 4,000 → 6,000/)
    command("ruby", "-e", <<~'RUBY')
      require "heapdump/snapshot"
      snapshot = HeapDump::Snapshot.open("3.json")
      exit(snapshot.histogram(by: :class)["Session"].objects == 6000)
    RUBY
    show "summary, why and leaks answer"
  end

  # By the program that was built, where this user may trace at all.
  def outside
    pid = Process.spawn(environment, "ruby", "-e", "sleep", unsetenv_others: true)
    await("a Ruby to start") { File.read("/proc/#{pid}/maps").include?("ruby") }
    found = JSON.parse(Open3.capture2(environment, "heapdump", "doctor", pid.to_s, "--json",
                                      unsetenv_others: true).first).dig("ways", "ptrace")
    program = found["checks"].first
    abort "no attach: #{program}" unless program["ok"]
    return show "attach is installed; nobody may trace here" unless found["works"]

    expect("take", pid.to_s, "-o", "taken.json", /by ptrace/)
    command("heapdump", "verify", "taken.json")
    show "a process was dumped by ptrace"
  ensure
    Process.kill(:KILL, pid) && Process.wait(pid) if pid
  end

  def expect(*arguments, pattern)
    output = command("heapdump", *arguments)
    return if output =~ pattern

    abort "heapdump #{arguments.join(" ")}: no #{pattern.inspect} in\n#{output}"
  end

  def puma
    File.write("puma.rb", <<~RUBY)
      bind "unix://#{@directory}/socket"
      threads 1, 1
      plugin "heapdump"
      app { |_env| [200, {}, ["ok"]] }
    RUBY
    settings = { "HEAPDUMP_DIR" => @directory, "HEAPDUMP_SIGNAL" => "URG" }
    pid = Process.spawn(environment.merge(settings), "puma", "-C", "puma.rb",
                        %i[out err] => ["puma.log", "w"], unsetenv_others: true)
    signalled(pid)
  ensure
    Process.kill(:KILL, pid) && Process.wait(pid) if pid
  end

  # Single mode: Puma's own USR2 restarts it.
  def signalled(pid)
    await("Puma to start") { File.read("puma.log").include?("Ctrl-C") }
    await("its handler") { File.read("/proc/#{pid}/maps").include?("memfd:heapdump:URG:") }
    Process.kill(:URG, pid)
    dump = await("the dump") { Dir.glob("heap-*.json{,.zst}").first }
    command("heapdump", "verify", dump)
    show "Puma has found its plugin and dumped at a signal"
  end

  def await(what, seconds = 60)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until (result = yield)
      late = Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      abort "waited for #{what}:\n#{File.read("puma.log")}" if late
      sleep 0.05
    end
    result
  end

  def show(text)
    puts "  #{text}"
  end
end

$stdout.sync = true
Check.new(*ARGV).run

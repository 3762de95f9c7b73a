# frozen_string_literal: true

# How fast dumps are read and asked, beside heapy, sheap, heap-profiler and (if it is in the PATH)
# harb on the same heap in the same run:
#
#   bundle exec ruby -Ilib bench/analyze.rb                   30,000 sessions, no larger heap
#   bundle exec ruby -Ilib bench/analyze.rb 300000            2.1 million objects
#   bundle exec ruby -Ilib bench/analyze.rb 300000 10000000   and one of 10 million objects for us
#   bundle exec ruby -Ilib bench/analyze.rb 0 1000000 5000000 --no-peers      these sizes alone
#
# Each reading is a process of its own; what is told is its wall time, its peak memory (VmHWM), and
# that without mapped files (RssAnon, looked up every few milliseconds), also as a part of the file
# and per object; then what it has touched of the index and other files: mapped (RssFile), and by
# read(). A contender that fails or takes longer than ten minutes is told as that. Files lie in a
# directory under TMPDIR that is removed: about 4 GB for 300,000 sessions and 10 million objects.

require "etc"
require "fileutils"
require "json"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

module AnalyzeBench
  LIB = File.expand_path("../lib", __dir__)
  PARTS = File.join(__dir__, "analyze")
  LIMIT = 600 # seconds for one reading
  PER_SESSION = 7 # objects

  # What dumps there are; bench/analyze/make.rb makes them. The last is ObjectSpace.dump_all's.
  DUMPS = %w[heap.json heap.json.zst all.json].freeze

  PEERS = {
    "heapy" => "read FILE",
    "sheap" => "load, inverse references, one path",
    "heap_profiler" => "index, analyze",
    "harb" => "load, dominators, summary"
  }.freeze

  # One reading: seconds, peak bytes with and without mapped files, of these files, and of what it
  # has read, and what it has answered.
  Reading = Struct.new(:seconds, :peak, :anonymous, :mapped, :read, :answer)

  module_function

  # `large` are numbers of objects of further heaps.
  def run(sessions, large, peers:)
    puts "#{RUBY_DESCRIPTION}, #{Etc.nprocessors} processors"
    Dir.mktmpdir("heapdump-bench") do |directory|
      bench_sessions(directory, sessions, peers) if sessions.positive?
      large.each { |objects| bench_large(directory, objects) }
    end
  end

  def bench_sessions(directory, sessions, peers)
    make(directory, sessions, DUMPS)
    files = DUMPS.to_h { |name| [name, File.join(directory, name)] }
    puts "", "#{sessions} sessions: #{sizes(files)}"
    head
    ours = files.map { |name, path| [name, read("ours", path, "--no-index")] }
    ours.each { |name, reading| told("heapdump #{name}", reading, files[name]) }
    index(files["heap.json"])
    commands(files["heap.json"])
    agree(ours, sessions)
    bench_peers(files["all.json"]) if peers
  end

  def bench_large(directory, objects)
    FileUtils.rm_f(Dir[File.join(directory, "*")])
    make(directory, objects / PER_SESSION, ["heap.json"])
    path = File.join(directory, "heap.json")
    puts "", "#{objects} objects: #{sizes("heap.json" => path)}"
    head
    told("heapdump heap.json", read("ours", path, "--no-index"), path)
    index(path)
    commands(path)
  end

  # In a process of its own, so that this one stays small.
  def make(directory, sessions, names)
    command = [RbConfig.ruby, "-W0", "-I", LIB, File.join(PARTS, "make.rb"), directory,
               sessions.to_s, *names]
    system(*command, exception: true)
  end

  # What is kept beside a dump: written once, opened after that.
  def index(path)
    told("heapdump, index written", read("ours", path, "--index"), path)
    opened = read("ours", path, "--index")
    told("heapdump, index opened", opened, path)
    size = File.size("#{path}.hdidx")
    puts format("  index: %.1f MB, %.2f of the dump, %.1f bytes per object", size / 1e6,
                size.fdiv(File.size(path)), size.fdiv(opened.answer.fetch("objects")))
  end

  # As a user waits for them, the start of Ruby included.
  def commands(path)
    address = read("ours", path, "--index").answer.fetch("address")
    [["top"], ["why", address], %w[why Session], ["show", address], ["summary"]].each do |words|
      name, *rest = words
      script = File.expand_path("../exe/heapdump", __dir__)
      reading = process([RbConfig.ruby, "-I", LIB, script, name, path, *rest])
      told("  command #{words.join(" ")}", reading, nil)
    end
  end

  def bench_peers(path)
    PEERS.each do |name, what|
      next puts("  #{name}: not installed") if name == "harb" && !installed?("harb")

      told("#{name} (#{what})", read(name, path), path)
    end
  end

  def installed?(program)
    ENV.fetch("PATH").split(":").any? { |folder| File.executable?(File.join(folder, program)) }
  end

  def agree(ours, sessions)
    found = ours.to_h { |name, reading| [name, reading.answer.fetch("sessions")] }
    abort "the contenders disagree: #{found}" unless found.values.uniq == [sessions]
  end

  def read(name, path, *options)
    process([RbConfig.ruby, "-W0", "-I", LIB, File.join(PARTS, "read_#{name}.rb"), path, *options],
            PEERS.key?(name) ? {} : UNBUNDLED)
  end

  # Our own readings and commands need no gems, and should not wait for Bundler.
  UNBUNDLED = %w[RUBYOPT RUBYLIB BUNDLE_GEMFILE BUNDLE_LOCKFILE].to_h { |name| [name, nil] }.freeze

  # Runs a command. Its peak is looked up until it ends, since only it itself could tell it later.
  def process(command, environment = UNBUNDLED)
    start = now
    peaks = [0] * 4
    output = nil
    Open3.popen2(environment, *command, err: File::NULL) do |input, out, thread|
      input.close
      reader = Thread.new { out.read }
      until thread.join(0.005)
        peaks = peaks.zip(memory_of(thread.pid)).map(&:max)
        Process.kill(:KILL, thread.pid) if now - start > LIMIT
      end
      output = thread.value.success? ? reader.value : nil
    end
    Reading.new(output && (now - start), *peaks, answer(output))
  end

  def answer(output)
    JSON.parse(output.lines.last.to_s)
  rescue JSON::ParserError, NoMethodError
    {}
  end

  def memory_of(pid)
    status = File.read("/proc/#{pid}/status")
    %w[VmHWM RssAnon RssFile].map { |name| status[/^#{name}:\s+(\d+)/, 1].to_i * 1024 } +
      [File.read("/proc/#{pid}/io")[/^rchar: (\d+)/, 1].to_i]
  rescue SystemCallError
    [0] * 4
  end

  def head
    puts "#{" " * 51}seconds   peak MB   anon MB  of file  B/object mapped MB   read MB"
    told("an empty Ruby", process([RbConfig.ruby, "-e", ""]), nil)
  end

  def told(name, reading, path)
    return puts("#{name}: failed, or took longer than #{LIMIT} s") unless reading.seconds

    anonymous = reading.anonymous
    objects = reading.answer["objects"]
    puts format("%-48s %9.3f %9.1f %9.1f %8s %9s %9.1f %9.1f", name, reading.seconds,
                reading.peak / 1e6, anonymous / 1e6,
                path ? format("%.2f", anonymous.fdiv(File.size(path))) : "-",
                objects ? format("%.1f", anonymous.fdiv(objects)) : "-",
                reading.mapped / 1e6, reading.read / 1e6)
    told_phases(reading.answer["phases"]) if reading.answer["phases"]
  end

  def told_phases(phases)
    parts = phases.map { |phase, seconds| format("%s %.3f", phase, seconds) }
    puts "    #{parts.join(", ")}; together #{format("%.3f", phases.values.sum)}"
  end

  def sizes(files)
    files.map { |name, path| format("%s %.1f MB", name, File.size(path) / 1e6) }.join(", ")
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

if $PROGRAM_NAME == __FILE__
  sessions, *large = ARGV.grep(/\A\d+\z/).map(&:to_i)
  AnalyzeBench.run(sessions || 30_000, large, peers: !ARGV.include?("--no-peers"))
end

# frozen_string_literal: true

require "continuation"
require "json"
require "heapdump"
require "support/extension"
require "support/oracle"
require "support/leftovers"
require "support/whole_dump"

Oracle.require_extension
Extension.new("hostile").require_extension

# An application with hostile objects, that writes down which of its lines ran in which process, and
# what came of each dump. Arguments: a directory, and a JSON list of cases: deed, where ("mark" or
# "size"), which object, the name of the dump, options.
class HostileApplication
  OBJECTS = 40
  HELD = 3
  # What lies between the hostile ones, so that each process of a dump meets some.
  BETWEEN = 60

  def initialize(directory)
    @directory = directory
    @log = File.open(File.join(directory, "log"), File::WRONLY | File::CREAT | File::APPEND)
    @outcomes = []
    @known = Hash.new { |all, objspace| all[objspace] = {} }
    @held = {}.compare_by_identity
    @kept = Array.new(OBJECTS) do
      held = Array.new(HELD) { Object.new }
      hostile = Hostile.new(held)
      @held[hostile] = held
      [hostile, Array.new(BETWEEN) { |i| [i.to_s] }]
    end
    @hostile = @held.keys.sort_by { |object| Oracle.address(object) }
    warm
  end

  def run(cases)
    Hostile.hold_lock if cases.any? { |one| one["deed"] == "wait_for_lock" }
    cases.each { |one| dump(one) }
    recover
    File.write(File.join(@directory, "outcomes.json"), JSON.generate(@outcomes))
    note("end", "application")
  end

  private

  # What a first dump opens and keeps is not a leak of a later one.
  def warm
    2.times { HeapDump.dump(File.join(@directory, "warm.json"), gc: true) }
  end

  # Which process it is, as the kernel says: Ruby may remember.
  def note(what, name)
    @log.syswrite("#{File.readlink("/proc/self")} #{what} #{name}\n")
  end

  def dump(one)
    name = one.fetch("name")
    path = File.join(@directory, name + one.fetch("extension"))
    object = chosen(one.fetch("which"))
    descriptors = Leftovers.descriptors
    GC.start
    GC.disable # it would call the functions here
    started = now
    ended = ends(one, path, object)
    GC.enable
    left = { "seconds" => now - started,
             "descriptors" => Leftovers.descriptors - descriptors,
             "processes" => Leftovers.processes_after(10) }
    @outcomes << { **judge(one, path, object, ended), **left }
    note("after", name)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def chosen(which)
    case which
    when "first" then @hostile.first
    when "last" then @hostile.last
    when "any" then @hostile[OBJECTS / 2]
    end
  end

  # In a thread: a deed may end it.
  def ends(one, path, object)
    ended = "the thread ended"
    thread = Thread.new { catch(:hostile) { ended = attempt(one, path, object) } }
    thread.report_on_exception = false
    thread.join
    ended
  rescue Exception => e # rubocop:disable Lint/RescueException
    "#{e.class}: #{e.message}"
  ensure
    Hostile.disarm
  end

  def attempt(one, path, object)
    name = one.fetch("name")
    prepare(one.fetch("deed"), name)
    Hostile.arm(one.fetch("deed"), one.fetch("where"), object)
    landed = Hostile.landing { write(path, one["pipe"], one.fetch("options")) }
    note(landed == :landed ? "landed" : "returned", name)
    "whole"
  rescue StandardError, NoMemoryError, Interrupt, SystemExit => e
    note("rescued", name)
    "#{e.class}: #{e.message}"
  ensure
    Hostile.disarm
    note("ensured", name)
  end

  # Where a deed could go on outside of the dump.
  def prepare(deed, name)
    case deed
    when "resume_fiber" then Hostile.elsewhere = Fiber.new { note("in a fiber", name) }
    when "call_continuation"
      @continued = 0
      callcc { |continuation| Hostile.elsewhere = continuation }
      note("continued", name) if (@continued += 1) > 1
    end
  end

  def write(path, pipe, options)
    options = { gc: false, timeout: 60, **options }
    return HeapDump.dump(path, **options) unless pipe

    reader, writer = IO.pipe
    copier = spawn("cat", in: reader, out: path, writer => :close)
    reader.close
    HeapDump.dump(writer, **options)
  ensure
    writer&.close
    Process.wait(copier) if copier
  end

  def judge(one, path, object, ended)
    facts = one.merge("ended" => ended, "there" => File.exist?(path),
                      "partials" => Dir.glob("#{path}.partial*").size)
    return facts unless File.exist?(path)

    objspace = one["options"][:format] == :objspace
    whole = WholeDump.new(path, objspace: objspace, known: @known[objspace]).read
    expected = object ? [object] : @hostile
    facts.merge("problems" => whole.problems, "errors" => whole.errors.map { |line| error(line) },
                "expected" => expected.map { |hostile| Oracle.hex(hostile) })
  end

  # The error of a line, and whether it has lost an edge.
  def error(line)
    object = @hostile.find { |hostile| Oracle.hex(hostile) == line["address"] }
    lost = object ? @held[object].map { |held| Oracle.hex(held) } - (line["references"] || []) : []
    { "address" => line["address"], "error" => line["error"], "lost" => lost.size }
  end

  # The application goes on as if nothing had been.
  def recover
    GC.start
    GC.stress = true
    Array.new(20) { Object.new.to_s }
    GC.stress = false
    GC.verify_internal_consistency
    GC.compact if GC.respond_to?(:compact)
    Array.new(10_000) { |i| [i.to_s] }
    path = HeapDump.dump(File.join(@directory, "afterwards.json"), gc: true).path
    problems = WholeDump.problems(path)
    raise "the next dump: #{problems}" unless problems.empty?
  end
end

at_exit do
  File.write(File.join(ARGV[0], "log"), "#{File.readlink("/proc/self")} at_exit application\n",
             mode: "a")
end
cases = JSON.parse(ARGV[1]).each do |one|
  one["options"].transform_keys!(&:to_sym)
  one["options"][:format] = one["options"][:format].to_sym if one["options"].key?(:format)
end
HostileApplication.new(ARGV[0]).run(cases)

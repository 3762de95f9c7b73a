# frozen_string_literal: true

require "json"
require "heapdump"
require "support/extension"
require "support/leftovers"
require "support/whole_dump"

Extension.new("hostile").require_extension

# An application that is dumped over and over, while one of the processes of each dump ends somehow
# at a random point: at a call of a mark or size function, or of the C library. Arguments: a
# directory, how many rounds, and a seed. Prints what came of each round as a line of JSON.
class MortalApplication
  # In the order of deaths.c, which has no exceptions.
  DEEDS = %w[kill terminate stop leave_0 leave_1 exit_0 exit_1 raise_standard].freeze
  FILES = %w[.json .json.gz .json.zst].freeze

  def initialize(directory, rounds, seed)
    @directory = directory
    @rounds = Integer(rounds)
    @random = Random.new(Integer(seed))
    @log = File.open(File.join(directory, "log"), File::WRONLY | File::CREAT | File::APPEND)
    @hostile = Array.new(200) { [Hostile.new([Object.new]), Array.new(200) { |i| [i.to_s] }] }
    @known = Hash.new { |all, format| all[format] = {} }
    @points = { objects: count_objects, calls: count_calls }
  end

  def run
    @rounds.times { |number| round(number) }
    note("end")
  end

  private

  def count_objects
    Hostile.arm_after("kill", 1 << 40)
    plain
    (1 << 40) - Hostile.left
  ensure
    Hostile.disarm
  end

  def count_calls
    Hostile.arm_calls(0, 1 << 40)
    plain
    (1 << 40) - Hostile.calls_left
  end

  def plain
    HeapDump.dump(File.join(@directory, "plain.json"), gc: false, processes: 3)
  end

  def note(what)
    @log.syswrite("#{File.readlink("/proc/self")} #{what}\n")
  end

  def round(number)
    way = choose(number)
    descriptors = Leftovers.descriptors
    @over = false
    revenge = Thread.new { end_the_stopped } if way[:deed] == "stop"
    ended, left = without_gc { die(way, number) }
    pids = Leftovers.processes_after(20)
    @over = true
    revenge&.join
    facts = { ended: ended, reached: left < 1, left: pids,
              descriptors: Leftovers.descriptors - descriptors, **file(way) }
    puts JSON.generate({ **way, **facts })
  end

  # It would call the functions here, and grow what is forked.
  def without_gc
    GC.start
    GC.disable
    yield
  ensure
    GC.enable
  end

  def die(way, number)
    arm(way)
    ended = ends(way, number)
    [ended, disarm(way)]
  end

  def choose(number)
    where = @random.rand(2).zero? ? :objects : :calls
    deeds = where == :calls ? DEEDS - ["raise_standard"] : DEEDS
    file = number.to_s + pick(FILES)
    { round: number, deed: pick(deeds), where: where, count: 1 + @random.rand(@points[where]),
      path: File.join(@directory, file), processes: 1 + @random.rand(4),
      format: pick(%i[heapdump heapdump objspace]) }
  end

  def pick(list)
    list.sample(random: @random)
  end

  def arm(way)
    if way[:where] == :objects then Hostile.arm_after(way[:deed], way[:count])
    else Hostile.arm_calls(DEEDS.index(way[:deed]) + 1, way[:count])
    end
  end

  def disarm(way)
    Hostile.disarm
    way[:where] == :objects ? Hostile.left : Hostile.calls_left
  end

  def ends(way, number)
    HeapDump.dump(way[:path], gc: false, timeout: 30, **way.slice(:processes, :format))
    "whole"
  rescue StandardError => e
    note("rescued #{number}")
    "#{e.class}: #{e.message}"
  ensure
    note("ensured #{number}")
  end

  # One that is stopped is killed after a moment, or goes on.
  def end_the_stopped
    until @over
      sleep 0.05
      Leftovers.processes.each do |pid|
        state = File.read("/proc/#{pid}/stat")[/\) (.)/, 1]
        Process.kill(@random.rand(3).zero? ? :CONT : :KILL, pid) if state == "T"
      rescue SystemCallError
        next
      end
    end
  end

  def file(way)
    path = way[:path]
    partials = Dir.glob("#{path}.partial*").size
    return { there: false, partials: partials } unless File.exist?(path)

    whole = WholeDump.new(path, objspace: way[:format] == :objspace,
                                known: @known[way[:format]]).read
    File.unlink(path)
    { there: true, partials: partials, problems: whole.problems, errors: whole.errors.size }
  end
end

at_exit do
  File.write(File.join(ARGV[0], "log"), "#{File.readlink("/proc/self")} at_exit\n", mode: "a")
end
$stdout.sync = true
MortalApplication.new(*ARGV).run

# frozen_string_literal: true

require "fileutils"
require_relative "server"
require_relative "visitors"

# Visitors who come again when the shop has lost a worker.
class PatientVisitors < Visitors
  private

  def visit(number)
    super
  rescue SystemCallError, IOError, Net::OpenTimeout, Net::ReadTimeout, Net::HTTPBadResponse
    sleep 0.05
  end
end

# The shop, watched and under a limit of its memory, until one of its processes is killed.
class LimitedShop
  WATCH = "heapdump: watch: "
  BOOT = /^#{WATCH}(the process before this one \(pid .*)$/
  DUMPED = /^#{WATCH}dumped (\S+):/
  DEADLINE = 300 # seconds until a kill, if nothing else is said
  PATIENCE = 30 # seconds for all that is to come then

  # The process that was killed (Integer), and the dumps that were outside then (paths); nil before.
  attr_reader :killed, :saved

  # The directory of the dumps.
  attr_reader :heaps

  # +group+ is a MemoryGroup or a StandIn. Dumps go to heaps/ in the directory, and are shipped to
  # outside/. The block gets each line that the watch writes.
  def initialize(dir, group, marks:, workers: 1, preload: false, note: 0, pace: 1, env: {},
                 &told)
    @group = group
    @note = note
    @told = told
    @log = File.join(dir, "puma.log")
    @heaps, @outside = %w[heaps outside].map { |name| File.join(dir, name) }
    FileUtils.mkdir_p([@heaps, @outside], mode: 0o700)
    @env = { "HEAPDUMP_TO" => "file:#{@outside}", "SHOP_WORKERS" => workers.to_s,
             "SHOP_PRELOAD" => preload ? "1" : "0", "SHOP_PACE" => pace.to_s,
             "SHOP_MARKS" => group.marks(marks).join(","), **env }
    @read = 0
    start
  end

  # Visitors come until a process is killed, or so many seconds. Yields at each look. Returns the
  # process that was killed.
  def leak(seconds = DEADLINE)
    PatientVisitors.new(@app, note: @note).come do
      within(seconds, 0.02) do
        look
        yield self if block_given?
        killed
      end
    end
    killed
  end

  # The line of the next boot (String), nil if it does not come. Puma starts a worker again; where
  # the whole server was killed, who runs the container starts it.
  def boot_line
    start if within(1) { @app.ended? }
    within(PATIENCE) { log[BOOT, 1] }
  end

  # The dumps of a process that are outside when all are (paths).
  def shipped(pid)
    within(PATIENCE) do
      log.scan(DUMPED).all? { |(path)| File.exist?(path.sub(@heaps, @outside)) }
    end
    outside(pid)
  end

  def close
    @app.stop
  end

  def log
    File.read(@log, encoding: Encoding::UTF_8).scrub # whatever the locale is
  end

  # The numbers of all workers that there were.
  def workers
    return [@app.worker] if @single

    log.scan(/Worker \d+ \(PID: (\d+)\) booted/).map { |(pid)| pid.to_i }
  end

  # Dumps that are whole, here or outside.
  def dumps(pid, directory = @heaps)
    Dir.glob("#{directory}/series-*-#{pid}-*/*.zst")
  end

  def outside(pid)
    dumps(pid, @outside)
  end

  private

  def start
    @app = LeakingApp.new(@heaps, @log, config: "watched.rb", env: @env) do |*command|
      @group.command(*command)
    end
    @single = log.match?(/^\* +PID:/)
  end

  def within(seconds, pause = 0.1)
    deadline = Visitors.now + seconds
    until (result = yield) || Visitors.now > deadline
      tell
      sleep pause
    end
    tell
    result
  end

  def look
    @group.look(workers)
    dead = workers.find { |pid| dead?(pid) } or return
    @saved = outside(dead)
    @killed = dead
  end

  # Also if nobody has waited for it yet.
  def dead?(pid)
    File.read("/proc/#{pid}/stat")[/\) (\w)/, 1].match?(/[ZX]/)
  rescue SystemCallError
    true
  end

  def tell
    lines = File.binread(@log, nil, @read).force_encoding(Encoding::UTF_8).lines.take_while { |line| line.end_with?("\n") }
    @read += lines.sum(&:bytesize)
    lines.each { |line| @told&.call(line.delete_prefix(WATCH)) if line.start_with?(WATCH) }
  end
end

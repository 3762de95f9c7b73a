# frozen_string_literal: true

# `rake watch:proof`: the shop of examples/leak is watched under a limit of its memory until the
# kernel kills a process, again and again. Prints a Markdown table, and ends with status 1 if fewer
# than three dumps of the same process were there before, or one is not whole, or they do not name
# the leak, or the next boot does not say so.
#
#   RUNS=20              that many
#   LIMIT=512            MiB
#   MARKS=0.35,0.45,0.55 shares of it
#   WORKERS=1            0: Puma without a master
#   PRELOAD=1            the master has loaded the application
#   NOTE=12              KiB that each visit leaves, about twice
#   PACE=1               seconds between looks, and for which a mark must be passed
#   GROUP=1              as with memory.oom.group: all die when one is killed. The limit must not be
#                        reached while a dump is written, none may be under way at the kill, and one
#                        that is asked for when 0.8 are used must be refused
#   CHECK=0              only tells

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__))
require "heapdump/snapshot"
require "tmpdir"
require_relative "../../examples/leak/limited"
require_relative "../../examples/leak/memory_group"
require_relative "../../examples/leak/verdict"

# One run: what was seen of it.
class WatchedDeath
  USED = /^heapdump: watch: dumping to \S+-(\d+)-\w+-\d+-\S+, because memory: ([\d.,]+) MiB/
  REFUSED = /^heapdump: watch: no dump, although asked by .* of memory are left/
  FULL = 0.98
  ASK = 0.8 # of the limit

  attr_reader :problems

  def initialize(options, group_kill:)
    @options = options
    @limit = options.delete(:limit) << 20
    @group_kill = group_kill
    @problems = []
    @samples = []
    @extra = []
    @most = 0
  end

  def run
    Dir.mktmpdir("heapdump-watch") do |dir|
      group = MemoryGroup.new(@limit)
      emulate(group) if @group_kill
      @shop = LimitedShop.new(dir, group, **@options)
      live(group)
      die(group)
      judge
      keep(dir) if problems.any?
    ensure
      @shop&.close
      group&.remove
    end
    self
  end

  # What a row of the table shows.
  def cells
    [format("%.0f s", @seconds), format("%.0f MiB/s", speed), who, @at_kill.size, @saved.size,
     shares.join(", "), cost, yes(@under_way), @kills, yes(@line), yes(@named)]
  end

  MIB = 1024.0 * 1024
  HEAD = ["until the kill", "growth", "killed", "dumps of one process", "outside at the kill",
          "made at", "used while one was written", "one under way at the kill", "kills",
          "the next boot says it", "`leaks` names it"].freeze

  private

  # Where the kernel cannot do it, the watch is made to believe it, and the others are killed here.
  def emulate(group)
    return group.die_together if group.version == 2

    @options[:env] = { "RUBYOPT" => "#{ENV.fetch("RUBYOPT", "")} -r#{__dir__}/oom_group.rb" }
  end

  def live(group)
    start = Visitors.now
    @shop.leak do
      @samples << [Visitors.now - start, group.used]
      follow_dump(group)
      ask if @group_kill && group.used > ASK * @limit
    end
    @seconds = Visitors.now - start
    @kills = group.kills
  end

  # For a dump that does not fit.
  def ask
    File.write("#{@shop.heaps}/ask", "") unless @asked
    @asked = true
  end

  # How much more is used than when the dump was begun.
  def follow_dump(group)
    @under_way = partial?
    return @before = nil unless @under_way

    used = group.used
    @before ||= used
    @most = [@most, used].max
    @extra << ((used - @before) / MIB)
  end

  def partial?
    !Dir.glob("#{@shop.heaps}/series-*/*.partial-*").empty?
  end

  def die(group)
    complain("nobody was killed") unless @shop.killed
    group.kill_all if @group_kill && group.version == 1
    @log = @shop.log
    @dumper = @log.scan(USED).map(&:first).tally.max_by(&:last)&.first.to_i
    @at_kill = @shop.dumps(@dumper)
    @saved = @shop.outside(@dumper)
    @line = @shop.boot_line
    @outside = @shop.shipped(@dumper)
  end

  def judge
    complain("#{@at_kill.size} dumps before the kill") if @at_kill.size < 3
    @outside.each { |path| verify(path) }
    complain("#{@at_kill.size} dumps, #{@outside.size} outside") if @outside.size < @at_kill.size
    @named = @outside.size > 1 && Verdict.right?(File.dirname(@outside.first))
    complain("leaks does not name it") unless @named
    complain("the next boot says: #{@line.inspect}") unless @line&.include?("`heapdump leaks ")
    judge_group if @group_kill
  end

  # To be looked at.
  def keep(dir)
    kept = File.expand_path("../../tmp/#{File.basename(dir)}", __dir__)
    FileUtils.cp_r(dir, kept)
    complain("its files are in #{kept}")
  end

  def judge_group
    complain("a dump was under way at the kill") if @under_way
    complain("what does not fit was not refused") unless @log.match?(REFUSED)
    complain("the limit was reached when a dump was written") if @most >= @limit * FULL
  end

  def verify(path)
    snapshot = HeapDump::Snapshot.new(path, index: false, strict: true)
    snapshot.load
    complain("#{path} has no footer") unless snapshot.tally[:has_footer]
  rescue HeapDump::Error => e
    complain(e.message)
  end

  def yes(fact)
    fact ? "yes" : "no"
  end

  def complain(text)
    @problems << text
  end

  def who
    return "nobody" unless @shop.killed

    [0, @shop.killed].include?(@dumper) ? "it" : "another worker"
  end

  # How much more was used when one was written, and the most then, as a share of the limit.
  def cost
    @extra.empty? ? "–" : format("+%.0f MiB, %.2f", @extra.max, @most.fdiv(@limit))
  end

  # MiB a second, until most was used.
  def speed
    from, low = @samples.first
    to, high = @samples.max_by(&:last)
    (high - low) / MIB / [to - from, 0.1].max
  end

  # Of the limit, when a dump was begun.
  def shares
    @log.scan(USED).filter_map do |pid, mib|
      format("%.2f", mib.delete(",").to_f * MIB / @limit) if pid.to_i == @dumper
    end
  end
end

$stdout.sync = true
number = ->(name, usual) { Integer(ENV.fetch(name, usual)) }
abort "SKIPPED: #{MemoryGroup.missing}" if MemoryGroup.missing
together = ENV["GROUP"] == "1"
usual = together ? "0.3,0.4,0.5" : "0.35,0.45,0.55"
options = { limit: number["LIMIT", "512"], workers: number["WORKERS", "1"],
            marks: ENV.fetch("MARKS", usual).split(",").map(&:to_f), preload: ENV["PRELOAD"] == "1",
            note: number["NOTE", "12"] << 10, pace: Float(ENV.fetch("PACE", "1")) }
puts "#{Time.now.utc.strftime("%F %R")}, Ruby #{RUBY_VERSION}, load " \
     "#{File.read("/proc/loadavg")[/\S+/]}, " \
     "#{options.map { |name, value| "#{name} #{Array(value).join(",")}" }.join("; ")}" \
     "#{"; all die together" if together}", ""
row = ->(cells) { puts "| #{cells.join(" | ")} |" }
row[["run", *WatchedDeath::HEAD]]
puts "|#{"---|" * (WatchedDeath::HEAD.size + 1)}"
bad = (1..number["RUNS", "20"]).count do |run|
  death = WatchedDeath.new(options.dup, group_kill: together).run
  row[[run, *death.cells]]
  death.problems.each { |text| warn "run #{run}: #{text}" }
  death.problems.any?
end
puts "", "#{bad} runs were not as they should be"
exit bad.zero? || ENV["CHECK"] == "0"

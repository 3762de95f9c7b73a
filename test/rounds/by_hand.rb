# frozen_string_literal: true

# `rake test:by_hand`: what people type into gdb, on any thread at random moments, many times, and
# what becomes of the process.
#
#   ROUNDS=50 rake test:by_hand    # of each spelling, in each process (default 3)
#   ONLY=malloc                    # one kind of process
#   SPELLING=return                # one spelling (they are named below)
#   SPELLING=require               # the one that is left out otherwise
#
# Ends with status 1 if a process died or hangs. The extension has been loaded before: rb_require by
# hand is MRI's alone, which ends or blocks a process that is in the GC or waits, whatever library
# it is to load.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "fileutils"
require "tmpdir"
require "support/outside"

# A gdb as a person uses it: one command after the other.
class HandsOnGdb
  MARK = "=-= done =-="
  SECONDS = 20
  # Some versions of gdb damage registers by every call: x86_64.xml tells of that.
  REGISTERS = File.expand_path("../../lib/heapdump/outside/x86_64.xml", __dir__)
  OPTIONS = ["-q", "-nx", "-iex", "set auto-load no", "-iex", "set confirm off",
             "-iex", "set width 0", "-iex", "set pagination off",
             "-iex", "set debuginfod enabled off", "-iex", "set prompt",
             "-iex", "set unwindonsignal on",
             *(["-iex", "set tdesc filename #{REGISTERS}"] if RUBY_PLATFORM[/x86_64/])].freeze

  def initialize
    input, @in = IO.pipe
    @out, output = IO.pipe
    @pid = Process.spawn("gdb", *OPTIONS, in: input, out: output, err: %i[child out], pgroup: true)
    [input, output].each(&:close)
  end

  # What it prints; nil where it does not come back.
  def say(*commands)
    @in.write([*commands, "echo \\n#{MARK}\\n", ""].join("\n"))
    listen
  rescue Errno::EPIPE
    nil
  end

  # Ctrl-C, and what it prints then; nil where it does not come back.
  def interrupt
    Process.kill(:INT, @pid)
    listen
  end

  def quit
    @in.close
    waiter = Process.detach(@pid)
    Process.kill(:KILL, @pid) unless waiter.join(5)
  rescue Errno::ESRCH
    nil
  ensure
    @out.close
  end

  private

  def listen
    deadline = now + SECONDS
    text = +""
    until text.include?("\n#{MARK}\n")
      return unless @out.wait_readable([deadline - now, 0].max)

      text << @out.readpartial(65_536)
    end
    text
  rescue EOFError
    nil
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

# A process, a spelling, and what came of them.
class ByHand
  EXTENSION = File.expand_path("../../lib/heapdump/heapdump.so", __dir__)
  SPELLINGS = {
    "require" => ["call (long) rb_require(\"#{EXTENSION}\")", "call (int) heapdump_dump(0)"],
    "dump" => ["call (int) heapdump_dump(0)"],
    "dump without a cast" => ["call heapdump_dump(0)", "print heapdump_dump(0)"],
    "dump to a path" => ['print (int) heapdump_dump("by_hand.json")'],
    "print" => ['call (void) heapdump_count_objects_print("Object", "")'],
    "return" => ['call (char*) heapdump_count_objects_return("Object", "")', "call (void) free($$)"]
  }.freeze
  PING = "$stdout.sync = true; trap(:USR1) { $stdout.syswrite(\"ping\\n\") }"
  WAIT = 30

  def initialize(process, code, spelling)
    @name = [process, spelling]
    library = "$:.unshift(#{File.dirname(EXTENSION, 2).dump}); require 'heapdump'"
    @load = spelling == "require" ? "" : library
    @code = code
    @commands = SPELLINGS.fetch(spelling)
    @answers = Hash.new(0)
    @died = @hung = 0
    @deaths = Hash.new(0)
  end

  def run(rounds)
    @directory = Dir.mktmpdir("heapdump-by-hand")
    rounds.times { round }
    self
  ensure
    stop
    clear
  end

  def fine?
    @died.zero? && @hung.zero?
  end

  def to_s
    answers = @answers.sort_by { |_, count| -count }.map { |answer, count| "#{count} × #{answer}" }
    line = format("%-14s %-20s %3d died %3d hung   %s", *@name, @died, @hung, answers.join(", "))
    [line, *@deaths.map { |reason, count| "    #{count} × #{reason}" }].join("\n")
  end

  private

  # The last dump may still be written.
  def clear
    10.times do
      FileUtils.rm_rf(@directory)
      break unless File.exist?(@directory)

      sleep 0.5
    end
  end

  def round
    start unless @pid
    sleep rand(0.0..0.05)
    attached = @gdb.say("attach #{@pid}") or return hung("attach")
    threads = [attached.scan("New LWP").size, 1].max
    @gdb.say("thread #{rand(1..threads)}")
    @commands.each do |command|
      text = @gdb.say(command) || stuck
      return hung(command) unless text

      answer(text)
    end
    @gdb.say("detach")
    check
    stop if @pid && File.read(@err).include?("no memory left for results")
  end

  # gdb calls malloc for a "text", in a process that may be inside of it. Ctrl-C ends that.
  def stuck
    @gdb.interrupt && "stuck until Ctrl-C"
  end

  def answer(text)
    words = text[/^\$\d+ = (.*)/, 1]&.sub(/\A0x\h+ ".*/m, "text") ||
            text[/stuck until Ctrl-C|unknown return type|signaled|exited|No symbol|terminated/] ||
            "nothing"
    @answers[words[0, 60]] += 1
  end

  # The main thread still answers.
  def check
    return died unless Outside.runs?(@pid)

    Process.kill(:USR1, @pid)
    return if answers?
    return died unless Outside.runs?(@pid)

    hung("afterwards")
  end

  def answers?
    @out.wait_readable(WAIT) && @out.gets == "ping\n"
  end

  def start
    @out, writer = IO.pipe
    @nothing, @open_end = IO.pipe
    @err = File.join(@directory, "stderr")
    environment = Child::BUNDLER.to_h { |name| [name, nil] }
    @pid = Process.spawn(environment, RbConfig.ruby, "-W0", "-e",
                         "#{PING}; #{@load}; Thread.new { puts 'up' }.join; #{@code}",
                         in: @nothing, out: writer, err: @err, pgroup: true, chdir: @directory)
    writer.close
    raise "#{@name} does not start: #{File.read(@err)}" unless @out.wait_readable(WAIT) && @out.gets

    @gdb = HandsOnGdb.new
  end

  def died
    @died += 1
    told = File.read(@err).scrub.lines.reject { |line| line.start_with?("heapdump:", "{") }
    @deaths["ended: #{told.find { |line| line =~ /BUG|Error|malloc|abort|corrupt/ } || told.last}"
            .strip.gsub(/\d{3,}|0x\h+/, "N")[0, 150]] += 1
    stop
  end

  def hung(where)
    @hung += 1
    @deaths["hung: #{where}"] += 1
    stop
  end

  def stop
    return unless @pid

    Outside.stop(@pid)
    @gdb.quit
    [@out, @nothing, @open_end].each(&:close)
    @pid = nil
  end
end

BUSY = {
  "sleeping" => "sleep",
  "allocating" => "kept = []; loop { kept.size > 10_000 ? kept.clear : kept << ('x' * 50) }",
  "GC" => "kept = Array.new(20_000) { |i| [i.to_s] }; " \
          "loop { GC.start(full_mark: [true, false].sample); kept[rand(kept.size)] = [1, 'x'] }",
  "malloc" => "Thread.new { sleep }; loop { 'x' * rand(100..100_000) }",
  "IO" => "r, w = IO.pipe; Thread.new { loop { w << 'x' * 1000 } }; loop { r.readpartial(500) }",
  "C code" => "require 'zlib'; text = Random.bytes(1 << 20); list = text.bytes; " \
              "loop { Zlib.deflate(text); list.sort; text.index('no such text') }",
  "threads" => "20.times { Thread.new { loop { 'x' * 10; sleep 0.001 } } }; " \
               "loop { Thread.new { [1] * 100 }.join }"
}.freeze

if (reason = Outside.unable)
  puts "SKIPPED: #{reason}"
  exit
end

rounds = Integer(ENV.fetch("ROUNDS", "3"))
puts "Ruby #{RUBY_VERSION}, #{rounds} times each, at random moments on random threads"
spellings = ByHand::SPELLINGS.keys.grep(/#{ENV.fetch("SPELLING", "^(?!require)")}/)
chosen = BUSY.keys.grep(/#{ENV.fetch("ONLY", "")}/).product(spellings)
results = chosen.map do |process, spelling|
  ByHand.new(process, BUSY.fetch(process), spelling).run(rounds).tap { |result| puts result }
end
exit results.all?(&:fine?)

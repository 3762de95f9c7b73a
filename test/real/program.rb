# frozen_string_literal: true

require "fileutils"
require "json"
require "open3"
require "socket"
require "support/child"
require "support/dumps"

# A real program, started with test/real/inside.rb in it, dumped, and asked about. Those of
# test/real/programs say how it is started, what work it does, and what the answers have to tell.
class Program
  WAIT = 600 # seconds for whatever takes minutes at worst

  class Failed < StandardError; end

  # What a command answered.
  Answer = Struct.new(:command, :status, :text, :seconds, :cpu) do
    def time
      format("%<seconds>.2f s (%<cpu>.2f s CPU)", seconds: seconds, cpu: cpu)
    end
  end

  attr_reader :complaints

  def initialize(directory, answers, jobs)
    @directory = directory
    @answers = answers
    @jobs = jobs
    @complaints = []
    @dumps = []
    FileUtils.rm_rf(answers)
    FileUtils.mkdir_p(answers)
  end

  def run
    session
    self
  rescue Failed, Child::Failed => e
    complain(e.message)
    self
  end

  def name
    self.class.name.split("::").last.downcase
  end

  def fine?
    complaints.empty?
  end

  private

  # Starts a command, and waits for the thread inside of it.
  def start(*command, env: {}, **options)
    @socket = "#{@directory}/#{name}.sock"
    @log = "#{@answers}/log"
    output = { %i[out err] => [@log, "w"], in: File::NULL, **options }
    @pid = Process.spawn(inside.merge(env), *command, chdir: @directory, pgroup: true, **output)
    wait_for("the thread inside") { listens? }
  end

  def listens?
    UNIXSocket.new(@socket).close
    true
  rescue SystemCallError
    false
  end

  def inside
    paths = [*Child::LOAD_PATHS, __dir__].map { |path| "-I#{path}" }
    { "HEAPDUMP_REAL" => @socket,
      "RUBYOPT" => [ENV.fetch("RUBYOPT", nil), "-W0", *paths, "-rinside"].compact.join(" ") }
  end

  def stop(signal = :TERM)
    return if @pid.nil? || @ended

    Process.kill(signal, @pid)
    wait_for("the end of #{name}", 30) { ended? }
  rescue Failed
    Process.kill(:KILL, -@pid)
    Process.wait(@pid)
  end

  def ended?
    @ended ||= Process.wait(@pid, Process::WNOHANG)
  end

  def tell(**command)
    UNIXSocket.open(@socket) do |socket|
      socket.puts(JSON.generate(command))
      raise Failed, "no answer to #{command}" unless socket.wait_readable(WAIT)

      answer = JSON.parse(socket.gets || raise(Failed, "#{name} died at #{command}"))
      raise Failed, answer["error"] if answer["error"]

      answer
    end
  rescue SystemCallError => e
    raise Failed, "#{e.message}\n#{last_words}"
  end

  # The value of some code in it.
  def ruby(code)
    tell(ruby: code)["value"]
  end

  # Another dump, in the way that everybody takes it.
  def dump
    path = "#{@directory}/#{@dumps.size + 1}.json"
    told = tell(dump: path)
    @dumps << path
    puts format("  dump %<number>d: %<objects>d objects, %<mebibytes>.1f MiB, " \
                "pause %<pause>.1f ms, GC before it %<gc>.0f ms, written in %<seconds>.2f s",
                number: @dumps.size, objects: told["objects"], pause: told["pause"] * 1000,
                mebibytes: told["bytes"].fdiv(1 << 20), gc: told["gc_seconds"] * 1000,
                seconds: told["seconds"])
    expect(ask("verify", path), /^whole and valid$/)
    path
  end

  TRIES = 3
  OF_A_THREAD = %r{\A\S+ DATA (?:fiber|VM/thread) }
  private_constant :TRIES, :OF_A_THREAD

  # The laws of a dump, by the oracle of the suite. Other threads go on between its looks, so that a
  # dump may hold what neither has seen ("invented"): then once more.
  def laws
    TRIES.times do |number|
      check = check_laws("#{@directory}/laws-#{number}")
      found = findings(check)
      next if number < TRIES - 1 && found.any? && found.all? { |one| one.start_with?("invented:") }

      show(check)
      return complain("laws: #{found.size} findings: #{found.first(5).join("\n")}") if found.any?

      break
    end
  end

  def check_laws(place)
    Dir.mkdir(place)
    tell(laws: place)
    Dumps::Case.new(place).check
  ensure
    FileUtils.rm_rf(place)
  end

  def show(check)
    references = check.references
    puts format("  laws: %<objects>d objects, %<references>d references, %<bad>d bad lines, " \
                "%<lost>d lost references",
                objects: check.reader.object_lines, bad: check.reader.complaints.size,
                references: references.checked_references, lost: references.count(:lost))
  end

  # Threads have other stacks each time.
  def findings(check)
    list = check.references.findings.flat_map do |kind, found|
      found = found.grep_v(OF_A_THREAD) if kind == :invented
      found.map { |finding| "#{kind}: #{finding}" }
    end
    list << "the dump is not whole" unless check.reader.complete?
    list + [*check.reader.complaints, *check.details, *check.nameless].map(&:to_s)
  end

  # A command of heapdump, in a process of its own, as everybody calls it.
  def ask(command, *arguments, keep: command)
    started = now
    cpu = cpu_of_children
    text, status = Open3.capture2e(RbConfig.ruby, "exe/heapdump", command, *arguments.map(&:to_s),
                                   chdir: Child::ROOT)
    answer = Answer.new(command, status.exitstatus, text, now - started, cpu_of_children - cpu)
    File.write("#{@answers}/#{keep}.txt", "$ heapdump #{[command, *arguments].join(" ")}\n#{text}")
    complain("#{command} ended with #{status}: #{text[0, 500]}") unless status.success?
    answer
  end

  def expect(answer, *patterns)
    patterns.each do |pattern|
      next if answer.text.match?(pattern)

      complain("#{answer.command} does not tell #{pattern.inspect}: #{answer.text[0, 1500]}")
    end
  end

  # Every command about one dump; `wanted` has the class to ask for, and what has to be told of it.
  def questions(path, wanted)
    answers = { "summary" => [], "top" => [], "strings" => [], "why" => [wanted.fetch(:class)] }
    times = answers.to_h do |command, arguments|
      answer = ask(command, path, *arguments)
      expect(answer, *wanted.fetch(command.to_sym, []))
      [command, answer.time]
    end
    times["find"] = found(path, wanted.fetch(:class))
    puts "  #{times.map { |command, time| "#{command} #{time}" }.join(", ")}"
  end

  def found(path, class_name)
    answer = ask("find", path, "--class", class_name, "--limit", 5)
    address = answer.text[/0x\h+/] or complain("find finds no #{class_name}")
    expect(ask("show", path, address), /#{class_name}/) if address
    answer.time
  end

  # Nothing leaks between some dumps.
  def silent(paths, keep: "leaks")
    answer = ask("leaks", *paths, keep: keep)
    expect(answer, /^Nothing is accused/)
    puts "  leaks of #{paths.size} dumps: #{answer.time}"
  end

  # What leaks between some dumps is told first, by its holder.
  def accused(paths, *patterns)
    answer = ask("leaks", *paths, keep: "leaks-planted")
    expect(answer, *patterns)
  end

  def wait_for(what, seconds = WAIT)
    deadline = now + seconds
    until (result = yield)
      raise Failed, "#{name} has ended\n#{last_words}" if @pid && ended?
      raise Failed, "not within #{seconds} s: #{what}" if now > deadline

      sleep 0.05
    end
    result
  end

  def last_words
    File.read(@log).chars.last(2000).join
  end

  def complain(text)
    @complaints << text
    puts "  WRONG: #{text}"
  end

  # Those that have been waited for.
  def cpu_of_children
    times = Process.times
    times.cutime + times.cstime
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

# frozen_string_literal: true

# The process whose children run the programs, each in one of its own:
#
#   ruby --disable-gems -Ilib -Itest test/support/programs/host.rb ORACLE SCRATCH DEADLINE
#
# It reads names of directories, one per line. In each stand programs, *.rb, that are run one after
# another, within DEADLINE seconds; the child leaves there what it saw (see Programs::Case), and the
# host answers with how it ended.
require "heapdump"
require "io/wait"
require_relative "play"
require_relative "reflection"
require ARGV.fetch(0)

module Programs
  # Forks, waits, answers.
  module Host
    class << self
      def serve
        $stdout.sync = true
        Run.new(ARGV.fetch(1)).warm_up
        age
        $stdin.each_line(chomp: true) { |directory| $stdout.puts(answer(directory)) }
      end

      private

      # So that what is here before a program looks the same in each dump: all old.
      def age
        5.times { GC.start }
        3.times { GC.start(full_mark: false) }
        GC.compact if GC.respond_to?(:compact) && ENV["PROGRAMS_COMPACT"]
      end

      def answer(directory)
        reader, writer = IO.pipe
        pid = fork do
          reader.close
          Run.new(directory).call
        end
        writer.close
        Process.kill(:KILL, pid) unless reader.wait_readable(ARGV.fetch(2).to_i)
        Process.wait(pid)
        status = Process.last_status
        reader.close
        status.termsig ? "signal #{status.termsig}" : "exit #{status.exitstatus}"
      end
    end
  end

  # One program in a child: run, looked at, dumped, looked at again.
  class Run
    OPTIONS = { gc: false, fork: false }.freeze

    def initialize(directory)
      @directory = directory
    end

    # Fills the caches of the code here, once for all children.
    def warm_up
      2.times do
        look
        look(fork: true)
      end
      GC.enable
    end

    def call
      log = File.open(path("log"), "w")
      $stdout.reopen(log)
      $stderr.reopen(log)
      $stdin.reopen(File::NULL)
      Dir[path("*.rb")].each do |program|
        stage(File.basename(program))
        eval(File.read(program), TOPLEVEL_BINDING.dup, program, 1) # rubocop:disable Security/Eval
      end
      stage("built")
      options = Play.options || {}
      around(options.delete(:inside)) do
        2.times { look(**options) } # a program may have emptied caches of the code here
        leave
      end
      stage("done")
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException
      File.binwrite(path("error"), e.full_message(highlight: false))
      exit!(1)
    end

    private

    def path(name)
      File.join(@directory, name)
    end

    def stage(name)
      File.binwrite(path("stage"), name)
    end

    # Where in the program the dump is asked for.
    def around(place, &block)
      case place
      when :fiber then Fiber.new(&block).resume
      when :enumerator then Enumerator.new { |to| to << block.call }.next
      when :thread then Thread.new(&block).join
      when :each then { 1 => 2 }.each { |_, _| yield }
      when :trap then trapped(&block)
      when :ensure then rescued(&block)
      when :eval then binding.eval("block.call", "inside.rb")
      else yield
      end
    end

    def trapped(&block)
      trap("USR2") { block.call }
      Process.kill(:USR2, Process.pid)
      trap("USR2", "DEFAULT")
    end

    def rescued
      raise ArgumentError, "on the way"
    rescue ArgumentError
      yield
    end

    def look(collect: true, dump: "dump.json", **options)
      GC.enable
      options = { **OPTIONS, **options }
      before = path("a")
      after = path("b")
      collect ? GC.start : nil
      GC.disable
      Oracle::A.walk(before)
      allocated = GC.stat(:total_allocated_objects)
      runs = GC.count
      result = HeapDump.dump(path(dump), **options) # a path that nobody compares
      allocated = GC.stat(:total_allocated_objects) - allocated
      runs = GC.count - runs
      Oracle::B.walk(after)
      @facts = { runs: runs, allocated: allocated, objects: result.objects, bytes: result.bytes,
                 dump: dump, options: options,
                 running: [Oracle.address(Thread.current), Oracle.address(Fiber.current)] }
    end

    def leave
      stage("dumped")
      facts = @facts
      facts[:failed] = Play::FAILED
      facts[:expected] = Reflection.new(Play::EARLIER + Play::KEPT, Play::LOCALS).expectations
      File.binwrite(path("facts"), Marshal.dump(facts))
    end
  end
end

Programs::Host.serve

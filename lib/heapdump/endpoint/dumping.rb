# frozen_string_literal: true

require_relative "../terminal/trouble"
require_relative "../watch"
require_relative "../watch/gauge"
require_relative "../watch/facts"
require_relative "../watch/faults"
require_relative "../watch/stats"
require_relative "../watch/rule"
require_relative "../watch/voice"
require_relative "../watch/state"
require_relative "../watch/dumping"
require_relative "written_dumps"

module HeapDump
  class Endpoint
    # Dumps this process by the rules of a watch: its guards, its directory, its lock, its
    # manifests. Any thread may call it, and in a forked child it begins anew.
    class Dumping # :nodoc:
      # Who asks. It is told if there will be no dump.
      class Question < Watch::Rule
        attr_reader :words

        def refused(words)
          @words = words
        end
      end
      private_constant :Question

      # +dumper+ makes a dump as HeapDump.dump_async does.
      def initialize(options, machine: Watch::Machine.new, dumper: HeapDump.method(:dump_async))
        @options = options
        @machine = machine
        @dumper = dumper
        @mutex = Mutex.new
        @voice = Watch::Voice.new(options.logger)
        @written = WrittenDumps.new(options.directory)
      end

      # The path of the directory (String).
      def directory
        @options.directory
      end

      # Begins a dump, unless something forbids it. +mount+ is the path at which the application is
      # mounted. If +wanted+ is given, only the process with that number does it.
      def ask(mount, wanted = nil)
        pid = @machine.pid
        return another(pid, wanted) unless [nil, pid].include?(wanted)

        @mutex.synchronize do
          begin_life(pid) unless @process == pid
          @dumping.follow
          attempt(mount)
        end
      end

      # What has become of a dump.
      def told(series, id)
        fields = @written.find(series, id)
        return Reply.new(200, { **fields, **here }) if fields

        Reply.refusal(404, "not_found",
                      "there is no such dump on this host: it has failed, and the log says why, " \
                      "or it was removed, or another host has it", **here)
      end

      # Something is wrong with this library.
      def failed(error)
        @voice.say("a request has failed: #{error.message} (#{error.class})")
      end

      private

      def begin_life(pid)
        @dumping&.forget # the parent's
        @gauge&.close
        @gauge = Watch::Gauge.new(@machine, @options.limit)
        @names = Watch::Names.new(@options.name, @machine)
        stats = Watch::Stats.new
        @dumping = Watch::Dumping.new(options: @options, names: @names, machine: @machine,
                                      gauge: @gauge, stats: stats, voice: @voice,
                                      faults: Watch::Faults.new(@machine, stats, @voice),
                                      hooks: ->(*) {}, dumper: method(:start))
        @process = pid
      end

      def start(path, **options)
        @path = path
        @pending = @dumper.call(path, **options)
      end

      def attempt(mount)
        question = Question.new
        strike = Watch::Strike.new(rule: :ask, words: "it was asked for over HTTP", urgent: true,
                                   source: question)
        facts = observe
        return begun(mount) if @dumping.attempt(strike, facts) == :begun
        return Reply.refusal(503, facts.refused.to_s, question.words, **here) if question.words

        Reply.refusal(409, "busy", "a dump into #{directory} is under way already; ask again " \
                                   "when it has ended", **here)
      end

      def observe
        @gauge.refresh
        Watch::Facts.new(@gauge, @machine.time, @machine.seconds, @process,
                         [Work.jobs, Work.requests])
      end

      def begun(mount)
        finish(@dumping, @pending)
        id = @written.id(@path)
        Reply.new(202, { state: "writing", id: id, **here }, "location" => "#{mount}/#{id}")
      end

      # Waits for the end in a thread that lives no longer than the dump. Without one, the next
      # question finishes it.
      def finish(dumping, pending)
        thread = Thread.new do
          pending.wait
          @mutex.synchronize { dumping.follow }
        end
        thread.name = "heapdump"
      rescue ThreadError
        nil
      end

      def another(pid, wanted)
        Reply.refusal(421, "another_process",
                      "this is process #{pid}, not #{wanted}; ask again, over a new connection",
                      **here)
      end

      def here
        { pid: @machine.pid, host: @machine.host }
      end
    end
  end
end

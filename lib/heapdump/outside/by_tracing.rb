# frozen_string_literal: true

require "json"
require_relative "../extension"
require_relative "../report"
require_relative "agent_call"
require_relative "check"
require_relative "contents"
require_relative "loan"
require_relative "permission"
require_relative "prebuilt"
require_relative "ruby_image"
require_relative "work_directory"

module HeapDump
  module Outside
    # Dumps a process that is not prepared for it: another program calls a few functions in it, so
    # that the process loads the extension and starts a forked dump at its next safe point
    # (AgentCall). How they are called is left to a subclass, which defines:
    #
    #   name                       what it is called: "gdb", "ptrace"
    #   check_itself(list)         its own conditions
    #   hand_over(call)            the address of the agent in the process; nil where it is not
    #                              ready, with a reason in @reason
    #   hand_over_to_all(call, at) the same agent for every thread
    #   held                       for how many seconds the process was held so far
    class ByTracing
      # At these times, in seconds, the job is given to all threads, unless it has begun before.
      AGAIN = [3, 10, 30].freeze
      TRIES = 5
      # The path that gives the file of counts its name, and how many bytes of that file are read at
      # most.
      COUNTS = "/var/tmp/counts.json"
      MOST_COUNTS = 1 << 24

      # As the platform of a Ruby begins that this machine runs itself.
      CPU = RbConfig::CONFIG["host_cpu"]
      private_constant :CPU

      def initialize(target)
        @target = target
      end

      # The conditions, checked in this order (Checks). It ends with the first one that is not met.
      def checks
        list = Checks.new
        check_itself(list)
        list.check("permission") { Permission.new(@target).check }
        list.check("state") { state }
        list.check("ruby") { ruby }
        list.check("version") { version }
        list.check("extension") { extension }
        list.check("functions") { functions }
        list
      end

      # Dumps to +path+ and returns the figures of the dump (Hash), with its path: another one where
      # the process cannot load the library of the ending (Compression.names). +strings+ is the
      # option of HeapDump.dump; with nil the process decides, by what it has for its own dumps
      # (agent.rb). Raises HeapDump::Error.
      def dump(path, timeout:, gc: false, strings: nil)
        keywords = { gc: gc, fork: true, timeout: [timeout.ceil, 1].max }
        keywords[:strings] = strings if strings
        perform("dump", path, keywords, timeout) do |directory, report|
          { path: directory.deliver(path, report.fetch(:missing)), **report, held: held }
        end
      end

      # Counts objects as HeapDump.counts does, by class below the +namespaces+ (their names).
      # Returns the counts, the namespaces of which the process has no class or module, and for how
      # many seconds the process was held. Raises HeapDump::Error.
      def count(namespaces, timeout:, gc: false)
        keywords = { namespaces: namespaces, gc: gc }
        perform("count the objects of", COUNTS, keywords, timeout) do |directory|
          [*counts_of(directory.content(MOST_COUNTS), namespaces), held]
        end
      end

      private

      # Makes the process do what the keywords say. Yields the directory into which the process has
      # written, and its report.
      def perform(what, path, keywords, timeout)
        bad = checks.first_failure
        raise Error, "cannot #{what} process #{@target.pid} by #{name}: #{bad.message}" if bad

        WorkDirectory.open(@target, path, code: lent?) do |directory|
          extension = lent? ? directory.lend(file) : file
          arguments = [extension, directory.inner_path, directory.inner_dumps, keywords]
          call = AgentCall.new(@target, image, arguments)
          inject(call)
          yield directory, await(directory, call, timeout)
        end
      end

      # Parses the counts. The process may have written anything, so everything is checked.
      def counts_of(text, namespaces)
        answer = JSON.parse(text)
        counts, missing = answer.values_at("counts", "missing") if answer.is_a?(Hash)
        raise JSON::ParserError unless counts.is_a?(Hash) && missing.is_a?(Array)

        numbers = counts.values.flat_map { |one| one.is_a?(Hash) ? one.values : [one] }
        known = (missing - namespaces.each_index.to_a).empty?
        raise JSON::ParserError unless numbers.all?(Integer) && known

        [counts, namespaces.values_at(*missing)]
      rescue JSON::ParserError
        raise Error, "process #{@target.pid} has put something else in place of its counts"
      end

      def image
        @image ||= RubyImage.find(@target)
      end

      def state
        tracer = @target.tracer
        return ["process #{tracer} is tracing it already; end that one first", false] if tracer

        @target.running
      end

      def ruby
        return ["it runs no Ruby that can be recognized (MRI on 64 bits)", false] unless image

        runs = "it runs Ruby #{image.version} (#{image.platform})"
        return ["#{runs} from #{image.path}", true] if image.platform.start_with?("#{CPU}-")

        ["#{runs}, which this machine emulates: its functions cannot be called from outside", false]
      end

      def version
        ours = "Ruby #{RUBY_VERSION} (#{RUBY_PLATFORM})"
        return ["this heapdump is built for #{ours}", true] if prebuilt.ours?
        return ["this heapdump has an extension for it", true] if prebuilt.path

        others = prebuilt.kinds.map { |kind| ", #{kind}" }.join
        ["it runs Ruby #{image.version} (#{image.platform}), but this heapdump is built " \
         "for #{ours}#{others}; use the heapdump that is installed for that Ruby", false]
      end

      def extension
        if !File.file?(file)
          ["#{file} is missing; install the gem again, or compile it", false]
        elsif !image.satisfies?(file)
          ["#{file} is linked with another libruby than #{image.path}", false]
        elsif lent?
          obstacle = Loan.obstacle(image, file)
          ["it does not see #{file} (a container?); " \
           "#{obstacle || "it gets a copy for as long as the dump takes"}", obstacle.nil?]
        else
          ["it sees #{file}", true]
        end
      end

      def functions
        missing = AgentCall.missing(image)
        [missing || "it has every function that is needed", missing.nil?]
      end

      # Whether the process does not see the extension, and so gets a copy.
      def lent?
        @lent = !@target.sees?(file) if @lent.nil?
        @lent
      end

      def prebuilt
        @prebuilt ||= Prebuilt.new(image)
      end

      # The extension for it.
      def file
        prebuilt.path || Extension.path
      end

      # If the process is not ready (Ruby is only starting), it tries again after a while.
      def inject(call)
        TRIES.times do
          return if (@armed = hand_over(call))

          @target.check_existence
          sleep rand(0.05..0.3)
        end
        raise Error, "#{name} could not make process #{@target.pid} dump: #{@reason}"
      end

      def await(directory, call, timeout)
        started = now
        again = AGAIN.dup
        loop do
          report = report_in(directory)
          return report if report

          waited = now - started
          give_up(timeout) if waited > timeout
          raise Error, "process #{@target.pid} ended during the dump" unless @target.alive?

          if again.any? && waited > again.first && !@begun
            again.shift
            hand_over_to_all(call, @armed)
          end
          sleep 0.01
        end
      end

      def give_up(timeout)
        reason = "it came to no point at which Ruby code could run (is it inside of a C function?)"
        reason = "the dump was not finished" if @begun
        raise Error, "no dump of process #{@target.pid} within #{timeout} s: #{reason}"
      end

      def report_in(directory)
        lines = directory.report.to_s.lines.grep(/\n\z/)
        @begun = lines.any?
        result(lines)
      end

      def result(lines)
        last = lines.last.to_s.chomp
        case last[/\A\w+/]
        when "counted" then {}
        when "refused"
          raise Error, "process #{@target.pid} could not do it: #{last.delete_prefix("refused ")}"
        else dump_result(lines.first.to_s, Report.of(last))
        end
      end

      def dump_result(started, report)
        return unless report
        raise Error, failure(report) unless report.whole?

        gc_seconds, pause, strings, source, missing = started[/\Astarted (.*)/, 1].to_s.split
        { objects: report.objects, bytes: report.bytes, seconds: report.seconds,
          pause: pause.to_f, gc_seconds: gc_seconds.to_f, processes: report.processes,
          missing: missing.to_s[/\A\d\z/].to_i, **Contents.of(strings, source) }
      end

      def failure(report)
        reason = "#{words(report.errno)} (while #{report.where})"
        unless report.signal.zero?
          reason = "one of its processes was killed by SIG#{Signal.signame(report.signal)} " \
                   "after #{Terminal::Units.plural(report.objects, "object")}"
        end
        "the dump of process #{@target.pid} failed: #{reason}"
      end

      # Some numbers have a meaning of their own, which the dumper's extension knows.
      def words(errno)
        require "heapdump"
        HeapDump.send(:reason, errno)
      rescue LoadError
        SystemCallError.new(nil, errno).message
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end

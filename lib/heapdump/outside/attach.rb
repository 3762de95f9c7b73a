# frozen_string_literal: true

require_relative "../extension"
require_relative "prebuilt"
require_relative "priority"

module HeapDump
  module Outside
    # The program that calls functions in a stopped thread of another process (ext/attach). It gets
    # a plan (AttachPlan), and does it while the thread stands still. Whatever happens to the
    # program, the process goes on: killing it does no harm.
    class Attach
      # The program cannot do it in this process, and has changed nothing; gdb may be able to.
      class Cannot < Error; end

      NAME = "attach"
      MISSING = "heapdump's program for it was not built here (it is for Linux on x86-64 and " \
                "aarch64, and needs a C compiler); gdb does it too (Debian: apt-get install gdb)"
      # It gives up by itself long before.
      SECONDS = 60
      # What it prints about a variable.
      VARIABLE = /^([a-z]) (\h+)$/
      private_constant :SECONDS, :VARIABLE

      # What it says: an outcome ("done", "later", "cannot", "failed"), the reason, and the
      # variables of the plan that are not 0 (name => Integer).
      Answer = Struct.new(:outcome, :words, :variables) do
        def cannot?
          outcome == "cannot"
        end

        def failed?
          outcome == "failed"
        end
      end

      # Its path, nil if it was not built.
      def self.find
        [Extension.find(NAME), Prebuilt.program(NAME)].find do |path|
          File.file?(path) && File.executable?(path)
        end
      end

      # For how many seconds it has held the process, in all runs so far.
      attr_reader :held

      def initialize(program = Attach.find)
        @program = program
        @held = 0.0
      end

      # Does a plan (String). Raises Cannot if the program cannot be run.
      def run(plan)
        output = perform(plan)
        outcome, words = output.lines.last.to_s.chomp.split(" ", 2)
        unless %w[done later cannot failed].include?(outcome)
          raise Error, "#{@program} ended without an answer"
        end

        @held += output[/^held ([\d.]+)$/, 1].to_f
        variables = output.scan(VARIABLE).to_h { |name, digits| [name, digits.hex] }
        Answer.new(outcome, words, variables)
      end

      private

      def perform(plan)
        input, script = IO.pipe
        reader, writer = IO.pipe
        pid = spawn(input, writer)
        [input, writer].each(&:close)
        Priority.highest(pid)
        send_plan(script, plan)
        output_of(pid, reader)
      ensure
        [input, script, reader, writer].each { |io| io&.close }
      end

      # Without our signals: an interrupt by the user is for this command alone.
      def spawn(input, output)
        Process.spawn({}, @program, in: input, out: output, pgroup: true, unsetenv_others: true)
      rescue SystemCallError => e
        raise Cannot, "#{@program} cannot be run: #{SystemCallError.new(nil, e.errno).message}"
      end

      def send_plan(script, plan)
        script.write(plan)
        script.close
      rescue Errno::EPIPE
        nil # its answer says why
      end

      def output_of(pid, reader)
        waiter = Process.detach(pid)
        output = Thread.new { reader.read }
        output.report_on_exception = false # after an interrupt the pipe is closed meanwhile
        return output.value if waiter.join(SECONDS)

        Process.kill(:KILL, pid)
        raise Error, "#{@program} did not end within #{SECONDS} s"
      rescue Errno::ESRCH
        output.value
      end
    end
  end
end

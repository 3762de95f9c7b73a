# frozen_string_literal: true

require "rbconfig"
require "tempfile"
require_relative "../extension"
require_relative "../pipe_reader"

module HeapDump
  module Measure
    # Runs a job beside an application in a process of its own, and returns its answer.
    #
    #   Child.new(app, timeout: 600).ask(what: :resident) # => {files: ["/srv/shop/config.ru"], …}
    class Child # :nodoc:
      INSIDE = "#{__dir__}/inside.rb".freeze
      # So many of the last lines that the application has printed are kept.
      LINES = 10
      TAIL = 4096 # bytes
      private_constant :INSIDE, :LINES, :TAIL

      def initialize(app, timeout:)
        @app = app
        @timeout = timeout
      end

      # +job+ is what measure/inside.rb takes (Hash). Raises Failed if the application ends, raises,
      # gives wrong answers, or is not done in time.
      def ask(job)
        log = Tempfile.new("heapdump-measure")
        told = run(Marshal.dump({ entry: @app.entry, **job }), log)
        answer = told.empty? ? nothing : Marshal.load(told) # rubocop:disable Security/MarshalLoad -- of our own child
        return answer unless answer[:failed]

        raise Failed.new(Trouble.new(@app, job, answer).to_s, last_lines(log))
      ensure
        log&.close!
      end

      private

      def nothing
        { failed: :ended, status: @status }
      end

      def run(job, log)
        input, ours = IO.pipe(binmode: true)
        answers, theirs = IO.pipe(binmode: true)
        pid = Process.spawn(@app.variables, *command, in: input, out: log, err: log, 3 => theirs,
                                                      chdir: @app.directory, pgroup: true)
        [input, theirs].each(&:close)
        send_job(ours, job)
        listen(answers)
      ensure
        [input, ours, answers, theirs].compact.each(&:close)
        finish(pid) if pid
      end

      def send_job(io, job)
        io.write(job)
        io.close
      rescue Errno::EPIPE
        nil # it has ended already, and its log says why
      end

      # The extension may lie in a directory of its own.
      def command
        paths = [File.dirname(__dir__, 2), File.dirname(Extension.path, 2)].uniq
        bundler = @app.gemfile && !ENV.fetch("RUBYOPT", "").include?("bundler/setup")
        [RbConfig.ruby, *paths.flat_map { |path| ["-I", path] },
         *("-rbundler/setup" if bundler), INSIDE]
      end

      def listen(answers)
        PipeReader.read(answers, @timeout) or
          raise Failed, "the application was not measured within #{@timeout} s; --timeout gives " \
                        "more"
      end

      # What the application has started ends with it.
      def finish(pid)
        2.times do
          @status = Process.wait2(pid, Process::WNOHANG)&.last and break
          sleep 0.05
        end
        Process.kill(:KILL, -pid)
        @status ||= Process.wait2(pid).last
      rescue Errno::ESRCH, Errno::ECHILD
        nil
      end

      def last_lines(log)
        log.seek([log.size - TAIL, 0].max)
        log.read.lines(chomp: true).last(LINES)
      end
    end
  end
end

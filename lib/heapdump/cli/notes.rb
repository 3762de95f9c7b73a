# frozen_string_literal: true

require_relative "command"
require_relative "../watch/life"
require_relative "../watch/machine"

module HeapDump
  module CLI
    # Shows the notes that watched processes have left.
    class Notes < Command
      WHOSE = "rss, pss and private: of the process; used and limit: of its container, or of the " \
              "machine."
      MOST_WORK = 10
      private_constant :WHOSE, :MOST_WORK

      usage "DIR"
      limit 50
      details <<~TEXT
        DIR is the directory of HeapDump.watch. Without --pid there is one row for each process: what
        its last sample says and when that was, its dumps, and how it ended (exit, with the time;
        killed: it said nothing, and the process after it has told so; gone: it said nothing, and is
        not there any more; running; unknown: it was on another machine). With --pid there is one
        row for each minute, and the work that was counted. The newest --limit rows are shown, the
        last one below. rss, pss and private are the memory of the process; used and limit are those
        of its container, or of the machine.
      TEXT

      def options(parser)
        number_option(parser, "--pid PID", 1.., "the minutes of this process") { |n| @pid = n }
      end

      def call(directory)
        lives = Watch::Life.all(directory)
        none = "there are no notes in #{directory}; HeapDump.watch writes them"
        raise Error, none if lives.empty?

        lives = lives.select { |life| life.pid == @pid } if @pid
        raise NotFound, "there are no notes of a process #{@pid} in #{directory}" if lives.empty?

        json? ? json(lives) : show(lives)
        OK
      end

      private

      def json(lives)
        print_json(processes: lives.last(limit).map do |life|
          { pid: life.pid, host: life.host, app: life.app, begun: life.begun, seen: life.seen,
            state: state(life), dumps: life.dumps,
            samples: @pid ? life.samples : life.samples.last(1) }
        end)
      end

      def show(lives)
        screen.table(@pid ? minutes(lives) : processes(lives))
        screen.line(WHOSE)
        show_work(lives) if @pid
        life = lives.reverse_each.find { |one| one.dumps.any? }
        screen.line("The dumps of process #{life.pid}: `#{life.command}`") if life
      end

      def show_work(lives)
        totals = work(lives.flat_map(&:samples).last(limit))
        return if totals.empty?

        table = Terminal::Table.new(%w[number work], right: 1)
        totals.max_by(MOST_WORK, &:last).each do |name, number|
          table.row(Terminal::Units.count(number), name)
        end
        screen.table(table)
      end

      # How often each kind of work was counted (Hash).
      def work(samples)
        samples.each_with_object(Hash.new(0)) do |sample, totals|
          work = sample["work"]
          work.each { |name, n| totals[name] += n if n.is_a?(Integer) } if work.is_a?(Hash)
        end
      end

      # A process of this machine can be looked for.
      def state(life)
        return life.state if life.state != "unknown" || life.host != Watch::Machine.new.host

        return "gone" unless there?(life.pid)

        started = Watch::Processes.new("", Process.pid).started(life.pid)
        return "unknown" if started.nil? || life.started.nil?

        started == life.started ? "running" : "gone"
      end

      def there?(pid)
        Process.kill(0, pid)
        true
      rescue Errno::EPERM
        true
      rescue Errno::ESRCH, RangeError
        false
      end

      def processes(lives)
        table = Terminal::Table.new(["pid", "rss", "private", "used", "limit", "dumps", "begun",
                                     "last sample", "ended", "program"],
                                    right: 6)
        lives.last(limit).each do |life|
          table.row(life.pid.to_s, *sizes(life.last, %w[rss private working_set limit]),
                    life.dumps.size.to_s, life.begun, life.last["time"].to_s, ended(life),
                    life.app || "?")
        end
        table
      end

      def ended(life)
        state = state(life)
        state == "exit" ? "exit #{life.seen}" : state
      end

      def minutes(lives)
        table = Terminal::Table.new(%w[rss pss private used slots old GCs requests jobs time],
                                    right: 9)
        lives.flat_map(&:samples).last(limit).each do |sample|
          table.row(*sizes(sample, %w[rss pss private working_set]),
                    *counts(sample, %w[live_slots old_objects major_gc requests jobs]),
                    sample["time"].to_s)
        end
        table
      end

      def sizes(sample, names)
        sample.values_at(*names).map { |n| n.is_a?(Integer) ? Terminal::Units.bytes(n) : "?" }
      end

      def counts(sample, names)
        sample.values_at(*names).map { |n| n.is_a?(Integer) ? Terminal::Units.count(n) : "?" }
      end
    end
  end
end

# frozen_string_literal: true

require_relative "command"
require_relative "../watch/life"

module HeapDump
  module CLI
    # Shows the notes that watched processes have left.
    class Notes < Command
      usage "DIR"
      limit 50
      details <<~TEXT
        DIR is the directory of HeapDump.watch. Without --pid there is one row for each process: when
        it began and was last seen, how it ended (exit; killed: it said nothing, and the process
        after it has told so; unknown: it may still run), what it used in the end, its dumps. With
        --pid there is one row for each minute. The newest --limit rows are shown, the last one below.
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
            state: life.state, dumps: life.dumps,
            samples: @pid ? life.samples : life.samples.last(1) }
        end)
      end

      def show(lives)
        screen.table(@pid ? minutes(lives) : processes(lives))
      end

      def processes(lives)
        table = Terminal::Table.new(%w[pid rss private used limit dumps begun seen ended program],
                                    right: 6)
        lives.last(limit).each do |life|
          table.row(life.pid.to_s, *sizes(life.last, %w[rss private working_set limit]),
                    life.dumps.size.to_s, life.begun, life.seen, life.state,
                    life.app || "?")
        end
        table
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

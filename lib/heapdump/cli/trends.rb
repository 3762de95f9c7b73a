# frozen_string_literal: true

require_relative "command"
require_relative "figures"
require_relative "trends_csv"
require_relative "trends_lines"
require_relative "../leaks"
require_relative "../trends"

module HeapDump
  module CLI
    # Shows how processes developed over many dumps.
    class Trends < Command
      include Figures

      usage "FILE … or DIRECTORY"
      limit 20
      details <<~TEXT
        Dumps are put together by process, and judged where there are four of one process or more. With
        two or three, `heapdump leaks` says more. Each line (a part of the process, a class, objects that
        are held in one way) is one of these:

          static         the same number in all dumps, but for 1 %
          fast dynamic   it goes up and down
          slow dynamic   it fills up: its pace falls, or it has stopped; where it would end is told
          leak           it rises more than chance explains, does not slow down, and its low boundary rises

        A part of the process "may be garbage" while fewer than four major GCs have run. "per 1,000" is
        per 1,000 requests or jobs.

        A leak is told once: what its objects hold, and their class, are told with it. "Not Ruby objects"
        is what a library in C, or the VM, allocates. docs/trends.md has the rules.

        What is needed of a dump is kept beside it (DUMP.hdextract), so that the next time is quick, also
        when the dump was removed. In a directory of HeapDump.watch, the dumps of all its processes are
        taken.

        --fail-on makes the exit status 2 if a leak of any process meets it: any, 'retained>5MB' or
        'count>100' (`heapdump help leaks`). `any` is also met by memory that is not Ruby objects.
      TEXT

      def call(first, *others)
        raise UsageError, "give either --csv or --json" if @csv && json?

        found = find([first, *others])
        if @csv then TrendsCsv.new(found).write(out)
        elsif json? then print_json(json(found))
        else TrendsLines.new(screen, limit).show(found)
        end
        failed(found)
      end

      private

      def options(parser)
        parser.on("--csv", "a table: one row for each process, dump and name") { @csv = true }
        parser.on("--fail-on CONDITION", "exit status 2 if a leak meets it",
                  "(any, retained>5MB, count>100);", "may be repeated") { |text| add_gate(text) }
        parser.on("--strict", "an error where a dump is damaged or not whole, instead of",
                  "a warning") { @strict = true }
      end

      def gates
        @gates ||= []
      end

      def add_gate(text)
        gate = HeapDump::Leaks::Gate.new(text)
        if gate.process?
          raise ArgumentError,
                "#{text} is about the process: `heapdump leaks` has it"
        end

        gates << gate
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      def find(paths)
        found = work { |before| HeapDump::Trends.of(*paths, strict: @strict || false, &before) }
        [*found.warnings, *found.flat_map { |one| one.warnings.map { "#{one.title}: #{_1}" } }]
          .uniq.each { |text| err.puts Terminal::Text.safe("heapdump: warning: #{text}") }
        found
      end

      # Shows which dump is being read, and how far that is.
      def work
        dump = number = all = nil
        figures = lambda do
          phase, done, total = dump&.progress
          ["dump #{number.to_i + 1} of #{all || "?"}: #{phase || "working"}", done || 0, total || 0]
        end
        Terminal::Progress.new(err).during(figures) do
          yield lambda { |snapshot, at, size|
            dump = snapshot
            number = at
            all = size
          }
        end
      end

      def json(found)
        { **found.to_h, gates: gates.map do |gate|
          { condition: gate.text, failed: met?(gate, found) }
        end }
      end

      def met?(gate, found)
        return !found.clean? if gate.text.casecmp?("any")

        found.any? { |series| series.leaks.any? { |leak| gate.met?(leak) } }
      end

      # A gate must not pass where nothing can be judged.
      def failed(found)
        if gates.any? && found.none?(&:judged?)
          raise Error, "cannot judge: no process has four dumps or more, over more than a " \
                       "second; `heapdump leaks` has the same conditions for three"
        end
        met = gates.select { |gate| met?(gate, found) }
        met.each { |gate| screen.line([:red, "Failed: #{gate.text}"]) } unless json? || @csv
        met.any? ? GATE_FAILED : OK
      end
    end
  end
end

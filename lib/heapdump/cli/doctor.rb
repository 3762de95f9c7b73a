# frozen_string_literal: true

require_relative "outside_command"

module HeapDump
  module CLI
    # Shows which method of dumping a process will work.
    class Doctor < OutsideCommand
      usage "PID"
      details <<~TEXT
        It looks and changes nothing. `heapdump take` uses the first method that works: a signal
        for which the process has a handler (HeapDump.on_signal), or gdb. Exit status 1 if neither
        would work.
      TEXT

      def call(pid)
        target = target(pid)
        ways = { "signal" => Outside::BySignal.new(target), "gdb" => Outside::ByGdb.new(target) }
        checks = ways.transform_values { |way| way.checks.to_a }
        way = checks.find { |_, list| list.all?(&:ok) }&.first
        json? ? print_json(fields(target, checks, way)) : print_text(target, checks, way)
        way ? OK : ERROR
      end

      private

      def fields(target, checks, way)
        ways = checks.transform_values do |list|
          { works: list.all?(&:ok), checks: list.map do |check|
            check.to_h.slice(:name, :ok, :message)
          end }
        end
        { pid: target.pid, user: target.user, way: way, ways: ways,
          ruby_children: ruby_children(target) }
      end

      def print_text(target, checks, way)
        checks.each do |name, list|
          screen.line "#{name}: #{list.all?(&:ok) ? "works" : "does not work"}"
          list.each do |check|
            screen.line "  #{check.ok ? "ok" : "NO"}  #{check.name}: #{check.message}"
          end
        end
        screen.line(way ? "`heapdump take #{target.pid}` will use #{way}." : "No method works.")
        print_children(target.pid, ruby_children(target))
      end
    end
  end
end

# frozen_string_literal: true

require_relative "ways"

module HeapDump
  module CLI
    # Which method of dumping a process will work, and why the others will not.
    class WayLines
      # As they were given.
      attr_reader :children

      # +children+ are the child processes that run Ruby.
      def initialize(target, children)
        @target = target
        @children = children
        @checks = Ways.all(target).transform_values { |way| way.checks.to_a }
        @way = @checks.find { |_, list| list.all?(&:ok) }&.first
      end

      def pid
        @target.pid
      end

      # Whether one works.
      def fine?
        !@way.nil?
      end

      # For programs (Hash).
      def fields
        ways = @checks.transform_values do |list|
          { works: list.all?(&:ok), checks: list.map do |check|
            check.to_h.slice(:name, :ok, :message)
          end }
        end
        { pid: pid, user: @target.user, way: @way, ways: ways, ruby_children: children }
      end

      def show(screen)
        @checks.each do |name, list|
          screen.line "#{name}: #{list.all?(&:ok) ? "works" : "does not work"}"
          list.each do |check|
            screen.line "  #{check.ok ? "ok" : "NO"}  #{check.name}: #{check.message}"
          end
        end
        screen.line(@way ? "`heapdump take #{pid}` will use #{@way}." : "No method works.")
      end
    end
  end
end

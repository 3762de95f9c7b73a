# frozen_string_literal: true

module HeapDump
  module CLI
    # What was found of a container, in a line each.
    class ContainerLines
      MARKS = { ok: "ok", note: "--", wrong: "NO" }.freeze
      private_constant :MARKS

      # +findings+ are those of Outside::Container.
      def initialize(findings)
        @findings = findings
      end

      # Whether nothing stands in the way of a dump.
      def fine?
        @findings.none? { |one| one.state == :wrong }
      end

      # For programs (Hash).
      def fields
        { container: @findings.map do |one|
          { **one.to_h.slice(:name, :state, :message, :advice), **one.figures }
        end }
      end

      def show(screen)
        screen.line("container:")
        width = @findings.map { |one| one.name.size }.max
        @findings.each do |one|
          words = [one.message, one.advice].compact.join("; ")
          screen.line("  #{MARKS.fetch(one.state)}  #{one.name.ljust(width)}  #{words}")
        end
      end
    end
  end
end

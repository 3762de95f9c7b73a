# frozen_string_literal: true

module HeapDump
  module Html
    # The head of the page about a block.
    class BlockHead
      include Terminal::Units

      Template.define(self, :markup, "block_head")

      def initialize(report)
        @report = report
      end

      # What the browser shows as the title of the page.
      def title
        "What #{Markup.name(@report.label)} leaves behind"
      end

      private

      attr_reader :report

      def sentence
        return "Nothing is retained." if report.retained.none?

        verb = report.retained.objects == 1 ? "is" : "are"
        "#{figures(report.retained)} #{verb} retained#{per_run}#{growth}."
      end

      def growth
        return if report.times == 1

        report.retained.grows? ? ", and each run adds to it" : ", but not each run adds to it"
      end

      def per_run
        report.times > 1 ? " per run" : ""
      end

      def figures(sum)
        "#{plural(sum.objects, "object")} (#{bytes(sum.bytes)})"
      end

      def facts
        { "allocated" => "#{figures(report.allocated)}#{per_run}",
          "runs" => "#{report.times}, after #{plural(report.warmup, "warm-up")}",
          "seconds" => report.seconds.map { |one| format("%.3f", one) }.first(9).join(", "),
          "GCs" => report.gcs.first(9).join(", "), "Ruby" => RUBY_VERSION }
      end
    end
  end
end

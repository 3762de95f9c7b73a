# frozen_string_literal: true

module HeapDump
  class BlockReport
    # A report as plain Hashes and Arrays, for JSON.
    class Json # :nodoc:
      SCHEMA_VERSION = 1
      private_constant :SCHEMA_VERSION

      def initialize(report)
        @report = report
      end

      def to_h
        { schema_version: SCHEMA_VERSION, label: @report.label, ruby: RUBY_VERSION,
          warmup: @report.warmup, times: @report.times, seconds: @report.seconds,
          gcs: @report.gcs, unseen: @report.unseen, settled: @report.settled?,
          allocated: sums(@report.allocated), alive: sums(@report.alive),
          retained: retained(@report.retained) }
      end

      private

      def sums(allocated)
        { objects: allocated.objects, bytes: allocated.bytes, ages: allocated.ages,
          internal: row(allocated.internal).slice(:objects, :bytes),
          by: Allocated::BY.to_h { |by| [by, allocated.by(by).map { |one| row(one) }] } }
      end

      # Of what lives, nobody knows yet how long.
      def row(row)
        hash = row.to_h
        hash.delete(:ages) if hash[:ages].empty?
        hash
      end

      def retained(retained)
        { objects: retained.objects, bytes: retained.bytes, grows: retained.grows?,
          groups: retained.groups.map { |group| group(group) }, more: retained.more.to_h,
          aside: retained.aside.transform_values { |groups| groups.map { |one| group(one) } },
          more_aside: retained.more_aside.transform_values(&:to_h),
          internal: { objects: retained.internal_objects, bytes: retained.internal_bytes } }
      end

      def group(group)
        group.to_h.except(:reason).merge(grows: group.grows?)
      end
    end
    private_constant :Json
  end
end

# frozen_string_literal: true

require_relative "directory"
require_relative "../whole_file"

module HeapDump
  class Watch
    # What is known of a dump, in a file beside it, so that nobody has to open the dump for it.
    module Manifest # :nodoc:
      VERSION = 1
      # Where deployments say which revision runs.
      REVISIONS = %w[HEAPDUMP_REVISION GIT_SHA HEROKU_SLUG_COMMIT SOURCE_VERSION].freeze
      private_constant :VERSION, :REVISIONS

      module_function

      # Raises SystemCallError.
      def write(running, result, names, number)
        fields = { version: VERSION, file: File.basename(result.path), app: names.app,
                   host: names.host, pid: names.pid, series: names.series, number: number,
                   rule: running.strike.rule, why: running.strike.words, ask: running.strike.ask,
                   revision: ENV.values_at(*REVISIONS).compact.find { |text| !text.empty? },
                   objects: result.objects, bytes: result.bytes, seconds: result.seconds,
                   pause: result.pause, work: Work.totals, facts: running.facts.to_h }
        WholeFile.write_json(result.path + DumpFiles::MANIFEST, fields.compact)
      end
    end
  end
end

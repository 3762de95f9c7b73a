# frozen_string_literal: true

require "json"
require "time"

module HeapDump
  module Convert
    # The row of the table "dump": what header and footer say, and the sums of the heap.
    module DumpRow # :nodoc:
      COLUMNS = {
        dump_id: :number, file: :text, app: :text, time: :text, host: :text, pid: :number,
        program: :text, ruby: :text, platform: :text, heapdump: :text, strings: :text,
        gc_ran: :boolean, gc_count: :number, rss: :number, objects: :number, memsize: :number,
        reachable_objects: :number, reachable_memsize: :number, edges: :number, whole: :boolean,
        warnings: :text, with_values: :boolean, header: :text, footer: :text
      }.freeze
      # What a name of an app may have, in paths as well.
      APP = /[^A-Za-z0-9._-]+/
      private_constant :APP

      module_function

      # The cells behind that of the dump's number.
      def of(snapshot, values:)
        found = header(snapshot).merge(sums(snapshot)).merge(
          file: File.basename(snapshot.path), app: app(snapshot), whole: snapshot.whole,
          edges: snapshot.graph.edge_count,
          warnings: snapshot.warnings.empty? ? nil : snapshot.warnings.join("\n"),
          with_values: values,
          header: snapshot.graph.header, footer: snapshot.graph.footer
        )
        COLUMNS.keys.drop(1).map { |name| found[name] }
      end

      # The first word of the program's name without its folder: "puma" of "puma: cluster worker 0".
      def app(snapshot)
        word = File.basename(Terminal::Text.valid(snapshot.header["program"].to_s)[/[^\s:]+/].to_s)
        word = word.gsub(APP, "_").delete_prefix(".")
        word.empty? ? "unknown" : word
      end

      # The day on which the dump was taken: "2026-11-21"; "unknown" if the header does not say it.
      def date(snapshot)
        Time.iso8601(snapshot.header["time"]).strftime("%F")[/\A\d{4}-\d\d-\d\d\z/] || "unknown"
      rescue ArgumentError, TypeError
        "unknown"
      end

      def header(snapshot)
        header = snapshot.header
        found = %w[time host pid program ruby platform heapdump gc_ran].to_h do |name|
          [name.to_sym, header[name]]
        end
        found.merge(strings: header["strings"]&.to_s, gc_count: inside(header, "gc", "count"),
                    rss: inside(header, "memory", "rss"))
      end

      def sums(snapshot)
        objects, bytes, garbage, garbage_bytes = snapshot.graph.totals
        { objects: objects + garbage, memsize: bytes + garbage_bytes, reachable_objects: objects,
          reachable_memsize: bytes }
      end

      # A dump may have anything in its header.
      def inside(header, name, field)
        value = header[name]
        value[field] if value.is_a?(Hash)
      end
      private_class_method :header, :sums, :inside
    end
    private_constant :DumpRow
  end
end

# frozen_string_literal: true

require_relative "html_file"
require_relative "reading"

module HeapDump
  module CLI
    # Shows what grew between dumps of one process.
    class Diff < Reading
      include HtmlFile

      usage "FILE LATER [LATER …] or DIRECTORY"
      limit 20
      GROUPS = %w[class type location generation gem].freeze
      details <<~TEXT
        Objects are compared by class, or as --by says, never by address: the GC moves them, and gives
        their places to others. `heapdump leaks` says what of it is a leak, and who holds it.

        --html FILE also writes the report about these dumps (`heapdump help report`).
      TEXT

      def call(first, later, *files)
        files = [first, later, *files]
        check_html(files) if html
        snapshots = in_time(files.map { |file| open_snapshot(file) })
        HeapDump::Leaks::Series.new(snapshots).strangers.each { |text| say("warning: #{text}") }
        diff = snapshots.first.diff(*snapshots.drop(1), by: @by)
        json? ? json(diff) : show(diff)
        tell_html(snapshots) if html
        OK
      end

      private

      def arguments(rest)
        @listed = rest.none? { |path| File.directory?(path) }
        super
      end

      # Sorts the dumps of a directory by the times in their headers, if all of them have one.
      def in_time(snapshots)
        times = snapshots.map { |snapshot| snapshot.header["time"] }
        return snapshots if @listed || !times.all?(String)

        snapshots.sort_by.with_index { |_, i| [times[i], i] }
      end

      def options(parser)
        super
        @by = :class
        parser.on("--by WHAT", GROUPS, "#{GROUPS.join(", ")} (default class)") do |by|
          @by = by.to_sym
        end
        parser.on("--shrunk", "what became less first") { @shrunk = true }
        html_options(parser, "--html FILE", "write the report about these dumps, too")
      end

      def show(diff)
        sizes = diff.bytes.map { |number| bytes(number) }.join(" → ")
        screen.line("Living objects: #{series(diff.counts)}   bytes: #{sizes}")
        process(diff)
        changes = @shrunk ? diff.changes.reverse : diff.changes
        return screen.line("No #{@by} differs.") if changes.empty?

        screen.blank
        screen.table(table(diff, changes.first(limit)))
        more(limit, changes.size)
        untraced(diff)
      end

      # The size of the process and of its parts, as far as all dumps have them.
      def process(diff)
        memory = diff.snapshots.map(&:account)
        return unless memory.all?(&:rss)

        sizes = memory.map { |one| bytes(one.rss) }.join(" → ")
        screen.line("Process (RSS):  #{sizes}")
        changed = changed_parts(memory)
        return if changed.empty?

        screen.blank
        screen.table(process_table(changed))
      end

      # The sizes of each part that differs between dumps, by name.
      def changed_parts(memory)
        return {} if memory.any? { |one| one.parts.empty? }

        all = memory.first.parts.keys.to_h do |name|
          [name, memory.map { |one| one.parts.fetch(name) }]
        end
        all.reject { |_, sizes| sizes.uniq.one? }
      end

      def process_table(parts)
        table = Table.new(["bytes", "bytes in each", "part of the process"], right: 2)
        parts.each do |name, sizes|
          table.row(Terminal::Units.bytes_change(sizes.last - sizes.first),
                    sizes.map { |size| bytes(size) }.join(" → "),
                    Snapshot::Account::PARTS.fetch(name))
        end
        table
      end

      TRACED = %i[location generation gem].freeze
      private_constant :TRACED

      # Says why no place or generation is known, if none is.
      def untraced(diff)
        return unless TRACED.include?(@by)
        return if diff.snapshots.any? { |snapshot| snapshot.histogram(by: :generation).known? }

        screen.line([:dim, NOT_TRACED])
      end

      def table(diff, changes)
        titles = ["bytes", "objects", "objects in each", *(diff.counts.size > 2 ? ["grew"] : [])]
        table = Table.new([*titles, @by.to_s], right: 3)
        changes.each { |change| add(table, change) }
        table
      end

      def add(table, change)
        each = if change.counts.size > 2
                 [change.grows? ? "every time" : "-"]
               else
                 []
               end
        table.row(Terminal::Units.bytes_change(change.bytes_change),
                  Terminal::Units.count_change(change.count_change), series(change.counts),
                  *each, change.label)
      end

      def series(numbers)
        numbers.map { |number| count(number) }.join(" → ")
      end

      # One entry for each dump.
      def process_json(diff)
        diff.snapshots.map do |snapshot|
          { rss: snapshot.account.rss, parts: snapshot.account.parts }
        end
      end

      def json(diff)
        changes = @shrunk ? diff.changes.reverse : diff.changes
        print_json(dumps: diff.snapshots.map(&:path), by: @by.to_s,
                   objects: diff.counts, bytes: diff.bytes, process: process_json(diff),
                   total: changes.size,
                   changes: changes.first(limit).map do |change|
                     { key: change.key, label: change.label, counts: change.counts,
                       bytes: change.bytes, retained: change.retained,
                       count_change: change.count_change, bytes_change: change.bytes_change,
                       grows_every_time: change.grows? }
                   end)
      end
    end
  end
end

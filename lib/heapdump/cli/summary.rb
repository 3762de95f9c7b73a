# frozen_string_literal: true

require_relative "ended_threads"
require_relative "in_json"
require_relative "memory_section"
require_relative "reading"
require_relative "strings"

module HeapDump
  module CLI
    # Shows what the heap consists of, at a glance.
    class Summary < Reading
      include InJSON
      include MemorySection

      usage "FILE"
      limit 10
      # 2: without --all, what is not the program's is left out of the rows and summed up as
      # "besides"
      SCHEMA_VERSION = 2
      PARTS = %i[
        memory account types classes code_by_gem generations locations gems most_referred
        duplicate_strings
      ].freeze
      HISTOGRAMS = %i[types classes generations locations gems].freeze
      OTHERS = {
        class: "threads, code, and the VM's own (--all shows them)",
        type: "code, and the VM's own (--all shows them)"
      }.freeze
      private_constant :OTHERS
      details <<~TEXT
        Where the memory of the process is, then living objects by type, class and what they
        retain, the code of each gem, objects by generation and place where that was traced, those
        that many refer to, and strings of which there are several. Threads, code and the VM's own
        objects are one line, unless --all is given.
      TEXT

      def call(file)
        snapshot = open_snapshot(file)
        summary = snapshot.summary(limit: limit, program: !@all)
        work(snapshot) { PARTS.each { |part| summary.public_send(part) } }
        json? ? json(snapshot, summary) : show(snapshot, summary)
        OK
      end

      private

      def options(parser)
        super
        parser.on("--all", "also threads, code, and the VM's own objects") { @all = true }
      end

      def show(snapshot, summary)
        title(snapshot)
        memory(snapshot, summary)
        histogram("Types", summary.types, "type")
        histogram("Classes", summary.classes, "class")
        ended_threads(snapshot)
        code(summary.code_by_gem)
        traced(summary)
        referred(summary.most_referred)
        duplicates(snapshot, summary.duplicate_strings)
      end

      def title(snapshot)
        header = snapshot.header
        screen.line([:bold, snapshot.path])
        return if header.empty?

        screen.line("Ruby #{header["ruby"]}, process #{header["pid"]} on #{header["host"]}, " \
                    "#{header["time"]}, #{header["program"]}")
      end

      def garbage_row(snapshot, memory)
        objects = Terminal::Units.plural(memory.garbage, "object")
        size = bytes(memory.garbage_bytes)
        return ["garbage", size, "#{objects} that nothing holds"] if garbage_known?(snapshot)

        ["others", size, "#{objects}, garbage or held by what is lost: #{NOT_WHOLE}"]
      end

      def histogram(title, histogram, word, retained: true)
        screen.heading(title)
        table = Table.new([*(retained ? ["retained"] : []), "bytes", "share", "objects", word],
                          right: retained ? 4 : 3)
        rows, others = parted(histogram)
        rows.first(limit).each do |row|
          table.row(*(bytes(row.retained) if retained), *figures(histogram, [row]), row.label)
        end
        unless others.empty?
          # the retained size of several groups is not the sum of theirs
          table.row("-", *figures(histogram, others), OTHERS.fetch(histogram.by))
        end
        screen.table(table)
        more(limit, rows.size)
      end

      # Without --all no row shows them.
      def ended_threads(snapshot)
        threads = EndedThreads.of(snapshot)
        return if threads.nodes.empty?

        why = Terminal::Shell.join("heapdump why", snapshot.path, threads.class_name)
        screen.line("#{threads}; `#{why}` shows who holds them.")
      end

      def figures(histogram, rows)
        size = rows.sum(&:bytes)
        [bytes(size), percent(size, histogram.bytes), count(rows.sum(&:objects))]
      end

      # The rows that are shown, and those that are summed up in one line.
      def parted(histogram)
        return [histogram.rows, []] if @all || !%i[class type].include?(histogram.by)

        histogram.rows.partition { |row| !Snapshot::Aside.row?(histogram, row) }
      end

      def traced(summary)
        unless summary.traced?
          screen.heading("Generations, places and gems")
          return screen.line(NOT_TRACED)
        end
        generations(summary.generations)
        histogram("Places of allocation", summary.locations, "place")
        histogram("Gems", summary.gems, "gem", retained: false)
      end

      # What gems cost by being loaded.
      def code(gems)
        return if gems.none?

        screen.heading("Code by gem", "what it costs that a gem is loaded")
        table = Table.new(%w[bytes methods classes gem], right: 3)
        gems.rows.first(limit).each do |row|
          table.row(bytes(row.bytes), count(row.method_count), count(row.class_count), row.gem)
        end
        screen.table(table)
        more(limit, gems.size)
      end

      # Shows generations in the order of time; only the largest if there are too many.
      def generations(histogram)
        screen.heading("Generations", "GC runs before the allocation")
        table = Table.new(%w[generation retained bytes objects], right: 4)
        largest = histogram.rows.sort_by { |row| -row.bytes }.first(limit)
        largest.sort_by { |row| row.key || -1 }.each do |row|
          table.row(row.label, bytes(row.retained), bytes(row.bytes), count(row.objects))
        end
        screen.table(table)
        more(limit, histogram.size)
      end

      def referred(list)
        screen.heading("Most referred to")
        table = Table.new(%w[references address object], right: 1)
        list.each do |one|
          table.row(count(one.references), one.node.to_s, Describe.node(one.node))
        end
        screen.table(table)
      end

      def duplicates(snapshot, duplicates)
        screen.heading("Duplicate strings", duplicates.contents.positive? ? saved(duplicates) : nil)
        return screen.line("None are known.") if duplicates.none?

        titles = ["saved", "copies", "address", "value", "held by"]
        table = Table.new(placed?(duplicates) ? [*titles, "allocated"] : titles, right: 2)
        duplicates.each { |one| table.row(*duplicate_row(one)) }
        screen.table(table)
        without_contents(snapshot)
        more(duplicates.size, duplicates.contents)
      end

      def duplicate_row(one)
        place = one.locations.first && Snapshot::Places.short(one.locations.first.first)
        [bytes(one.wasted), count(one.copies), one.example.to_s, Strings.value(one),
         one.held_by, *place]
      end

      def saved(duplicates)
        "#{count(duplicates.copies)} copies of #{count(duplicates.contents)} texts; one of each " \
          "would save #{bytes(duplicates.wasted)}"
      end

      def placed?(duplicates)
        duplicates.any? { |one| one.locations.any? }
      end

      def json(snapshot, summary)
        parts = HISTOGRAMS.to_h { |part| [part, histogram_json(summary.public_send(part))] }
        print_json(file: snapshot.path, header: snapshot.header, warnings: snapshot.warnings,
                   memory: summary.memory.to_h, account: account_json(summary.account),
                   ended_threads: EndedThreads.of(snapshot).to_h,
                   code_by_gem: summary.code_by_gem.map { |row| gem_json(row) },
                   traced: summary.traced?, **parts,
                   most_referred: summary.most_referred.map do |one|
                     { **node_json(one.node), references: one.references }
                   end,
                   duplicate_strings: duplicates_json(summary.duplicate_strings))
      end

      def account_json(account)
        { rss: account.rss, parts: account.parts, allocator: account.allocator,
          stacks: account.stacks, files: account.files.map(&:to_h), jit: account.jit,
          cgroup: account.cgroup }
      end

      def gem_json(row)
        { gem: row.gem, bytes: row.bytes, methods: row.method_count, iseqs: row.iseq_count,
          classes: row.class_count }
      end

      def histogram_json(histogram)
        rows, others = parted(histogram)
        { total: rows.size,
          besides: { objects: others.sum(&:objects), bytes: others.sum(&:bytes) },
          rows: rows.first(limit).map do |row|
            { key: row.key, label: row.label, objects: row.objects, bytes: row.bytes,
              retained: row.retained, largest: row.largest&.to_s, garbage: row.garbage,
              garbage_bytes: row.garbage_bytes }
          end }
      end

      def duplicates_json(duplicates)
        { strings: duplicates.strings, compared: duplicates.compared,
          contents: duplicates.contents, copies: duplicates.copies, wasted: duplicates.wasted,
          largest: duplicates.map { |one| duplicate_json(one) } }
      end
    end
  end
end

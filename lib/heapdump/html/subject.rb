# frozen_string_literal: true

module HeapDump
  module Html
    # What a report is about: dumps of one process, and what leaks if there are several. Most of a
    # report is about the last of them. Answers that more than one section needs are here.
    class Subject
      # The dumps, the oldest first (Array of Snapshot).
      attr_reader :snapshots
      # What leaks (HeapDump::Leaks), nil for one dump.
      attr_reader :leaks

      def initialize(snapshots)
        @leaks = HeapDump::Leaks.of(snapshots) if snapshots.size > 1
        @snapshots = @leaks ? @leaks.snapshots : snapshots
      end

      # The last dump.
      def snapshot
        snapshots.last
      end

      def several?
        snapshots.size > 1
      end

      # Whether the report may show what the program's data is.
      def values?
        !snapshot.redacted?
      end

      # What a dump is called: the name of its file, and the path only if two have the same name.
      def name(dump = snapshot)
        @names ||= snapshots.map { |one| File.basename(one.path) }
        @names.uniq.size == @names.size ? File.basename(dump.path) : dump.path
      end

      # A command about the last dump that a shell understands: `heapdump why 3.json 0x7f10`.
      def command(word, *arguments)
        Terminal::Shell.join("heapdump #{word} #{file_argument}", *arguments)
      end

      # The same about all dumps: `heapdump diff 1.json 2.json 3.json`.
      def command_about_all(word, *arguments)
        files = snapshots.map { |dump| file_argument(dump) }
        Terminal::Shell.join(["heapdump", word, *files].join(" "), *arguments)
      end

      # How many bytes all live objects need.
      def live_bytes
        snapshot.graph.totals[1]
      end

      # How many objects are live.
      def live
        snapshot.graph.totals[0]
      end

      # Live objects by class (Snapshot::Histogram).
      def classes
        @classes ||= snapshot.histogram(by: :class)
      end

      # How each class changed from the first dump to the last (Snapshot::Diff), nil for one dump.
      def diff
        return unless several?

        @diff ||= snapshots.first.diff(*snapshots.drop(1))
      end

      # What is known of the heap and its pages (Snapshot::Summary::Memory).
      def memory
        summary.memory
      end

      # Whether the last dump says where objects were allocated.
      def traced?
        @traced = summary.traced? if @traced.nil?
        @traced
      end

      # Objects of the program that nothing of the program dominates, the largest first: a Page.
      def largest(limit)
        @largest ||= {}
        @largest[limit] ||= snapshot.top(limit: limit, program: true)
      end

      # What the same list leaves out: threads, code and the VM's own (Snapshot::Aside).
      def aside
        @aside ||= Snapshot::Aside.of(snapshot)
      end

      private

      def summary
        @summary ||= snapshot.summary
      end

      def file_argument(dump = snapshot)
        name(dump) == dump.path ? dump.argument : Terminal::Shell.word(name(dump))
      end
    end
  end
end

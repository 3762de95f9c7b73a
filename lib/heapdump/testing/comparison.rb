# frozen_string_literal: true

module HeapDump
  module Testing
    # Reads dumps of one process, and says what grew in every step.
    #
    #   comparison = Comparison.new(["1.json", "2.json"])
    #   comparison.grown.map(&:class_name) # => ["Shop::Session"]
    #   comparison.candidates              # => [139709425891320]
    class Comparison # :nodoc:
      # What reads dumps, by the modules that load it when it is first used.
      NEEDED = {
        Leaks => %i[Accounts AlsoGrew BareNames Code Content Finding Gate Given Growing Holder
                    Judging Kinds Names Owner Part Related Remarks Rules Series Signature Sizes
                    Standing Steps Suspect SuspectEdge Turnover Verdict Way],
        Snapshot => %i[Account Caches Constants Describe Diff Edge Frames Homes Keys Lines Loading
                       Names Node Origins Page Path Places Row Shared Values Warnings],
        Testing => %i[Apart Entries EveryStep Grown Living PathLines]
      }.freeze
      private_constant :NEEDED

      # Loads it, so that no process that is forked has to.
      def self.prepare
        @prepare ||= NEEDED.each { |owner, names| names.each { |name| owner.const_get(name) } }
      end

      # The addresses of objects that have more entries in the second dump than in the first.
      attr_reader :candidates

      # +candidates+ are those that the comparison of the first two dumps has found, nil for that
      # comparison.
      def initialize(paths, candidates = nil)
        @paths = paths
        @snapshots = paths.map { |path| Snapshot.open(path, index: false) }
        @candidates = candidates || grown_entries
      end

      # Array of Grown.
      def grown
        judging = EveryStep.judging { with_more_entries }
        Leaks.suspects(@snapshots, judging).map { |suspect| grown_of(suspect) }
      end

      private

      def grown_entries
        changed = Entries.changed(*@paths.first(2))
        changed.keys.select do |address|
          before = @snapshots.first.object(address)
          entries = before && Entries.of(before)
          entries && entries < changed[address]
        end
      end

      # Objects of the program that may have more entries in each dump (for each its Node in each
      # dump). How many they have is counted where that is judged.
      def with_more_entries
        found = candidates.map do |address|
          @snapshots.map { |snapshot| snapshot.object(address) }
        end
        found.select { |nodes| nodes.all? && same?(nodes) }
      end

      # Whether the objects at one address are one, as far as that can be seen: they are of the
      # program, and held in the same way.
      def same?(nodes)
        return false unless nodes.last.class_name && nodes.last.program?

        paths = @snapshots.zip(nodes).map { |snapshot, node| snapshot.path_to(node) }
        paths.all? && Living::HELD.include?(paths.last.rank) && paths.uniq(&:signature).size == 1 &&
          paths.last.steps.none? { |step| tool?(step.node) }
      end

      def tool?(node)
        [node.name, node.class_name].compact.any? { |name| name.match?(TOOLS) }
      end
      TOOLS = /\A(?:HeapDump|Gem|Bundler|Zeitwerk|Bootsnap)(?:::|\z)/
      private_constant :TOOLS

      def grown_of(suspect)
        Grown.new(class_name: text(suspect.class_name), unit: suspect.unit, counts: suspect.counts,
                  retained: suspect.retained, signature: suspect.signature,
                  holder: text([suspect.holder, *suspect.others].join(", and by ")),
                  place: place(suspect), path: PathLines.of(suspect, @snapshots),
                  names: names(suspect), with: suspect.company.map { |words| text(words) },
                  notes: suspect.remarks.map { |words| text(words) })
      end

      WORDS = { "added" => "added by", "declared" => "declared",
                "running" => "running at" }.freeze
      private_constant :WORDS

      def place(suspect)
        return unless suspect.location

        where = text(Snapshot::Places.short(suspect.location))
        methods = suspect.candidates.map { |method| text(method) }
        may_add = "; may add: #{methods.join(", ")}" if methods.any?
        "#{WORDS.fetch(suspect.location_of)} #{where}#{may_add}"
      end

      def names(suspect)
        root, *steps = suspect.path.steps
        PathLines.names(root.node, steps)
      end

      def text(words)
        Testing.here(Terminal::Text.safe(words))
      end
    end
  end
end

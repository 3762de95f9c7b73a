# frozen_string_literal: true

module HeapDump
  module Testing
    # Reads dumps of one process, and says what grew in every step.
    #
    #   Comparison.new(["1.json", "2.json"]).grown.map(&:class_name) # => ["Shop::Session"]
    class Comparison # :nodoc:
      # What reads dumps, by the modules that load it when it is first used.
      NEEDED = {
        Leaks => %i[Accounts AlsoGrew BareNames Code Content Finding Gate Given Growing Holder
                    Judging Kinds Names Owner Part Related Remarks Rules Series Signature Sizes
                    Standing Steps Suspect SuspectEdge Turnover Verdict Way],
        Snapshot => %i[Account Caches Constants Describe Diff Edge Frames Homes Keys Lines Loading
                       Names Node Origins Page Path Places Row Shared Values Warnings],
        Testing => %i[Apart EveryStep Grown PathLines]
      }.freeze
      private_constant :NEEDED

      # Loads it, so that no process that is forked has to.
      def self.prepare
        @prepare ||= NEEDED.each { |owner, names| names.each { |name| owner.const_get(name) } }
      end

      def initialize(paths)
        @paths = paths
      end

      # Array of Grown.
      def grown
        @snapshots = @paths.map { |path| Snapshot.open(path, index: false) }
        found = Leaks.of(@snapshots, judging: EveryStep::JUDGING)
        found.suspects.map { |suspect| grown_of(suspect) }
      end

      private

      def grown_of(suspect)
        Grown.new(class_name: text(suspect.class_name), unit: suspect.unit, counts: suspect.counts,
                  retained: suspect.retained, signature: suspect.signature,
                  holder: text([suspect.holder, *suspect.others].join(", and by ")),
                  place: place(suspect), path: PathLines.of(suspect, @snapshots),
                  names: names(suspect.path), with: suspect.company.map { |words| text(words) },
                  notes: suspect.remarks.map { |words| text(words) })
      end

      WORDS = { "added" => "added by", "declared" => "declared" }.freeze
      private_constant :WORDS

      def place(suspect)
        return unless suspect.location

        where = text(Snapshot::Places.short(suspect.location))
        methods = suspect.candidates.map { |method| text(method) }
        may_add = "; may add: #{methods.join(", ")}" if methods.any?
        "#{WORDS.fetch(suspect.location_of)} #{where}#{may_add}"
      end

      # The names by which growth may be ignored: of modules and classes, and of constants.
      def names(way)
        steps = way.steps.each_cons(2).flat_map do |before, step|
          [step.node.name, step.node.class_name, constant(before.node, step.edge)]
        end
        steps.compact.uniq
      end

      def constant(owner, edge)
        return edge.name if edge.kind == :global
        return unless edge.kind == :constant

        [(owner.name unless owner.name == "Object"), edge.name].compact.join("::")
      end

      def text(words)
        Testing.here(Terminal::Text.safe(words))
      end
    end
  end
end

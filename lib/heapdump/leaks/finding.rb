# frozen_string_literal: true

module HeapDump
  class Leaks
    # From dumps to suspects: asks the reader what grew, judges it, and puts it into words.
    class Finding
      STABLE = 500 # of a thousand objects, so many stay where they are without a compaction

      # Where the code of an object is written, as "file:line"; nil where it has none.
      def self.code_place(node)
        code = code_of(node) or return
        file, line = code.line.values_at("file", "line")
        "#{file}:#{line}" if file && line
      end

      def self.code_of(node)
        case node.kind
        when "proc" then node
        when "ment" then node.related(node.line["proc"] || node.line["iseq"])
        when "VM/thread", "fiber"
          frame = (node.line["frames"] || []).reverse.find { |one| one["iseq"] }
          node.related(frame && frame["iseq"])
        end
      end
      private_class_method :code_of

      def initialize(series)
        @series = series
        @snapshot = series.last
        @classes = Classes.new(@snapshot)
        @growth = HeapDump::Growth.of(series.snapshots.map(&:graph))
      end

      # The verdict (Leaks).
      def leaks
        judged = grown + contents + named
        guilty, cleared = judged.partition { |verdict, _| verdict.leak? }
        Leaks.new(suspects: sorted(guilty), cleared: sorted(cleared), series: @series,
                  held_bytes: @growth.reached.map(&:last))
      end

      private

      def sorted(judged)
        suspects = judged.map(&:last)
        suspects.sort_by { |s| [-s.retained_growth, -s.growth, s.class_name, s.signature] }
      end

      def grown
        @growth.leaks.filter_map do |raw|
          growing = Growing.new(raw, @growth, @snapshot, @classes)
          judge(growing) unless growing.empty?
        end
      end

      def judge(growing)
        part = growing.headline
        holder = Holder.new(part.way, @classes)
        verdict = Verdict.new(counts: growing.outer.counts, retained: growing.retained,
                              kept: stable? ? growing.kept : nil, series: @series,
                              named: holder.known?, fills: growing.fills_variables?)
        [verdict, suspect(growing, part, holder, verdict)]
      end

      def suspect(growing, part, holder, verdict)
        name = growing.class_word
        location, location_of = location(growing.allocated_at, part.node, holder)
        Suspect.new(
          class_name: name, counts: part.counts, unit: "objects", retained: growing.retained,
          holder: holder.words, others: other_words(growing), path: part.way,
          location: location, location_of: location_of, signature: part.way.signature(name),
          confidence: verdict.confidence, reasons: verdict.reasons + shape(growing),
          company: growing.company, command: command(part.node)
        )
      end

      # Objects can be told by their addresses unless the heap was compacted in between.
      def stable?
        @stable = @growth.stable.all? { |permille| permille >= STABLE } if @stable.nil?
        @stable
      end

      def other_words(growing)
        growing.other_ways.map { |way| Holder.new(way, @classes).words }.uniq
      end

      # What the numbers do not say.
      def shape(growing)
        [("held by each other, as the elements of a list" if growing.chained?),
         ("in #{growing.containers} containers" if growing.containers > 1)].compact
      end

      def location(allocated, node, holder)
        return [allocated, "allocated"] if allocated
        return [code_place(node), "allocated"] if code_place(node)

        holder.place ? [holder.place, "held"] : [nil, nil]
      end

      # Code says where it is written: a block where it is made, a method, what a thread runs.
      def code_place(node)
        Finding.code_place(node)
      end

      # A container that holds what leaks by another way is told there.
      def contents
        told = @growth.leaks.flat_map { |raw| raw[:others].map(&:first) }
        @growth.contents.filter_map do |_bytes, *nodes|
          next if nodes.last.any? { |node| told.include?(node) }

          content = Content.new(nodes, @series.snapshots)
          judge_content(content) if content.grows?
        end
      end

      # Names made from data: constants, methods, variables.
      def named
        @growth.names.filter_map do |kind, counts, *nodes|
          names = Names.new(kind, counts, nodes, @series.snapshots)
          judge_content(names) if names.grow?
        end
      end

      # Of what grows without more objects in one place.
      def judge_content(content)
        way = Way.decode(@snapshot, @growth.way(content.node.id))
        holder = Holder.new(way, @classes)
        verdict = Verdict.new(counts: content.counts, retained: content.retained, series: @series,
                              named: holder.known?, unit: content.unit)
        name = Way.kind_word(content.node)
        location, location_of = location(content.node.location, content.node, holder)
        [verdict, Suspect.new(
          class_name: name, counts: content.counts, unit: content.unit, retained: content.retained,
          holder: holder.words, others: [], path: way, location: location,
          location_of: location_of,
          signature: way.signature(name, any_name: content.unit == "names"),
          confidence: verdict.confidence, reasons: verdict.reasons, company: [],
          command: command(content.node)
        )]
      end

      def command(node)
        "heapdump why #{shell(@snapshot.path)} #{node}"
      end

      def shell(path)
        require "shellwords"
        Shellwords.escape(path)
      end
    end
  end
end

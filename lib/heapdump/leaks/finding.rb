# frozen_string_literal: true

module HeapDump
  class Leaks
    # From dumps to suspects: asks the reader what grew, judges it, and puts it into words.
    class Finding
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
        @growth = HeapDump::Growth.of(series.snapshots.map(&:graph), Rules.for_reader)
      end

      # The verdict (Leaks).
      def leaks
        judged = grown + contents + named
        guilty, cleared = judged.partition { |one| one.suspect.cleared_because.nil? }
        Leaks.new(suspects: sorted(Related.new(guilty).suspects),
                  cleared: sorted(cleared.map(&:suspect)),
                  series: @series, held_bytes: @growth.reached.map(&:last), faults: faults)
      end

      private

      def faults
        more = @growth.more
        return [] if more.zero?

        number = Terminal::Units.count(more)
        ["#{number} kinds of growth were left out, the smallest, because there are so many; " \
         "let the program warm up before the first dump"]
      end

      def sorted(suspects)
        suspects.sort_by { |s| [-s.retained_growth, -s.growth, s.class_name, s.signature] }
      end

      def grown
        @growth.leaks.each_with_index.filter_map do |raw, number|
          growing = Growing.new(raw, @growth, @snapshot, @classes)
          judge(growing, number) unless growing.empty?
        end
      end

      def judge(growing, number)
        part = growing.headline
        names = growing.names_from_data?
        holder = Holder.new(part.way, @classes, names: names)
        verdict = Verdict.new(counts: growing.outer.counts, retained: growing.retained,
                              turnover: stable? ? growing.turnover : nil, series: @series,
                              named: holder.known?, fills: growing.fills_variables?,
                              lives_by: growing.lives_by)
        Related::One.new(suspect: suspect(growing, part, holder, verdict), number: number,
                         holds: growing.holds, new: growing.newcomers, rank: growing.rank_number,
                         by_name: names)
      end

      def suspect(growing, part, holder, verdict)
        name = growing.class_word
        Suspect.new(
          class_name: name, counts: part.counts, unit: "objects", retained: growing.retained,
          holder: holder.words, others: other_words(growing), path: part.way,
          **place(growing.allocated_at || code_place(part.node), holder),
          signature: part.way.signature(name), company: growing.company,
          **verdict_fields(verdict, shape(growing)), command: command(part.node)
        )
      end

      def verdict_fields(verdict, shape = [])
        { confidence: verdict.confidence, reasons: verdict.reasons + shape,
          cleared_because: verdict.cleared_because }
      end

      # Objects can be told by their addresses unless the heap was compacted in between.
      def stable?
        @stable = @growth.stable.all? { |permille| permille >= Rules::STABLE } if @stable.nil?
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

      # Where it is added if that is known (+added+), else where what holds it is declared.
      def place(added, holder)
        return { location: added, location_of: "added", owner: nil, candidates: [] } if added

        name = holder.placed
        { location: name&.place, location_of: name && (name.added ? "added" : "declared"),
          owner: name&.owner&.name, candidates: name&.owner&.candidates || [] }
      end

      # Code says where it is written: a block where it is made, a method, what a thread runs.
      def code_place(node)
        Finding.code_place(node)
      end

      # Containers that grow by themselves, and names that are no objects. A container that holds
      # what leaks by another way is told there.
      def contents
        told = @growth.leaks.flat_map { |raw| raw[:others].map(&:first) }
        @growth.contents.flat_map do |_bytes, *nodes|
          example = @snapshot.node(nodes.last.first)
          next bare_names(nodes) if BareNames.owner?(example)
          next [] if nodes.last.any? { |node| told.include?(node) }

          content = Content.new(nodes, @series.snapshots)
          content.grows? ? [judge_content(content)] : []
        end
      end

      # A fiber that runs in a thread has the names that the thread has.
      def bare_names(nodes)
        last = Way.decode(@snapshot, @growth.way(nodes.last.first)).steps.last.edge
        return [] if last&.kind == :field && last.name == "fiber"

        BareNames.of(nodes, @series.snapshots).map do |names|
          judge_content(names, name: names.word, bare: names.edge)
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
      def judge_content(content, name: Way.kind_word(content.node), bare: nil)
        way = Way.decode(@snapshot, @growth.way(content.node.id))
        names = content.unit == "names"
        holder = Holder.new(way, @classes, names: names && !bare, bare: bare)
        figures = { counts: content.counts, retained: content.retained, unit: content.unit }
        verdict = Verdict.new(**figures, series: @series, named: holder.known?)
        suspect = Suspect.new(
          class_name: name, **figures, holder: holder.words, others: [], path: way,
          **place(content.node.location || (code_place(content.node) unless bare), holder),
          signature: way.signature(name, any_name: names && !bare), **verdict_fields(verdict),
          company: [], command: command(content.node)
        )
        Related::One.new(suspect: suspect, number: nil, holds: [], new: 0, by_name: names,
                         rank: Classes::RANKS.index(@classes.rank(content.node)))
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

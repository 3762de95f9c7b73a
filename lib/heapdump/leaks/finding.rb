# frozen_string_literal: true

module HeapDump
  class Leaks
    # Makes suspects of dumps: it asks the reader in C what grew, judges that, and puts it into
    # words.
    class Finding
      AT_ONCE = 2 # dumps whose ways are found at the same time; each takes 31 bytes an object
      private_constant :AT_ONCE

      # +judging+:: the limits (Judging)
      def initialize(series, judging = Judging.of_production)
        @series = series
        @judging = judging
        @snapshot = series.last
        graphs = series.snapshots.map(&:graph)
        keep_ways(graphs)
        @growth = HeapDump::Growth.of(graphs, judging.reader)
      end

      # The verdict (Leaks).
      def leaks
        cleared = sorted(judged.reject { |one| accused?(one) }.map(&:suspect))
        Leaks.new(suspects: suspects, cleared: cleared, also_grew: also_grew(suspects, cleared),
                  series: @series, held_bytes: held_bytes, faults: faults)
      end

      # What is accused (Array of Suspect).
      def suspects
        @suspects ||= sorted(Related.new(judged.select { |one| accused?(one) }).suspects)
      end

      private

      # Has the indexes of dumps, as far as they have one, keep their ways for the next comparison.
      # The largest dumps come first, so that no thread is left alone with one in the end. What a
      # thread raises is raised as soon as the others are done with the dumps that they have, and
      # what is raised here, by Ctrl-C or a timeout, ends them.
      def keep_ways(graphs)
        waiting = graphs.sort_by { |graph| -graph.nodes }
        threads = Array.new([AT_ONCE, waiting.size].min) do
          Thread.new do
            Thread.current.report_on_exception = false
            while (graph = waiting.shift)
              graph.keep_ways
            end
          ensure
            waiting.clear
          end
        end
        threads.each(&:join)
      ensure
        threads&.each(&:kill)&.each { |thread| ended(thread) }
      end

      # Waits for a thread; what it raised has been raised already.
      def ended(thread)
        thread.join
      rescue StandardError
        nil
      end

      def judged
        @judged ||= @series.torn? ? [] : grown + contents + named
      end

      def accused?(one)
        one.suspect.cleared_because.nil?
      end

      def faults
        more = @growth.more
        return [] if more.zero?

        number = Terminal::Units.count(more)
        ["#{number} kinds of growth were left out, the smallest, because there are so many; " \
         "let the program warm up before the first dump"]
      end

      # What all held objects need in each dump (Array of Integer).
      def held_bytes
        @held_bytes ||= @growth.reached.map(&:last)
      end

      # What grew besides (Array of AlsoGrew): what was found among all held objects comes before
      # the classes of which only the numbers are known.
      def also_grew(suspects, cleared)
        return [] if @series.torn?

        kinds = Kinds.new(@growth, @snapshot, held_bytes).told(suspects, cleared)
        classes = AlsoGrew.of(@series.snapshots, suspects + cleared)
        kinds + classes.reject { |one| kinds.any? { |kind| kind.class_name == one.class_name } }
      end

      def sorted(suspects)
        suspects.sort_by { |s| [-s.retained_growth, -s.growth, s.class_name, s.signature] }
      end

      def grown
        found = @growth.leaks.each_with_index.map do |raw, number|
          Growing.new(raw, number, @growth, @snapshot)
        end
        found.reject(&:empty?).map { |growing| judge(growing) }
      end

      # Containers whose content grows without new objects, and names that are no objects. A
      # container that holds a leak on another path is named with that leak.
      def contents
        told = @growth.leaks.flat_map { |raw| raw[:others].map(&:first) }
        found = @growth.contents.map { |_bytes, *nodes| nodes }
        (found + more_contents(found)).flat_map do |nodes|
          example = @snapshot.node(nodes.last.first)
          next bare_names(nodes) if BareNames.owner?(example)
          next [] if nodes.last.any? { |node| told.include?(node) }

          content = Content.new(nodes, @series.snapshots)
          next [] unless content.grows?(@judging.content_entries)

          [judge(standing(content, turnover: (content.turnover if Turnover.known?(@growth))))]
        end
      end

      # The same as the reader's, without those that it has found, and without containers of leaks.
      def more_contents(found)
        return [] unless @judging.more_contents

        known = found.flat_map(&:last) + @growth.leaks.map { |raw| raw[:container] }
        more = @judging.more_contents.call
        more.map { |nodes| nodes.map { |node| [node.id] } }
            .reject { |nodes| known.include?(nodes.last.first) }
      end

      # Names whose values are no objects, in the objects of one trail. A fiber that runs in a
      # thread has the same names as the thread, so only the thread counts.
      def bare_names(nodes)
        last = way_to(nodes.last.first).steps.last.edge
        return [] if last&.kind == :field && last.name == "fiber"

        BareNames.of(nodes, @series.snapshots, @judging.names_per_step).map do |names|
          judge(standing(names, bare: names.edge))
        end
      end

      # Names that a program makes from data: constants, methods, variables.
      def named
        @growth.names.filter_map do |kind, counts, *nodes|
          names = Names.new(kind, counts, nodes, @series.snapshots)
          judge(standing(names)) if names.grow?(@judging.names_per_step)
        end
      end

      def standing(content, **more)
        Standing.new(content, way_to(content.node.id), @snapshot.origins, **more)
      end

      def way_to(number)
        Way.decode(@snapshot, @growth.way(number))
      end

      # +found+ is a Growing or a Standing.
      def judge(found)
        holder = Holder.new(found.way, @snapshot.origins, **found.naming)
        verdict = @judging.verdict.new(**found.figures, series: @series, named: holder.known?)
        Related::One.new(suspect: suspect(found, holder, verdict), **found.relation)
      end

      def suspect(found, holder, verdict)
        others = found.other_ways.map { |way| Holder.new(way, @snapshot.origins).words }.uniq
        told = { **found.facts, **verdict.facts, **place(found.added_at, holder) }
        Suspect.new(**told, holder: holder.words, others: others, command: command(found.node),
                            reasons: verdict.reasons, remarks: found.remarks)
      end

      NO_PLACE = { location: nil, location_of: nil, declared: nil, owner: nil,
                   candidates: [].freeze }.freeze
      private_constant :NO_PLACE

      # The place that a suspect shows: where its objects are added if that is known (+added+), else
      # where their holder is declared or runs.
      def place(added, holder)
        return { **NO_PLACE, location: added, location_of: "added" } if added

        name = holder.placed
        return NO_PLACE unless name

        { location: name.place, location_of: place_of(name), declared: declared(name),
          owner: name.owner&.name, candidates: name.owner&.candidates || [] }
      end

      # What stands at the place of a name: a constant, class or module.
      def declared(name)
        name.stands || name.owner&.name if place_of(name) == "declared"
      end

      def place_of(name)
        return "running" if name.runs

        name.added ? "added" : "declared"
      end

      def command(node)
        "heapdump why #{@snapshot.argument} #{node}"
      end
    end
    private_constant :Finding
  end
end

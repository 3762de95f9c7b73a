# frozen_string_literal: true

require_relative "by_process"
require_relative "gates"
require_relative "html_file"
require_relative "not_accused"
require_relative "reading"
require_relative "suspect_place"
require_relative "../leaks"

module HeapDump
  module CLI
    # Shows what leaks, by comparing several dumps of a process.
    class Leaks < Reading
      include HtmlFile
      include NotAccused
      include SuspectPlace

      usage "FILE LATER [LATER …] or DIRECTORY"
      limit 10
      details <<~TEXT
        Three dumps or more of one process, with some work between them, give a verdict; two show
        what grew, with less confidence. A leak is what each dump has more of than the one before,
        or what grows in bursts and never falls, held on the same path. What else grew is told
        below, with the reason why it is not accused; also what the VM alone holds, and, where all
        that is held grew and leaks do not explain it, the classes that have most of the growth.

        --fail-on makes the exit status 2 if a leak grew by more than it says from the first dump to
        the last: 'retained>5MB' (KB, MB, GB; by 1024) or 'count>100' (objects, entries or names);
        '>=' and '5M' are taken as well. 'rss>50MB' is about the growth of the process, and
        'unexplained>20MB' about that of its parts "malloc of others" and "rest", of which no dump
        shows what they are. `--fail-on any` stands for every leak, and not for the process. It can
        be given more than once; a last line for each condition says whether it is met. Where the
        dumps cannot be judged (different processes, damaged, cut short) a gate is an error, status
        1; --allow-unsound judges them all the same. --strict demands a header and a footer in each
        dump, and one process, with or without a gate.

        --known FILE names leaks that shall not fail: their signatures, one on each line, the rest
        of a line behind # is a comment.

        --html FILE also writes the report about these dumps (`heapdump help report`).
      TEXT

      def call(first, second, *others)
        files = [first, second, *others]
        check_most(files)
        check_html(files) if html
        found = find(files)
        json? ? print_json(json(found)) : show_all(found)
        tell_html(found.snapshots) if html
        demand_sound(found)
        outcomes = gates.outcomes(found)
        show_outcomes(outcomes) unless json?
        outcomes.any?(&:failed?) ? GATE_FAILED : OK
      end

      private

      def options(parser)
        super
        parser.on("--fail-on CONDITION", "exit status 2 if a leak meets it",
                  "(retained>5MB, count>100, rss>50MB, any);",
                  "may be repeated") do |text|
          add_gate(text)
        end
        parser.on("--allow-unsound", "let --fail-on judge dumps that cannot be compared") do
          @allow_unsound = true
        end
        parser.on("--known FILE", "signatures of leaks that do not fail") do |path|
          gates.known = read_known(path)
        end
        html_options(parser, "--html FILE", "write the report about these dumps, too")
      end

      def gates
        @gates ||= Gates.new
      end

      def add_gate(text)
        gates.add(text)
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      def read_known(path)
        HeapDump::Leaks::Known.read(path)
      rescue ArgumentError => e
        raise UsageError, e.message
      rescue SystemCallError => e
        raise Error, "#{path} of --known cannot be read: #{Terminal::Trouble.words(e)}"
      end

      def find(paths)
        snapshots = paths.map { |path| open_snapshot(path) }
        found = work(*snapshots) { HeapDump::Leaks.of(snapshots, strict: @strict) }
        own_warnings(found).each { |text| say("warning: #{text}") }
        found
      end

      # The warnings about all dumps together: those about one dump were shown when it was opened.
      def own_warnings(found)
        of_dumps = found.snapshots.flat_map do |snapshot|
          snapshot.warnings.map { |text| "#{snapshot.path}: #{text}" }
        end
        found.warnings - of_dumps
      end

      # A gate must not pass if the dumps cannot be judged.
      def demand_sound(found)
        blind = gates.faults(found)
        raise HeapDump::Leaks::Unsound, "cannot judge #{blind.join("; ")}" if blind.any?
        return if judged?(found) || gates.empty?

        raise HeapDump::Leaks::Unsound, "cannot judge: #{found.faults.join("; ")} " \
                                        "(--allow-unsound judges all the same)"
      end

      def judged?(found)
        found.sound? || @allow_unsound || false
      end

      # One line for each condition. If one is met, the status is not 0.
      def show_outcomes(outcomes)
        outcomes.each { |one| screen.line([one.failed? ? :red : :dim, one.to_s]) }
      end

      def json(found)
        all = found.to_h
        lists = %i[suspects cleared].to_h do |name|
          shown = found.public_send(name).first(limit)
          [name, shown.map { |suspect| suspect.to_h.merge(known: gates.known?(suspect)) }]
        end
        left_out = lists.to_h { |name, shown| [name, all[name].size - shown.size] }
        { **all, **lists, left_out: left_out,
                          gates: gates.to_a(found, judged: judged?(found)) }
      end

      def show_all(found)
        show(found)
        processes = ByProcess.lines(found.snapshots)
        return if processes.empty?

        screen.heading("Compare the dumps of one process")
        processes.first(limit).each { |line| screen.line(line) }
        more(limit, processes.size)
      end

      def show(found)
        return show_nothing(found) if found.empty?

        shown = found.suspects.first(limit)
        shown.each.with_index(1) { |one, number| show_suspect(one, number, found.snapshots) }
        screen.blank if [found.suspects.drop(limit), found.cleared, found.also_grew].any?(&:any?)
        more(limit, found.suspects.size)
        show_cleared(found)
        show_growth(found)
      end

      def show_nothing(found)
        held = found.held_bytes.map { |size| bytes(size) }.join(" → ")
        screen.line("#{verdict(found)} Held: #{held}")
        show_cleared(found)
        show_growth(found)
      end

      def verdict(found)
        return "The dumps cannot be judged (see above)." unless found.sound?

        grew = [*("what is held" if found.held_grew?), *("the process" if found.growth.any?)]
        return "Nothing is accused." if grew.empty?

        "Nothing is accused, but #{grew.join(", and ")} grew#{in_every_step(found)}."
      end

      # A name may have thousands of characters.
      def name_of(grown)
        Snapshot::Describe.short(grown.class_name)
      end

      def show_suspect(suspect, number, snapshots)
        screen.blank if number > 1
        screen.line([:bold, "#{number}. #{name_of(suspect)}"],
                    "  #{numbers(suspect)} #{suspect.unit}, retained #{sizes(suspect)}",
                    *(gates.known?(suspect) ? [[:green, "  known"]] : []))
        fact("held by", suspect.holder)
        facts("and by", suspect.others)
        show_place(suspect, snapshots)
        show_way(suspect.path)
        fact("with it", company(suspect))
        facts("note", suspect.remarks)
        fact("confidence", "#{suspect.confidence}: #{suspect.reasons.join("; ")}")
        fact("signature", suspect.signature)
        fact("more", suspect.command)
      end

      def facts(word, texts)
        texts.each { |text| fact(word, text) }
      end

      def fact(word, text)
        screen.line([:dim, "   #{word.ljust(11)}"], text) if text
      end

      COMPANY = 5 # so many entries of Suspect#company are shown
      private_constant :COMPANY

      def company(suspect)
        return if suspect.company.empty?

        left_out = suspect.company.size - COMPANY
        words = suspect.company.first(COMPANY)
        [*words, *("#{left_out} more (--json shows them)" if left_out.positive?)].join("; ")
      end

      def numbers(suspect)
        suspect.counts.map { |number| count(number) }.join(" → ")
      end

      def sizes(suspect)
        grown = Terminal::Units.bytes_change(suspect.retained_growth)
        "#{suspect.retained.map { |number| bytes(number) }.join(" → ")} (#{grown})"
      end

      STEPS = 16 # so many steps of a path are shown; in a long list each element is a step
      private_constant :STEPS

      # Shows a path (Way) from its first name on, with one line for each step.
      def show_way(way)
        first, *rest = way.told
        fact("path", Describe.node(first.node))
        left_out = rest.size > STEPS ? rest.slice!(STEPS / 2, rest.size - STEPS).size : 0
        rest.each_with_index do |step, at|
          more_steps(left_out) if at == STEPS / 2
          words = [*edge_words(step.edge), Describe.node(step.node)].join(" → ")
          last = step.equal?(rest.last)
          screen.line(" " * 14, "→ ", last ? [:bold, words] : words,
                      *(last ? [[:dim, "  #{step.node}"]] : []))
        end
      end

      def more_steps(number)
        screen.line([:dim, "#{" " * 14}… #{count(number)} steps more"]) if number.positive?
      end

      def edge_words(edge)
        [edge.frame && Describe.frame(edge.frame), edge.to_s].compact
      end
    end
  end
end

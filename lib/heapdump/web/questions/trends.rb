# frozen_string_literal: true

require_relative "../../trends"

module HeapDump
  class Web
    module Questions
      # How the processes developed over all dumps. What is needed of a dump is kept beside it, so
      # only what is new is read.
      class Trends < Question
        takes :process, Kinds::Number.new(0..9999), default: 0
        takes :kind, Kinds::Word.new(%i[all class way]), default: :all
        takes :values, Kinds::Flag.new, default: false
        page
        slow

        MOST_LEAKS = 50
        WORDS = %i[path holder location gem].freeze # of a line
        private_constant :MOST_LEAKS, :WORDS

        # None is kept open for it.
        def opened
          []
        end

        def key
          [self.class.name, *files.map(&:key), *given.to_a.flatten(1)].inspect
        end

        def progress
          work, done, all = @reading&.progress
          ["dump #{@number + 1} of #{files.size}: #{work || "reading"}", done, all] if @reading
        end

        def answer
          { warnings: told_all(trends.warnings),
            processes: trends.first(ROWS).map { |one| process(one) }, process: given[:process],
            **verdict, dumps: dumps, gaps: gaps, account: Timeline.new(series, trends.to_a).to_h,
            parts: lines(series.lines.select { |line| line.kind == :process }),
            **list(lines(page), named.size) }
        end

        private

        def files
          @files ||= @dumps.all
        end

        def trends
          @trends ||= begin
            paths = files.map(&:path)
            HeapDump::Trends.of(*paths, index: @dumps.index) do |snapshot, number, _|
              @number = number
              @reading = snapshot
            end
          end
        end

        def series
          trends.series[given[:process]] or
            raise Refusal.new(404, "not_found", "there are dumps of #{trends.count} processes, " \
                                                "which are counted from 0")
        end

        def words
          @words ||= HeapDump::Trends::Words.new(series)
        end

        def verdict
          { title: title(series), judged: series.judged?, sentence: told(words.lead),
            sentences: words.of_process, notes: told_all(series.warnings),
            total_dumps: series.dumps.size, total_leaks: series.leaks.size, leaks: leaks,
            **series.to_h.slice(:hours, :tally, :native_leak, :hours_left) }
        end

        def leaks
          series.leaks.first(MOST_LEAKS).map do |leak|
            { **leak.to_h, sentence: told(words.of_leak(leak)) }
          end
        end

        def told_all(texts)
          texts.first(ROWS).map { |text| told(text) }
        end

        # Which process it is. Names of hosts and programs are values.
        def title(one)
          return Terminal::Text.safe(one.title) if given[:values]

          pid, app = one.identity.values_at(:pid, :app)
          name = app || "process"
          return "#{name} #{pid}" if pid

          Snapshot::Homes.hide("#{name} in #{File.dirname(one.dumps.first.path)}")
        end

        def process(one)
          { title: title(one), pid: one.identity[:pid], revision: one.identity[:revision],
            dumps: one.dumps.size, leaks: one.leaks.size, native_leak: !one.native.nil?,
            from: one.dumps.first.time.iso8601(3), to: one.dumps.last.time.iso8601(3) }
        end

        # Which dumps are shown, if there are more than a chart has points (Array of Integer).
        def points
          @points ||= Timeline.points(series.dumps.size)
        end

        def dumps
          ids = files.to_h { |file| [file.path, file.id] }
          times = Timeline.times(series)
          points.map do |at|
            dump = series.dumps[at]
            { id: ids[dump.path], at: times[at].round(3), **dump.to_h.except(:path, :account) }
          end
        end

        # Gaps, as indexes of what #dumps shows.
        def gaps
          missing = series.gaps
          (1...points.size).select do |at|
            missing.any? { |gap| gap > points[at - 1] && gap <= points[at] }
          end
        end

        def named
          @named ||= words.ranked.select { |line| [:all, line.kind].include?(given[:kind]) }
        end

        def page
          named.drop(given[:offset]).first(given[:limit])
        end

        def lines(list)
          list.map do |line|
            fields = line.to_h.except(:objects, :bytes, :since)
            %i[values retained].each do |name|
              fields[name] = fields[name].values_at(*points) if fields[name]
            end
            WORDS.each { |name| fields[name] &&= Terminal::Text.safe(fields[name]) }
            { **fields, words: words.verdict(line), growth: line.growth,
                        retained_per_hour: line.retained_per_hour&.round(3) }
          end
        end

        # A sentence with paths and names of processes, some of which are values.
        def told(text)
          unless given[:values]
            text = trends.reduce(text) { |words, one| words.gsub(one.title) { title(one) } }
            text = Snapshot::Homes.hide(text)
          end
          Terminal::Text.safe(text)
        end
      end
    end
  end
end

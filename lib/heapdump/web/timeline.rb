# frozen_string_literal: true

module HeapDump
  class Web
    # The memory of a process over the time, as columns for a chart, with that of the processes that
    # were at its place before and after it. Lines of two processes are not joined, nor those of two
    # dumps between which others are missing.
    class Timeline
      MOST = 200 # points

      # +series+ is the Trends::Series, +all+ are those among which others of its place are.
      def initialize(series, all)
        @series = series
        @all = all
      end

      # When each dump of a series was taken, in seconds since 1970 (Array of Float). It never
      # falls: a clock that was set back adds nothing.
      def self.times(series)
        at = series.dumps.first.time.to_f
        [at, *series.dumps.each_cons(2).map { |a, b| at += [b.time - a.time, 0].max }]
      end

      # The indexes of at most MOST of so many points, evenly spread, the first and the last among
      # them (Array of Integer).
      def self.points(size, most = MOST)
        return (0...size).to_a if size <= most

        Array.new(most) { |i| i * (size - 1) / (most - 1) }
      end

      # For JSON.
      def to_h
        columns = Timeline.points(rows.size).map { |at| rows[at] }
        lines = words.map do |name, text|
          { name: name, words: text, values: columns.map { |_, sizes| sizes[name] } }
        end
        { at: columns.map { |at, _| at.round(3) }, lines: lines, marks: marks }
      end

      private

      # The processes in the order of the time (Array of Series).
      def lives
        @lives ||= begin
          same = @all.select { |one| place(one) == place(@series) }
          taken = [@series, *same].each_with_object([]) do |one, all|
            all << one if all.none? { |other| overlap?(one, other) }
          end
          taken.sort_by { |one| one.dumps.first.time }
        end
      end

      def place(series)
        known = series.identity
        return File.dirname(series.dumps.first.path) unless known[:pid]

        known.values_at(:host, :app).push(known[:program].to_s[/\S+/])
      end

      def overlap?(one, other)
        from, to = [one, other].map { |series| series.dumps.first.time..series.dumps.last.time }
        from.begin <= to.end && to.begin <= from.end
      end

      # Pairs of a time and the sizes at it (Hash), which has none where a line has a gap.
      def rows
        @rows ||= lives.each_with_object([]) do |series, rows|
          times = Timeline.times(series)
          series.dumps.each_index do |at|
            gap = at.zero? ? rows.any? : series.gaps.include?(at)
            rows << [(rows.last[0] + times[at]) / 2, {}] if gap
            rows << [times[at], sizes(series, at)]
          end
        end
      end

      def sizes(series, at)
        parts(series).to_h { |line| [line.name, line.values[at]] }
      end

      # What each part is called, by its name.
      def words
        lives.flat_map { |series| parts(series).map { |line| [line.name, line.class_name] } }.to_h
      end

      def parts(series)
        (@parts ||= {})[series] ||= series.lines.select { |line| line.kind == :process }
      end

      # Where another process begins (Array of Hash).
      def marks
        lives.each_cons(2).map do |before, after|
          { at: after.dumps.first.time.to_f.round(3), words: change(before, after) }
        end
      end

      def change(before, after)
        old, new = [before, after].map { |one| one.identity[:revision] }
        pid = after.identity[:pid]
        started = pid ? "process #{pid}" : "another process"
        old == new || new.nil? ? started : "#{started}, revision #{Terminal::Text.short(new, 40)}"
      end
    end
  end
end

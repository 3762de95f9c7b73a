# frozen_string_literal: true

require_relative "directory"

module HeapDump
  class Watch
    # Removes dumps when there are too many: whole series, the oldest first. If only the series of
    # this process is left, dumps in it: never its first and its last one, which say how much has
    # grown.
    class Keep # :nodoc:
      HALF_WRITTEN = 86_400 # seconds: no dump takes as long

      # +rules+: files:, bytes: and for: (seconds).
      def initialize(directory, rules)
        @directory = directory
        @rules = rules
      end

      # Makes room for one more dump of about +coming+ bytes (0 and +files+ 0: for none). +own+ is
      # the name of the series of this process. Without +now+ (nil) nothing is too old.
      def call(own, now, files: 0, coming: 0)
        @directory.remove_partial(now, HALF_WRITTEN) if now
        series = @directory.all_series.to_h { |name| [name, @directory.dumps_of(name)] }
        mine = series.delete(own) || []
        others = series.sort_by { |name, dumps| [dumps.last&.time || Time.at(0), name] }
        others = drop_old(others, now) if now
        drop_series(others, mine, files, coming)
        thin(mine, files, coming)
      end

      private

      def drop_old(others, now)
        old, others = others.partition do |name, dumps|
          dumps.any? ? dumps.last.time < now - @rules[:for] : forgotten?(name, now)
        end
        old.map(&:first).each { |name| @directory.remove_series(name) }
        others
      end

      # A series that is empty may have just been made by another process.
      def forgotten?(name, now)
        File.lstat(@directory.join(name)).mtime < now - HALF_WRITTEN
      rescue SystemCallError
        false
      end

      def drop_series(others, mine, files, coming)
        others = others.reject { |_, dumps| dumps.empty? }
        while others.any? && too_much?(others.flat_map(&:last) + mine, files, coming)
          name, = others.shift
          @directory.remove_series(name)
        end
      end

      def thin(mine, files, coming)
        left = mine.dup
        # with a dump that is coming, the last one that is there is in the middle
        last = files.positive? ? 1 : 2
        while left.size > last && too_much?(left, files, coming)
          @directory.remove(left.delete_at(1))
        end
      end

      def too_much?(dumps, files, coming)
        dumps.size + files > @rules[:files] || dumps.sum(&:bytes) + coming > @rules[:bytes]
      end
    end
  end
end

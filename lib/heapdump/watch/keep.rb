# frozen_string_literal: true

require_relative "directory"

module HeapDump
  class Watch
    # Removes dumps when there are too many. What has been shipped goes first, what could not be
    # shipped goes last. Of each, whole series go, the oldest first, and then dumps of the series of
    # this process: never its first and its last one, which say how much has grown.
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
        thin(others.map(&:last).reject(&:empty?), mine, files, coming)
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

      def thin(others, mine, files, coming)
        left = [*others, mine].flatten
        return unless too_much?(left, files, coming)

        in_turn(others, middle(mine, files)).each do |dumps|
          drop(dumps, mine)
          left -= dumps
          break unless too_much?(left, files, coming)
        end
      end

      # What may be dropped of the own series. With a dump that is coming, the last one that is
      # there is in the middle.
      def middle(mine, files)
        files.positive? ? mine.drop(1) : mine[1...-1] || []
      end

      # What may be dropped (Arrays of dumps), in this order. A series is as ready for that as the
      # dump in it that is least ready.
      def in_turn(others, middle)
        [*others, *middle.map { |dump| [dump] }].sort_by.with_index do |dumps, turn|
          [dumps.map { |dump| Ship::Marks.rank(dump.path) }.max, turn]
        end
      end

      def drop(dumps, mine)
        one = dumps.first
        mine.include?(one) ? @directory.remove(one) : @directory.remove_series(one.series)
      end

      def too_much?(dumps, files, coming)
        dumps.size + files > @rules[:files] || dumps.sum(&:bytes) + coming > @rules[:bytes]
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Trends
    # Puts the dumps of one process into their order, and finds out where it was another one: the
    # counters of the GC never fall in the life of a process, and a clock may be set back.
    module Order # :nodoc:
      RESTART = "the counters of the GC fell between %s and %s: the process was restarted, and " \
                "the dumps before and after that are not compared"
      CLOCK = "the clock was set back between %s and %s: the dumps are in the order of the " \
              "objects that were allocated, and the time between these two is not known"
      private_constant :RESTART, :CLOCK

      module_function

      # Returns an Array of [dumps, warnings], one for each life.
      def of(dumps)
        sorted = dumps.sort_by.with_index { |dump, at| [dump.time, at] }
        return [[sorted, []]] if sorted.none? { |dump| counters(dump) } || falls(sorted).empty?

        one_life(sorted) || restarted(sorted)
      end

      class << self
        private

        def counters(dump)
          values = dump.gc.values_at(:count, :total_allocated_objects)
          values if values.all?
        end

        # The pairs of dumps between which a counter fell.
        def falls(dumps)
          dumps.each_cons(2).select do |pair|
            before, after = pair.map { |dump| counters(dump) }
            before && after && before.zip(after).any? { |a, b| b < a }
          end
        end

        # The life of a process whose clock was set back once; nil if it need not be one. A watch
        # names the lives of its processes, so there it must be.
        def one_life(dumps)
          return unless dumps.all? { |dump| counters(dump) }

          ordered = dumps.sort_by { |dump| counters(dump).reverse }
          back = ordered.each_cons(2).select { |before, after| after.time < before.time }
          return unless falls(ordered).empty?
          return unless dumps.first.identity[:series] || once?(ordered, back)

          words = back.map { |pair| format(CLOCK, *pair.map { |dump| name(dump) }) }
          [[ordered, words]]
        end

        # Whether the times rise but for one step back, which is not to a time before all others,
        # and after which it becomes later than before it. Else it may be another process.
        def once?(ordered, back)
          return false unless back.size == 1

          at = ordered.index(back.first.last)
          earlier = ordered.first(at)
          later = ordered.drop(at)
          later.size > 1 && earlier.size > 1 && later.first.time > earlier.first.time &&
            later.last.time > earlier.last.time
        end

        def restarted(dumps)
          falls = falls(dumps)
          lives = dumps.slice_when { |before, after| falls.include?([before, after]) }.to_a
          lives.map.with_index do |life, at|
            near = [*(falls[at - 1] if at.positive?), *falls[at]].each_slice(2)
            [life, near.map { |pair| format(RESTART, *pair.map { |dump| name(dump) }) }]
          end
        end

        def name(dump)
          File.basename(dump.path)
        end
      end
    end
    private_constant :Order
  end
end

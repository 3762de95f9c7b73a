# frozen_string_literal: true

module HeapDump
  class Trends
    # The memory of the process over time, as lines that can be judged.
    module Account # :nodoc:
      # Parts of which no dump shows what they consist of, as in Leaks::Accounts.
      NATIVE = %i[other_malloc rest].freeze
      LABELS = { rss: "process (RSS)", private: "private memory", held: "held objects",
                 garbage: "garbage", native: "not Ruby objects",
                 **Snapshot::Account::PARTS }.freeze
      # What depends on whether a GC has run.
      WITH_GARBAGE = %i[rss private garbage native heap_pages object_malloc other_malloc
                        free_malloc].freeze
      private_constant :WITH_GARBAGE

      module_function

      # The facts of a Line for each part that dumps have (Array of Hash), with +:judged+: the
      # numbers that are to be judged, and +:lows+, if it depends on garbage: the low boundary.
      def facts(dumps)
        numbers(dumps).map do |name, values|
          { kind: :process, name: name.name, class_name: LABELS.fetch(name), unit: "bytes",
            values: values, judged: values,
            lows: (lows(dumps, values) if WITH_GARBAGE.include?(name)) }
        end
      end

      class << self
        private

        def numbers(dumps)
          all = %i[rss private].to_h { |name| [name, dumps.map { |dump| dump.account[name] }] }
          all[:held] = dumps.map(&:held_bytes)
          all[:garbage] = dumps.map(&:garbage_bytes)
          all[:native] = dumps.map { |dump| native(dump) }
          Snapshot::Account::PARTS.each_key do |name|
            all[name] = dumps.map { |dump| dump.account[name] }
          end
          all.select { |_, values| values.any? }
        end

        # What of the process no object explains.
        def native(dump)
          parts = dump.account.values_at(*NATIVE)
          return parts.sum if parts.all?

          rss = dump.account[:rss]
          [rss - dump.held_bytes, 0].max if rss
        end

        # The low boundary: of the dumps between two major GCs only that with the smallest number.
        # Garbage that waits for a GC is no growth. nil if the dumps do not say when a GC has run.
        def lows(dumps, values)
          majors = dumps.map { |dump| dump.gc[:major_gc_count] }
          return unless majors.all?

          lows = Array.new(values.size)
          values.each_index.group_by { |at| majors[at] }.each_value do |same|
            low = same.select { |at| values[at] }.min_by { |at| values[at] }
            lows[low] = values[low] if low
          end
          lows
        end
      end
    end
    private_constant :Account
  end
end

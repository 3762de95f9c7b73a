# frozen_string_literal: true

module HeapDump
  class Leaks
    # What the dumps say about the memory of the whole process, compared: which parts of it grew in
    # every step, and for how much of the growth no dump shows a reason.
    #
    #   accounts = Accounts.new(snapshots, [3_000_000, 3_100_000, 3_200_000])
    #   accounts.growth.map(&:name) # => ["rss", "other_malloc"]
    #   accounts.unexplained        # => 83886080
    class Accounts
      # Parts of Snapshot::Account of which no dump shows what they consist of.
      UNKNOWN = %i[other_malloc rest].freeze

      # Instead, if objects have not allocated what is told as theirs.
      NOT_OBJECTS = "objects have allocated less of it: they write to memory that they had, or a " \
                    "library in C, or the VM, allocates it"
      FILES = 3 # so many mapped files are named
      private_constant :UNKNOWN, :NOT_OBJECTS, :FILES

      # The resident memory of the process in each dump (Array of Integer); nil if a dump does not
      # have it.
      attr_reader :rss

      # +held+:: the sum of the sizes of all held objects in each dump
      def initialize(snapshots, held)
        memory = snapshots.map(&:account)
        @held = held
        @rss = memory.map(&:rss) if memory.all?(&:rss)
        return if memory.any? { |one| one.parts.empty? }

        @accounts = memory.map(&:parts)
        @object_bytes = memory.map(&:object_bytes)
        @files = memory.map(&:files)
      end

      # What grew in every step (Array of Part): the process if it grew by at least the part
      # Rules::SILENT_PART of what it was, and what that growth consists of, the largest first.
      # Empty if it did not.
      def growth
        @growth ||= (rss && Sizes.grew?(rss) ? [process, *parts] : []).freeze
      end

      # By how many bytes the process grew for which no dump shows a reason (Integer, at least 0);
      # nil if the dumps do not have the size of the process.
      def unexplained
        return unless rss

        growth = @accounts ? unknown.values.sum : Sizes.growth(rss) - Sizes.growth(@held)
        [growth, 0].max
      end

      # The same by parts (Hash of Symbol to Integer): those that grew. Empty for dumps that do not
      # have the parts.
      def unexplained_parts
        @accounts ? unknown.select { |_, bytes| bytes.positive? }.freeze : {}.freeze
      end

      private

      # The growth of the parts of which nobody knows what they consist of.
      def unknown
        @unknown ||= UNKNOWN.to_h { |name| [name, Sizes.growth(series(name))] }
                            .merge(object_malloc: not_of_objects)
      end

      # By how much the malloc of objects grew more than what objects have allocated. Where objects
      # have memory that was never written to, their part is as large as what is in memory, and what
      # others allocate is in it.
      def not_of_objects
        said = [Sizes.growth(@object_bytes), 0].max
        [Sizes.growth(series(:object_malloc)) - said, 0].max
      end

      def series(name)
        @accounts.map { |parts| parts.fetch(name) }
      end

      def half?(bytes)
        bytes * 2 >= Sizes.growth(rss)
      end

      def process
        reason = process_reason
        steady = reason && !reason.end_with?("every step")
        Part.new("rss", rss, explained_by: reason, next_step: (process_advice unless steady))
      end

      # What accounts for at least half of the growth of the process.
      def process_reason
        return (held if half?(Sizes.growth(@held))) unless @accounts

        steady = half_of(parts.to_h { |part| [part.label, part.bytes] })
        return steady if steady

        all = @accounts.first.keys.to_h { |name| [Snapshot::Account::PARTS[name], series(name)] }
        half_of(all)&.concat("; not in every step")
      end

      # Objects may lie in memory that the process had before.
      def held
        before = ", some of it in memory that the process had" if
          Sizes.growth(@held) > Sizes.growth(rss)
        "#{with_growth("held objects", @held)}#{before}"
      end

      # The parts that have half of the growth together, the largest first, in words; nil if all of
      # them do not. +sizes+ is a Hash of labels to the bytes in each dump.
      def half_of(sizes)
        sum = 0
        largest = sizes.sort_by { |label, bytes| [-Sizes.growth(bytes), label] }
        most = largest.take_while { |_, bytes| !half?(sum) && sum += Sizes.growth(bytes) }
        most.map { |label, bytes| with_growth(label, bytes) }.join(", ") if half?(sum)
      end

      # "heap pages (+1.4 MiB)"
      def with_growth(words, bytes)
        "#{words} (#{Terminal::Units.bytes_change(Sizes.growth(bytes))})"
      end

      # What to do if nothing accounts for it.
      def process_advice
        unless @accounts
          return "it is garbage, free memory, stacks, or what libraries in C allocate; these " \
                 "dumps do not have more of the process than its size"
        end
        what = parts.empty? ? "no part of the process grew much" : "no parts with half of it grew"
        "#{what} in every step; take dumps further apart"
      end

      # What grew in every step, and is a share of the growth of the process that counts.
      def parts
        return [] unless @accounts

        @parts ||= begin
          grown = @accounts.first.keys.filter_map { |name| part(name) }
          grown.sort_by { |part| [-part.growth, part.name] }
        end
      end

      def part(name)
        bytes = series(name)
        return unless Sizes.every_time?(bytes)
        return if Sizes.growth(bytes) < Rules::GREW_PART * Sizes.growth(rss)

        reason, advice = reason(name, Sizes.growth(bytes))
        Part.new(name.to_s, bytes, explained_by: reason, next_step: advice)
      end

      def reason(name, growth)
        reasons = Snapshot::Account::REASONS
        return [NOT_OBJECTS, reasons.fetch(:other_malloc).last] if
          name == :object_malloc && not_of_objects * 2 > growth

        reason, advice = reasons.fetch(name)
        case name
        when :code then [[reason, *grown_files(growth)].join(": "), advice]
        when :object_malloc then ["#{reason}; #{held_with_slots}", advice]
        else [reason, advice]
        end
      end

      # Slots lie in heap pages, so what is held is no part of the malloc of objects.
      def held_with_slots
        change = Terminal::Units.bytes_change(Sizes.growth(@held))
        "all that is held, with the slots in heap pages: #{change}"
      end

      # The mapped files that grew most, in words; nil if they do not have half of the growth.
      def grown_files(growth)
        first, last = @files.values_at(0, -1).map { |files| files.to_h(&:to_a) }
        grown = last.to_h { |path, bytes| [path, bytes - first.fetch(path, 0)] }
                    .select { |_, bytes| bytes.positive? }
        return if grown.values.sum * 2 < growth

        grown.max_by(FILES) { |path, bytes| [bytes, path] }.map do |path, bytes|
          "#{Terminal::Text.safe(path)} #{Terminal::Units.bytes_change(bytes)}"
        end.join(", ")
      end
    end
  end
end

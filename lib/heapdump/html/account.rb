# frozen_string_literal: true

module HeapDump
  module Html
    # What the memory of the process consists of: its RSS in parts, and what to do about each.
    class Account < Section
      title "Memory of the process"
      template "account"

      MUCH = 0.25 # a part of so much of the process is worth a sentence
      # Parts of which a dump does not show what they are.
      TOLD = %i[other_malloc free_malloc rest].freeze
      private_constant :MUCH, :TOLD

      private

      def account
        subject.snapshot.account
      end

      # The account of each dump (Array of Snapshot::Account).
      def accounts
        @accounts ||= subject.snapshots.map(&:account)
      end

      # Whether the parts of the process are known: of all dumps that are compared.
      def parts?
        !account.parts.empty?
      end

      # Whether growth of the parts can be shown.
      def grown?
        subject.several? && accounts.all? { |one| !one.parts.empty? }
      end

      def lead
        return NO_SIZE unless account.rss
        return rough unless parts?

        swapped = subject.memory.swap.to_i
        "The process had #{bytes(account.rss)} in memory (RSS)" \
          "#{", and #{bytes(swapped)} swapped out" if swapped.positive?}. Objects that something " \
          "holds need #{bytes(subject.live_bytes)}, wherever they lie#{garbage}."
      end

      NO_SIZE = "This dump does not say how large the process was. Those of HeapDump.dump do."
      private_constant :NO_SIZE

      def garbage
        size = subject.memory.garbage_bytes
        "; #{bytes(size)} are garbage" if size.positive? && snapshot.whole != false
      end

      # Of a dump without an account.
      def rough
        memory = subject.memory
        known = { "heap pages" => memory.page_bytes,
                  "malloc of objects" => memory.malloc,
                  "not explained" => memory.unexplained }.compact
        parts = known.map { |name, size| "#{name} #{bytes(size)}" }
        "The process had #{bytes(account.rss)} in memory (RSS)" \
          "#{": #{parts.join(", ")}" if parts.any?}. This dump has no more of it."
      end

      def parts_table
        table("Parts of the memory of the process (RSS)", *columns) do |table|
          account.parts.each { |name, size| table.row(*row(name, size)) }
          table.rest("all of the process (RSS)", bytes(account.rss), "",
                     *(growth_of_all if grown?), "")
        end
      end

      def columns
        [Table::NAME["part", "what the memory is"], Table::NUMBER["bytes", "in memory"],
         Table::WORD["share", "of the whole process"],
         *([Table::NUMBER["growth", "since the first dump"]] if grown?),
         Table::TEXT["if it is much or grows", "what it comes from, and what to do next"]]
      end

      def row(name, size)
        reason, advice = Snapshot::Account::REASONS.fetch(name)
        [Snapshot::Account::PARTS.fetch(name), bytes(size), bar(size, account.rss),
         *(growth(name) if grown?), [reason, advice].compact.join("; ")]
      end

      def growth(name)
        bytes_change(size_in(accounts.last, name) - size_in(accounts.first, name))
      end

      def growth_of_all
        bytes_change(accounts.last.rss - accounts.first.rss)
      end

      def size_in(account, name)
        account.parts.fetch(name)
      end

      # What to do about parts that are much of the process and that objects do not explain.
      def advice
        much = account.parts.slice(*TOLD).select { |_, size| size >= MUCH * account.rss }
        much.map do |name, size|
          reason, advice = Snapshot::Account::REASONS.fetch(name)
          part = Snapshot::Account::PARTS.fetch(name)
          "#{percent(size, account.rss)} of the process is #{part}. Objects do not explain it: " \
            "#{[reason, advice].compact.join("; ")}."
        end
      end
    end
  end
end

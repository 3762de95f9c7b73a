# frozen_string_literal: true

module HeapDump
  module Ship
    # Uploads in parts that were begun and have not ended, in FILE.unfinished beside the file: a
    # process that is killed leaves its parts in the store, which keeps them for ever, and not every
    # store can list them. What is written there is of any address, so others are left alone. Where
    # nobody may abort an upload, only the latest are kept.
    class Unfinished # :nodoc:
      ENDING = DumpFiles::UNFINISHED
      KEYS = %w[bucket key id].freeze
      MOST = 20 # uploads; each try asks for all of them
      private_constant :KEYS, :MOST

      # +object+: bucket and key (Hash), as the SDK takes it.
      def initialize(file, object)
        @file = file
        @place = { "bucket" => object[:bucket], "key" => object[:key] }
      end

      # Yields the id of each upload of this object, which is forgotten if the block returns
      # something true.
      def end_all
        all = read
        kept = all.reject { |one| one.slice("bucket", "key") == @place && yield(one["id"]) }
        write(kept) unless kept.size == all.size
      end

      def begun(id)
        write([*read, { **@place, "id" => id }].last(MOST))
      end

      def ended(id)
        write(read.reject { |one| one["id"] == id })
      end

      private

      def read
        return [] unless File.exist?(@file + ENDING)

        all = Marks.parse(@file + ENDING)&.fetch("uploads", nil)
        all.is_a?(Array) ? all.select { |one| sound?(one) } : []
      end

      def sound?(one)
        one.is_a?(Hash) && one.values_at(*KEYS).all?(String)
      end

      # Who cannot write there ships all the same.
      def write(all)
        return Marks.remove(@file, ENDING) if all.empty?

        Marks.write_file(@file + ENDING, { "version" => Marks::VERSION, "uploads" => all })
      rescue SystemCallError
        nil
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Ship
    # Removes dumps when there are too many: first those that have been shipped, then those that are
    # not whole, last those that could not be shipped; of each the oldest first. What may still be
    # shipped stays.
    class Keep # :nodoc:
      # Removes a dump and all that is beside it, unless it is another file by now. Its mark goes
      # last: without its dump it means nothing. Raises SystemCallError if the dump cannot be
      # removed.
      def self.remove(dump)
        return unless dump.same?

        File.unlink(dump.path)
        Marks.remove(dump.path, *DumpFiles::BESIDE)
      end

      # +most+: so many dumps may stay (Integer); nil: all.
      def initialize(dumps, most)
        @dumps = dumps
        @most = most
      end

      # Removes what is too much, and can be removed, of the dumps for which the block is true.
      # Returns the dumps that it has removed.
      def call(&)
        return [] unless @most

        all = @dumps.all
        too_many = all.select(&)
                      .sort_by.with_index { |dump, age| [Marks.rank(dump.path), age] }
                      .first([all.size - @most, 0].max)
        too_many.select { |dump| removed?(dump) }
      end

      private

      def removed?(dump)
        self.class.remove(dump)
      rescue SystemCallError
        false
      end
    end
  end
end

# frozen_string_literal: true

require_relative "../asking"
require_relative "tables"

module HeapDump
  module Convert
    # What the writers of databases and of directories have in common. A subclass has #write_all.
    #
    #   store = HeapDump::Convert.store("sqlite", "heap.db", force: true)
    #   store.check("heap.json")
    #   store.write(snapshot, values: false) # => true
    class Store
      # Where it writes to, without credentials (String).
      attr_reader :name

      def initialize(target, force: false) # :nodoc:
        @target = target
        @force = force
        @name = address(target)
        @tables = nil
      end

      # Raises HeapDump::Error if nothing can or must be written. +input+ is the path of the dump,
      # which must not be overwritten. To be called before the dump is read, because that takes a
      # while.
      def check(input); end

      # Writes all tables of a Snapshot: all of them or nothing. With +values+ also contents of
      # strings, keys of hashes and names of threads. Returns false if this dump is there already
      # and nothing was written, else true. Raises HeapDump::Error if that is not possible.
      def write(snapshot, values: false)
        raise ArgumentError, "a redacted snapshot cannot be converted" if snapshot.redacted?

        @tables = Tables.new(snapshot, values: values)
        write_all(@tables)
      end

      # How far #write is, to be called from another thread: like Snapshot#progress.
      def progress
        @tables&.progress
      end

      def inspect # :nodoc:
        "#<#{self.class} #{name}>"
      end

      private

      # A database may have a table of the same name that is not of #write.
      def foreign(place)
        raise Error, "#{name}: the #{place} has a table dump that is not of heapdump convert; " \
                     "rename it, or give another database"
      end

      # The target as it is shown.
      def address(target)
        Terminal::Text.valid(target)
      end
    end
  end
end

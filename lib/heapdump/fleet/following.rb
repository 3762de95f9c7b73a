# frozen_string_literal: true

module HeapDump
  module Fleet
    # What a dump has rows of, the next dump of the process has, too (Rows). Where the next one was
    # imported first, its importer could not know that. So these rows are added afterwards, from the
    # extract of that dump, and no verdict depends on the order of imports. Where that dump is not
    # at hand any more they are missing: then nothing is known of what they would say.
    class Following # :nodoc:
      # +extract+:: as of Importer
      def initialize(store, extract)
        @store = store
        @extract = extract
      end

      # What the process had rows of in its dump before +at+: +:classes+ (names) and +:ways+
      # (signatures).
      def before(process, at)
        last = @store.row("SELECT at FROM #{@store.table(:dump)} " \
                          "WHERE process_id = ? AND at < ? ORDER BY at DESC LIMIT 1", process, at)
        return { classes: [], ways: [] } unless last

        of(process, @store.time(last[:at]))
      end

      # Adds what the dumps that follow the one at +at+ do not have, until one has all.
      def complete(process, at)
        while (dump = after(process, at))
          wanted = of(process, at)
          at = @store.time(dump[:at])
          return if whole?(wanted, of(process, at, "objects >= 0"))

          rows = at_hand(dump) or return
          add(rows, wanted)
        end
      end

      private

      def of(process, at, condition = "objects > 0")
        { classes: @store.names(keys(:class_row, :name_id, process, at, condition)).values,
          ways: keys(:way_row, :signature, process, at, condition) }
      end

      def keys(table, column, process, at, condition)
        @store.query("SELECT #{column} FROM #{@store.table(table)} WHERE process_id = ? AND " \
                     "at = ? AND #{condition}", process, at).map { |row| row[column] }
      end

      def after(process, at)
        @store.row("SELECT id, at, uri, file_bytes FROM #{@store.table(:dump)} " \
                   "WHERE process_id = ? AND at > ? ORDER BY at LIMIT 1", process, at)
      end

      def whole?(wanted, there)
        wanted.all? { |kind, names| (names - there[kind]).empty? }
      end

      # The Rows of a dump that can be read here, nil if it has gone or is another one by now.
      def at_hand(dump)
        file = Source.at_hand(dump[:uri], dump[:file_bytes]) or return
        extract = file.read { |path| @extract.call(path) }
        rows = Rows.new(extract, file)
        rows if extract.complete? && rows.dump_id == dump[:id]
      rescue Error, SystemCallError
        nil
      end

      def add(rows, wanted)
        of_dump = rows.of_dump(wanted)
        common = rows.in_common
        @store.add(:name, common[:name])
        @store.complete(:way, common[:way])
        %i[class_row way_row].each { |table| @store.add(table, of_dump[table]) }
      end
    end
  end
end

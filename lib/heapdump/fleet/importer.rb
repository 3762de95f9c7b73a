# frozen_string_literal: true

require_relative "../dump_files"
require_relative "../extract"

module HeapDump
  module Fleet
    # Puts dumps into a store, one after the other.
    class Importer # :nodoc:
      # What has become of a file: +:imported+; +:there+, because it was imported before; +:busy+,
      # because another importer has it at the moment; +:old+, because `gc`
      # has removed rows of its time; +:skipped+, for the reason in +message+.
      Outcome = Struct.new(:state, :message, :process_id, keyword_init: true)

      # The Extract of a dump, or that in the file of one.
      EXTRACT = lambda do |path|
        path.end_with?(DumpFiles::EXTRACT) ? Extract.load(path) : Extract.of(path)
      end
      private_constant :EXTRACT

      # +extract+ is called with the path of a file and returns its Extract.
      def initialize(store, extract: EXTRACT)
        @store = store
        @extract = extract
        @following = Following.new(store, extract)
      end

      # Returns an Outcome. Raises StoreError. What happens to the process meanwhile: the store has
      # all rows of the dump, or none.
      def import(file)
        return Outcome.new(state: :old) if old?(file.changed_at) # and so is the dump in it

        known = known(file) and return known

        @store.add(:file, [[uri(file), file.bytes, file.changed_at, "waiting", nil, nil]])
        @store.claim(uri(file)) { claimed(file) } || Outcome.new(state: :busy)
      rescue StoreError => e
        raise StoreError, "#{e.message} (when #{file.path} was imported)"
      end

      private

      def uri(file)
        Rows.text(file.uri)
      end

      # What became of it before, unless it has changed since or may be readable by now; else nil.
      # What was damaged is so still, and is told again.
      def known(file)
        row = @store.row("SELECT state, message FROM #{@store.table(:file)} WHERE uri = ? AND " \
                         "bytes = ? AND changed_at = ? AND state IN ('done', 'skipped', 'old')",
                         uri(file), file.bytes, file.changed_at) or return
        return Outcome.new(state: :there) if row[:state] == "done"
        return Outcome.new(state: :old) if row[:state] == "old"

        Outcome.new(state: :skipped, message: row[:message])
      end

      def claimed(file)
        known = known(file) and return known # while it was waited for

        extract = file.read { |path| @extract.call(path) }
        return skip(file, "it is damaged or was cut short") unless extract.complete?
        return skip(file, Clock.trouble(extract.time), "failed") unless Clock.sound?(extract.time)

        return pass_over(file) if old?(extract.time)

        write(Rows.new(extract, file), file)
      rescue NotADump, Corrupt => e
        skip(file, e.message)
      rescue ReadError, SystemCallError => e
        skip(file, e.is_a?(ReadError) ? e.message : Terminal::Trouble.words(e), "failed")
      end

      # Whether rows of that time were removed: then they do not come back.
      def old?(time)
        horizon = @store.horizon
        !horizon.nil? && time < horizon
      end

      def pass_over(file)
        @store.put(:file, [[uri(file), file.bytes, file.changed_at, "old", nil, nil]])
        Outcome.new(state: :old)
      end

      # What is damaged stays so. What "failed" may be readable the next time: it has another owner,
      # it is of a newer version, memory was short.
      def skip(file, message, state = "skipped")
        @store.put(:file, [[uri(file), file.bytes, file.changed_at, state, nil,
                            Rows.text(message)]])
        Outcome.new(state: :skipped, message: message)
      end

      def write(rows, file)
        new_one = nil
        @store.transaction do
          @store.lock(rows.process_id) # also because of its other dumps
          new_one = !@store.found?("SELECT id FROM #{@store.table(:dump)} WHERE id = ?",
                                   rows.dump_id)
          add(rows) if new_one
          @store.put(:file, [[uri(file), file.bytes, file.changed_at, "done", rows.dump_id, nil]])
        end
        Outcome.new(state: new_one ? :imported : :there, process_id: rows.process_id)
      end

      # The row of the dump comes last: where there are no transactions, what has it has all.
      def add(rows)
        of_dump = rows.of_dump(@following.before(rows.process_id, rows.at))
        @store.complete(:process, [rows.process])
        common = rows.in_common
        @store.add(:name, common[:name])
        @store.complete(:way, common[:way])
        of_dump.each { |table, all| @store.append(table, all) }
        @store.add(:dump, [rows.dump])
        @following.complete(rows.process_id, rows.at)
      end
    end
  end
end

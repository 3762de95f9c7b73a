# frozen_string_literal: true

module HeapDump
  module Fleet
    # The tables of a store, the same in all engines. docs/fleet.md tells what the columns mean.
    module Schema
      # A table: columns with their types, the columns of its key, whether it grows with time (then
      # engines divide it by months of its column +at+), and the columns of another index.
      Table = Struct.new(:name, :columns, :key, :monthly, :index, keyword_init: true)

      # +:id+: made by Ids. +:integer+, +:real+, +:boolean+, +:text+, +:time+ (with microseconds).
      # A "?" behind the type: may be NULL.
      TABLES = [
        Table.new(name: :process, key: [:id], columns: {
                    id: :id, app: :text, host: :text, pid: :integer, life: :text, program: :text?,
                    ruby: :text?, platform: :text?
                  }),
        Table.new(name: :dump, key: [:id], index: %i[process_id at], columns: {
                    id: :id, process_id: :id, at: :time, revision: :text?, rule: :text?, uri: :text,
                    file_bytes: :integer, objects: :integer, held_objects: :integer,
                    held_bytes: :integer, garbage_bytes: :integer,
                    gc_count: :integer?, major_gc_count: :integer?, allocated: :integer?,
                    rss: :integer?, private: :integer?, unexplained: :integer?,
                    other_classes: :integer, other_ways: :integer, warnings: :text
                  }),
        Table.new(name: :name, key: [:id], columns: { id: :id, text: :text }),
        Table.new(name: :way, key: [:signature], columns: {
                    signature: :text, class_name: :text, holder: :text?, told: :text?,
                    location: :text?, gem: :text?
                  }),
        Table.new(name: :part_row, monthly: true, key: %i[process_id at part], columns: {
                    process_id: :id, at: :time, part: :text, bytes: :integer
                  }),
        Table.new(name: :class_row, monthly: true, key: %i[process_id at name_id], columns: {
                    process_id: :id, at: :time, name_id: :id, objects: :integer, bytes: :integer,
                    retained: :integer, old: :integer
                  }),
        Table.new(name: :way_row, monthly: true, key: %i[process_id at signature], columns: {
                    process_id: :id, at: :time, signature: :text, objects: :integer,
                    bytes: :integer, retained: :integer
                  }),
        Table.new(name: :site_row, monthly: true, key: %i[process_id at name_id], columns: {
                    process_id: :id, at: :time, name_id: :id, objects: :integer, bytes: :integer
                  }),
        Table.new(name: :work_row, monthly: true, key: %i[process_id at name_id], columns: {
                    process_id: :id, at: :time, name_id: :id, done: :integer
                  }),
        Table.new(name: :sample, monthly: true, key: %i[process_id at], columns: {
                    process_id: :id, at: :time, rss: :integer?, private: :integer?,
                    working_set: :integer?, memory_limit: :integer?, live_slots: :integer?,
                    old_objects: :integer?, pages: :integer?, major_gc: :integer?,
                    requests: :integer?, jobs: :integer?
                  }),
        Table.new(name: :verdict, key: %i[process_id kind name], columns: {
                    process_id: :id, kind: :text, name: :text, verdict: :text, app: :text,
                    revision: :text, from_at: :time, to_at: :time, dumps: :integer,
                    first_objects: :integer, last_objects: :integer, first_bytes: :integer,
                    last_bytes: :integer, objects_per_hour: :real, bytes_per_hour: :real,
                    told_with: :text, reasons: :text
                  }),
        Table.new(name: :horizon, key: [:id], columns: { id: :id, since: :time }),
        Table.new(name: :judged, key: [:process_id], columns: {
                    process_id: :id, dumps: :integer, newest: :time
                  }),
        Table.new(name: :file, key: [:uri], columns: {
                    uri: :text, bytes: :integer, changed_at: :time, state: :text, dump_id: :id?,
                    message: :text?
                  })
      ].to_h { |table| [table.name, table] }.freeze

      # How a store of an older version becomes one of this one: the step at N leads to version
      # N + 1. Steps of released versions are never changed. Each is called with the Store.
      STEPS = [
        ->(store) { TABLES.each_value { |table| store.create(table) } }
      ].freeze

      VERSION = STEPS.size

      # Raises StoreError unless a store has the tables of this version.
      def self.check(store)
        ours(store)
        version = store.version
        return if version == VERSION
        raise StoreError, "#{store} has no tables yet; `heapdump fleet import` makes them" if
          version.zero?

        too_new(store, VERSION) if version > VERSION
        raise StoreError, "#{store} has tables of version #{version}; the next `heapdump fleet " \
                          "import` makes them those of version #{VERSION}"
      end

      # Takes a store to the version +to+. Raises StoreError if it is newer than that.
      def self.migrate(store, to: VERSION, steps: STEPS)
        ours(store)
        too_new(store, to) if store.version > to
        return if store.version == to

        store.exclusively do # another one may have done it meanwhile
          steps[store.version...to].each { |step| step.call(store) }
          store.version = to
        end
      end

      # `heapdump convert` has a table of this name, too, and others may have one.
      def self.ours(store)
        columns = store.columns(:dump)
        return if columns.empty? || columns.include?("process_id")

        raise StoreError, "#{store} has a table dump that is not of a fleet; give another " \
                          "database, or another schema (?schema=NAME) in PostgreSQL"
      end

      def self.too_new(store, known)
        raise StoreError, "#{store} has tables of version #{store.version}; this heapdump " \
                          "#{HeapDump::VERSION} knows #{known}: use a newer one"
      end
      private_class_method :too_new, :ours
    end
  end
end

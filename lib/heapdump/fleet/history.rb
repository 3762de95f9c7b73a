# frozen_string_literal: true

module HeapDump
  module Fleet
    # A class or a way over time: what each dump of each process has of it.
    #
    #   HeapDump::Fleet::History.new(store, "Session").rows.last.objects # => 31337
    class History < Question
      # at::       when the dump was taken (Time)
      # app, host, pid, life, revision:: of which process: a number is used again, so +life+ tells
      #            those of one host and number apart
      # kind::     "class" or "way"; +name+: the class, or who holds it
      # objects, bytes, retained:: how many, and their sizes in bytes
      Row = Struct.new(:at, :app, :host, :pid, :life, :revision, :kind, :name, :objects, :bytes,
                       :retained, keyword_init: true)

      # +name+:: a class, a signature, or the words for a holder
      def initialize(store, name, **filter)
        super(store, **filter)
        @name = Rows.text(name)
      end

      # Raises NotFound if nothing has this name, or nothing of what is asked for.
      def rows
        @rows ||= (class_rows + way_rows).tap { |found| none if found.empty? }
                                         .sort_by { |row| [*History.line(row), row.at] }
      end

      # What the rows of one line have in common (Array).
      def self.line(row) # :nodoc:
        [row.host, row.pid, row.life, row.name]
      end

      private

      def none
        check
        chosen = " among those that were asked for" if @app || @revision || @since
        raise NotFound, "no dump#{chosen} has a row of a class or a way #{@name.inspect}; it has " \
                        "one from 100 objects or 16 KiB on"
      end

      def class_rows
        rows_of(:class_row, ["name_id = ?", Ids.name(@name)]) { ["class", @name] }
      end

      def way_rows
        ways.flat_map do |way|
          words = way[:holder] || way[:told] || way[:signature]
          rows_of(:way_row, ["signature = ?", way[:signature]]) { ["way", words] }
        end
      end

      def ways
        select("*", :way, where(["signature = ? OR holder = ?", @name, @name]))
      end

      def rows_of(table, condition)
        found = select("*", table, where(condition, at: "at"))
        ids = found.map { |row| row[:process_id] }
        dumps = dumps(ids)
        known = processes(ids).select { |_, process| @app.nil? || process[:app] == @app }
        found.filter_map do |row|
          dump = dumps[row.values_at(:process_id, :at)]
          process = dump && known[row[:process_id]]
          next unless process

          kind, name = yield
          Row.new(at: time(row[:at]), **process.slice(:app, :host, :pid, :life),
                  revision: dump[:revision], kind: kind, name: name,
                  **row.slice(:objects, :bytes, :retained))
        end
      end

      # Those of the processes that have it.
      def dumps(ids)
        found = store.among(:dump, :process_id, ids)
        found = found.select { |dump| dump[:revision] == @revision } if @revision
        found.to_h { |dump| [dump.values_at(:process_id, :at), dump] }
      end
    end
  end
end
